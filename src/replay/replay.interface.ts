import type { JournalEntry, SequencerEvent } from '../journal/index.js';
import type { ReplayState } from '../telemetry/index.js';

/**
 * Something in memory that is rebuilt from the journal. Each event reaches it once, in sequence order.
 * @publicApi
 */
export interface ReplayTarget {
  /** Stable: it names the target's snapshots and appears in logs and errors. */
  readonly name: string;
  /** Names that its snapshots were stored under before: those are used until there is one under its name. @default none */
  readonly aliases?: readonly string[];
  /** The newest event the target holds; null before the first. */
  readonly lastSequence: bigint | null;
  /** Takes the event after `lastSequence`. What it throws ends the replay. */
  deliver(event: SequencerEvent): void;
  /** Takes the place of `deliver` for a target that can do without the decoded event, which takes most of the time of a replay. */
  deliverEntry?(entry: JournalEntry): void;
  /**
   * The oldest entry that the target reads again after the replay, whatever its snapshots hold: archiving keeps it. Null or left out: none.
   */
  readonly oldestNeeded?: bigint | null;
  /** How its state is saved and put back; null when it can only be rebuilt from its first event. */
  readonly snapshots: SnapshotSupport | null;
}

/** The two halves of a snapshot of one target. */
export interface SnapshotSupport {
  /** Number of the state's layout; snapshots of another one are ignored. */
  readonly version: number;
  /** Other layouts that `restore` can read. @default none */
  readonly olderVersions?: readonly number[];
  /** The state after `lastSequence`: plain data, bigints allowed. */
  capture(): unknown;
  /** Replaces the state by that of a snapshot taken after `sequence`. */
  restore(state: unknown, sequence: bigint): void;
}

/**
 * How far a replay is.
 * @publicApi
 */
export interface ReplayProgress extends ReplayState {
  /** Name of the journal. */
  readonly journal: string;
}

/** What a finished replay did. */
export interface ReplayReport {
  readonly replayed: number;
  /** First sequence that was read; null when nothing was. */
  readonly fromSequence: bigint | null;
  readonly lastSequence: bigint | null;
  readonly durationMs: number;
  /** Snapshots the targets started from: target name to sequence. */
  readonly snapshots: ReadonlyMap<string, bigint>;
}
