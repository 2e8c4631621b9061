import type { SequencerEvent } from '../journal/index.js';
import { integerOption, type OptionsOf } from '../common/index.js';
import type { SnapshotService } from '../replay/index.js';
import type { CommandIdOptions } from './command-ids.js';
import { DEFAULT_COMMAND_WINDOW } from './command-id-window.js';

/**
 * State of a Sequencer. `open`: it executes commands. `recovering`: it brings the aggregate in step with the
 * journal; commands are pending. `stopped`: the journal failed or was closed; the Sequencer refuses commands
 * until the application restarts.
 */
export type SequencerState = 'open' | 'recovering' | 'stopped';

const MAX_COUNT = 2 ** 31 - 1;

/** Names, defaults and checks of {@link SequencerOptions}. */
export const SEQUENCER_OPTIONS = {
  /**
   * Maximum number of entries of the Sequencer in flight to the disk. Further commands stay pending and are
   * not executed yet.
   * @default 1_024
   */
  maxInFlight: integerOption(1, MAX_COUNT, 1_024),
  /** Commands that may be pending; one more is refused with SequencerOverloadedError. @default 65_536 */
  maxQueued: integerOption(1, MAX_COUNT, 65_536),
  /**
   * Number of entries, counted from the last one, in which the Sequencer searches for the id of a command. A
   * command that is repeated after more entries is executed again. The search includes archived segments that
   * are still in the archive of the journal. A command whose archived entry was moved away before the boot is
   * unknown, and executed again. While an archived segment cannot be read, commands with an id are refused.
   * @default 65_536
   */
  commandWindow: integerOption(1, MAX_COUNT, DEFAULT_COMMAND_WINDOW),
};

/** Limits of a Sequencer. */
export interface SequencerOptions extends OptionsOf<typeof SEQUENCER_OPTIONS> {}

/** Options of the application, and those that the module adds. */
export interface SequencerHostOptions<TCommand, TResult>
  extends SequencerOptions, CommandIdOptions<TCommand> {
  /** Null or left out: `takeSnapshot` stores nothing. */
  readonly snapshots?: SnapshotService | null;
  /** Publishes an acknowledged event to the application; must not throw. @default nothing is published */
  readonly publish?: (event: SequencerEvent<TCommand, TResult>) => void;
}
