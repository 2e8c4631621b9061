import type { JournalEntry, SequencerEvent } from '../journal/index.js';
import type { ReplayState } from '../telemetry/index.js';

/** State in memory that is rebuilt from the journal. It gets each event once, in sequence order. */
export interface ReplayTarget {
  /** Stable name of the target in snapshots, logs and errors. */
  readonly name: string;
  /** Former names, whose snapshots are used until one exists under `name`. @default none */
  readonly aliases?: readonly string[];
  /** Sequence of the newest event that the target holds; null before the first. */
  readonly lastSequence: bigint | null;
  /** Applies the event after `lastSequence`. An error that this method throws ends the replay. */
  deliver(event: SequencerEvent): void;
  /**
   * Replaces `deliver` for a target that needs no decoded event. Decoding takes most of the time of a replay.
   */
  deliverEntry?(entry: JournalEntry): void;
  /**
   * The oldest entry that the target reads again after the replay, independent of its snapshots; archiving
   * keeps this entry. Null or left out: none.
   */
  readonly oldestNeeded?: bigint | null;
  /** Captures and restores the state; null if the target can only be rebuilt from its first event. */
  readonly snapshots: SnapshotSupport | null;
}

/** Captures the state of one target for a snapshot, and restores it. */
export interface SnapshotSupport {
  /** Version of the state's layout; snapshots of other versions are ignored. */
  readonly version: number;
  /** Other versions that `restore` can read. @default none */
  readonly olderVersions?: readonly number[];
  /** The state after `lastSequence`: plain data, bigints allowed. */
  capture(): unknown;
  /** Replaces the state with the state of a snapshot that was taken after `sequence`. */
  restore(state: unknown, sequence: bigint): void;
}

/**
 * Progress of a replay.
 * @publicApi
 */
export interface ReplayProgress extends ReplayState {
  /** Name of the journal. */
  readonly journal: string;
}

/**
 * Report of a finished replay.
 * @publicApi
 */
export interface ReplayReport {
  /** Number of entries that were replayed. */
  readonly replayed: number;
  /** First sequence that was read; null if none was. */
  readonly fromSequence: bigint | null;
  /** Sequence of the last replayed entry; null if there is none. */
  readonly lastSequence: bigint | null;
  /** Milliseconds that the replay took. */
  readonly durationMs: number;
  /** Sequences of the snapshots that targets were restored from, by name of the target. */
  readonly snapshots: ReadonlyMap<string, bigint>;
}
