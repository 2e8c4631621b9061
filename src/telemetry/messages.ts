import type { Durability, Journal, JournalError, JournalReader, RecoveryReport } from '../journal/index.js';

/** A journal was opened for writing. */
export interface OpenedMessage {
  readonly journal: Journal;
  readonly durability: Durability;
  readonly recovery: RecoveryReport;
}

/**
 * Entries were written with one write, and in `sync` durability with one sync; all of them are stored by now.
 */
export interface GroupStoredMessage {
  readonly journal: Journal;
  readonly durability: Durability;
  readonly entries: number;
  /** Headers included. */
  readonly sizeBytes: number;
  readonly firstSequence: bigint;
  readonly lastSequence: bigint;
  /** From the start of the write to the acknowledgement: write, sync, and rotation where there was one. */
  readonly durationMs: number;
  /** Whether the group began a new segment. */
  readonly rotated: boolean;
}

/** What was written is on the device. In `async` durability it may be told long after the groups. */
export interface SyncedMessage {
  readonly journal: Journal;
  readonly durationMs: number;
}

/** One call of `append` or `appendBatch` was answered. */
export interface AppendSettledMessage {
  readonly journal: Journal;
  readonly entries: number;
  /** From the call to the answer. */
  readonly durationMs: number;
  /** Null when it was stored. A refusal leaves the journal open, a failure poisons it. */
  readonly error: unknown;
}

/** A new segment is in place. */
export interface RotatedMessage {
  readonly journal: Journal;
  /** The first sequence of the new segment. */
  readonly startSequence: bigint;
}

/** Segments were archived. */
export interface ArchivedMessage {
  readonly journal: Journal;
  readonly segments: number;
  /** What the caller asked for. */
  readonly beforeSequence: bigint;
}

/** A journal was poisoned: it takes no more appends. */
export interface PoisonedMessage {
  readonly journal: Journal;
  readonly error: JournalError;
}

/** A journal was closed. */
export interface ClosedMessage {
  readonly journal: Journal;
}

/** How far a replay is: at its start, at intervals, and at its end. */
export interface ReplayMessage {
  readonly journal: JournalReader;
  readonly progress: ReplayState;
}

/** The part of a replay's progress that gauges and spans are made of. */
export interface ReplayState {
  readonly phase: 'running' | 'done' | 'failed';
  /** Names of the targets that are rebuilt. */
  readonly targets: readonly string[];
  /** Entries read so far in this replay. */
  readonly replayed: number;
  /** Entries there are to read. */
  readonly total: bigint;
  /** Sequence of the last entry read; null before the first. */
  readonly sequence: bigint | null;
  /** Entries per second since the replay began. */
  readonly ratePerSecond: number;
  /** Milliseconds the rest takes at this rate; null while there is no rate. */
  readonly etaMs: number | null;
  readonly elapsedMs: number;
}

/**
 * A command on its way. The very same object is published when it is submitted (in the caller's turn and
 * async context) and when it is answered.
 */
export interface SubmitMessage {
  readonly journal: Journal;
  /** Set once the command was executed. */
  sequenceNum: bigint | null;
  /** Set, on the second publication, when it was rejected. */
  error: unknown;
}
