import type { SequencerEvent } from '../journal/index.js';
import type { SnapshotService } from '../replay/index.js';
import type { CommandIdOptions } from './command-ids.js';

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

/** Options that the module adds to those of the application. */
export interface SequencerHostOptions<TCommand, TResult>
  extends SequencerOptions, CommandIdOptions<TCommand> {
  /** Null or left out: `takeSnapshot` stores nothing. */
  readonly snapshots?: SnapshotService | null;
  /** Publishes an acknowledged event to the application; must not throw. @default nothing is published */
  readonly publish?: (event: SequencerEvent<TCommand, TResult>) => void;
}
