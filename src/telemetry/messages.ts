import type { Durability, Journal, JournalError, JournalReader, RecoveryReport } from '../journal/index.js';

/**
 * A journal was opened for writing.
 * @publicApi
 */
export interface OpenedMessage {
  /** The opened journal. */
  readonly journal: Journal;
  /** Mode of the journal. */
  readonly durability: Durability;
  /** What opening found and did. */
  readonly recovery: RecoveryReport;
}

/**
 * Entries were written with one write, and with one sync in `sync` durability. All of them are acknowledged.
 * @publicApi
 */
export interface GroupStoredMessage {
  /** The journal that wrote the group. */
  readonly journal: Journal;
  /** Mode of the journal. */
  readonly durability: Durability;
  /** Number of entries in the group. */
  readonly entries: number;
  /** Size of the entries, headers included. */
  readonly sizeBytes: number;
  /** Sequence of the first entry. */
  readonly firstSequence: bigint;
  /** Sequence of the last entry. */
  readonly lastSequence: bigint;
  /**
   * Time from the start of the write to the acknowledgement: write, sync, and a rotation if there was one.
   */
  readonly durationMs: number;
  /** Whether the group began a new segment. */
  readonly rotated: boolean;
}

/** Written entries are durable. In `async` durability this may come long after the groups. @publicApi */
export interface SyncedMessage {
  /** The journal that synced. */
  readonly journal: Journal;
  /** Duration of the sync. */
  readonly durationMs: number;
}

/**
 * One call of `append` or `appendBatch` was answered.
 * @publicApi
 */
export interface AppendSettledMessage {
  /** The journal of the call. */
  readonly journal: Journal;
  /** Number of entries in the call. */
  readonly entries: number;
  /** Time from the call to the answer. */
  readonly durationMs: number;
  /** Null if the entries were stored. A refusal leaves the journal open; a failure poisons it. */
  readonly error: unknown;
}

/**
 * A new segment is in place.
 * @publicApi
 */
export interface RotatedMessage {
  /** The journal with the new segment. */
  readonly journal: Journal;
  /** The first sequence of the new segment. */
  readonly startSequence: bigint;
}

/**
 * Segments were archived.
 * @publicApi
 */
export interface ArchivedMessage {
  /** The journal that archived them. */
  readonly journal: Journal;
  /** Number of archived segments. */
  readonly segments: number;
  /** The argument of the call. */
  readonly beforeSequence: bigint;
}

/** A journal was poisoned: it accepts no more appends. @publicApi */
export interface PoisonedMessage {
  /** The poisoned journal. */
  readonly journal: Journal;
  /** The error that poisoned it. */
  readonly error: JournalError;
}

/**
 * A journal was closed.
 * @publicApi
 */
export interface ClosedMessage {
  /** The closed journal. */
  readonly journal: Journal;
}

/** Progress of a replay: at its start, at intervals, and at its end. @publicApi */
export interface ReplayMessage {
  /** The replayed journal. */
  readonly journal: JournalReader;
  /** Progress of the replay. */
  readonly progress: ReplayState;
}

/** The part of a replay's progress that gauges and spans use. @publicApi */
export interface ReplayState {
  /** Whether the replay is running, or how it ended. */
  readonly phase: 'running' | 'done' | 'failed';
  /** Names of the targets that are rebuilt. */
  readonly targets: readonly string[];
  /** Entries read so far in this replay. */
  readonly replayed: number;
  /** Entries to read in total. */
  readonly total: bigint;
  /** Sequence of the last entry read; null before the first. */
  readonly sequence: bigint | null;
  /** Entries per second since the replay began. */
  readonly ratePerSecond: number;
  /** Estimated milliseconds for the rest at this rate; null without a rate. */
  readonly etaMs: number | null;
  /** Milliseconds since the replay began. */
  readonly elapsedMs: number;
}

/**
 * A submitted command. The same object is published twice: when the command is submitted, in the caller's
 * turn and async context, and when it is answered.
 * @publicApi
 */
export interface SubmitMessage {
  /** The journal of the Sequencer. */
  readonly journal: Journal;
  /** Set after the command was executed. */
  sequenceNum: bigint | null;
  /** Set on the second publication if the command was rejected. */
  error: unknown;
}
