import type { Journal, SequencerEvent } from '../journal/index.js';
import type { ReplayService, SnapshotService } from '../replay/index.js';
import type { ExecutedAggregateTarget } from './aggregate-target.js';
import type { CommitQueue } from './commit-queue.js';
import type { EventForms } from './event-forms.js';
import type { SequencerAggregate } from './sequencer-aggregate.interface.js';

/**
 * `open`: takes commands. `recovering`: rebuilds the aggregate; commands wait. `stopped`: the journal failed or was closed;
 * commands are refused until the application starts again.
 */
export type SequencerState = 'open' | 'recovering' | 'stopped';

/** How much a Sequencer takes at once. */
export interface SequencerOptions {
  /** Entries that may be on their way to the disk at once; commands beyond wait, not executed yet. @default 1_024 */
  readonly maxInFlight?: number;
  /** Commands that may wait; one more is refused with SequencerOverloadedError. @default 65_536 */
  readonly maxQueued?: number;
  /**
   * How many of the last entries are looked at for the id of a command. One that is repeated after more entries than
   * that is executed again. At boot they are looked for in archived segments, too, as far as those are still where the journal
   * archived them: a command whose archived entry was moved away before is forgotten, and executed again; while an archived
   * segment cannot be read, commands with an id are refused.
   * @default 65_536
   */
  readonly commandWindow?: number;
}

/** How to submit one command. */
export interface SubmitOptions {
  /**
   * Names this command among all of its journal, in 1 to 128 bytes of UTF-8: submitting it again answers with what was journaled
   * the first time.
   * @default none: every submit is a command of its own
   */
  readonly commandId?: string | undefined;
  /**
   * Whether the command that is known by this id and the one that is submitted now are the same; both as they are stored. For commands
   * that carry what was made up on the way in, such as the time a request came.
   * @default everything that is stored must be equal
   */
  readonly isSame?: ((known: unknown, repeated: unknown) => boolean) | undefined;
}

/** What a Sequencer works with; the module puts it together. */
export interface SequencerParts<TCommand, TResult, TAggregate extends SequencerAggregate<TCommand, TResult>> {
  readonly journal: Journal;
  readonly queue: CommitQueue;
  readonly replay: ReplayService;
  readonly snapshots: SnapshotService | null;
  /** Null when no aggregate is registered. Rehydrated already. */
  readonly target: ExecutedAggregateTarget<TCommand, TResult, TAggregate> | null;
  /** Of the aggregate's class, so that the handle is an instance of it. */
  readonly prototype: TAggregate | null;
  readonly forms: EventForms<TCommand, TResult>;
  /** Shows an acknowledged event to the rest of the application; must not throw. */
  readonly publish: (event: SequencerEvent<TCommand, TResult>) => void;
  /** Whether the journal's codec stores the ids of commands; without it they are refused. @default false */
  readonly storesCommandIds?: boolean;
  /** Whether two commands are the same, in the form in which they are read. @default as JSON sees them */
  readonly isSameCommand?: (left: TCommand, right: TCommand) => boolean;
}
