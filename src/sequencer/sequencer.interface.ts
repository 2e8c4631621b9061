import type { Journal, SequencerEvent } from '../journal/index.js';
import type { ReplayService, SnapshotService } from '../replay/index.js';
import type { ExecutedAggregateTarget } from './aggregate-target.js';
import type { CommitQueue } from './commit-queue.js';
import type { SequencerAggregate } from './sequencer-aggregate.interface.js';

/**
 * `open`: takes commands. `recovering`: rebuilds the aggregate; commands wait. `stopped`: the journal failed or was closed;
 * commands are refused until the application starts again.
 */
export type SequencerState = 'open' | 'recovering' | 'stopped';

export interface SequencerOptions {
  /** Entries that may be on their way to the disk at once; commands beyond wait, not executed yet. @default 1_024 */
  readonly maxInFlight?: number;
  /** Commands that may wait; one more is refused with SequencerOverloadedError. @default 65_536 */
  readonly maxQueued?: number;
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
  /** Brings a command into the form in which a replay will deliver it; always a copy. */
  readonly asReplayed: (command: TCommand, sequenceNum: bigint, timestampNs: bigint) => TCommand;
  /** Shows an acknowledged event to the rest of the application; must not throw. */
  readonly publish: (event: SequencerEvent<TCommand, TResult>) => void;
}
