import type { JournalError } from './errors.js';
import type { JournalEntries } from './journal-entry.js';
import type { ReadOptions, VerifyOptions } from './read-options.js';
import type { IntegrityReport, RecoveryReport } from './reports.js';
import type { SequencerEvent } from './sequencer-event.js';
import type { JournalSubscription, SubscribeOptions } from './subscription.js';

/**
 * The reading half of a journal.
 * @publicApi
 */
export interface JournalReader<TCommand = unknown, TResult = unknown> {
  /** Sequence of the oldest entry that can be read; null when there is none. */
  readonly firstAvailableSequence: bigint | null;
  /**
   * True when the oldest entry that can be read is the first the journal ever had; false when older ones were archived
   * or moved away. A journal that cannot know leaves it out; replay then expects the first sequence to be the configured one.
   */
  readonly isComplete?: boolean;
  /** Sequence of the newest entry that readers see: acknowledged in `sync`, written in `async` durability. Null when empty. */
  readonly lastSequence: bigint | null;
  /** Sequence of the newest entry that is known to be on the device. Null when there is none. */
  readonly durableSequence: bigint | null;
  /**
   * Entries with `sequenceNum >= sequence`, in order. A sequence below `firstAvailableSequence` starts there (compare
   * the two to notice); one beyond the end gives no entries.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`), JournalClosedError (`JOURNAL_CLOSED`); while iterating
   * CorruptEntryError, InvalidEntryHeaderError, CorruptArchiveError, ReplayGapError, IoError. ReplayGapError (`JOURNAL_REPLAY_GAP`) names the first
   * sequence that is missing and the next there is; also where a segment that this iteration had not come to was archived by
   * another process and then moved or deleted. What the writing process archives is kept for its own iterations.
   */
  readFrom(sequence: bigint | number, options?: ReadOptions): JournalEntries<TCommand, TResult>;
  /**
   * The entries from `options.from` on, and then every further one when it becomes visible. Journals implement it with
   * `subscribeTo` of `nestjs-file-journal/journal-kit`.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`), JournalClosedError (`JOURNAL_CLOSED`)
   */
  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult>;
  /**
   * Calls `listener` each time `lastSequence` or `durableSequence` has moved on, and when the journal is poisoned or closed; in
   * the turn in which that happens, so a listener is short and reads nothing. A journal that cannot know, because another
   * process writes it, leaves the method out; subscriptions then look at it from time to time.
   * @returns a function that removes the listener
   */
  onAdvanced?(listener: () => void): () => void;
  /** Reads everything and reports every fault found; changes nothing, and does not throw for damage. */
  verifyIntegrity(options?: VerifyOptions): Promise<IntegrityReport>;
  /** Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An append-only, totally ordered event store.
 * @publicApi
 */
export interface Journal<TCommand = unknown, TResult = unknown> extends JournalReader<TCommand, TResult> {
  /** When an append resolves. */
  readonly durability: Durability;
  /** `poisoned` after a failed write, sync or rename: every append rejects until the journal is opened again. */
  readonly state: 'open' | 'poisoned' | 'closed';
  /** Why the journal is poisoned. */
  readonly failure: JournalError | null;
  /**
   * The only sequence the next append may have: one after the last that was accepted (which may not be visible yet);
   * null on an empty journal, where any is accepted, and after 2^64 - 1, where none is.
   */
  readonly nextSequence: bigint | null;
  /** Bytes of entries, headers included, that became visible since the journal was opened; a journal that does not count leaves it out. */
  readonly appendedBytes?: number;
  /** What opening found and did. */
  readonly recovery: RecoveryReport;
  /**
   * Stores one event; resolves as `durability` says. Concurrent appends share one sync.
   * @throws (rejects) SequenceConflictError, SerializationError, EntryTooLargeError, JournalClosedError, InvalidArgumentError,
   * IoError (no space; nothing written): the journal goes on. JournalPoisonedError: it does not; `outcome` tells
   * whether this entry may be there after a restart.
   */
  append(event: SequencerEvent<TCommand, TResult>): Promise<void>;
  /** Stores events in order with one sync; all are checked before any is written. After a crash a prefix of them is there. */
  appendBatch(events: readonly SequencerEvent<TCommand, TResult>[]): Promise<void>;
  /** Makes everything accepted so far durable. */
  flush(): Promise<void>;
  /**
   * Takes whole segments whose last entry is below `sequence` out of the journal, never the active one.
   * @returns how many
   */
  archiveSegmentsBefore(sequence: bigint | number): Promise<number>;
  /**
   * Stops the journal for good: `append` rejects with JournalPoisonedError from now on. For callers that find that
   * memory and journal no longer agree; idempotent, the first cause stays.
   */
  poison(cause: unknown): void;
  /**
   * Calls `listener` once when the journal becomes poisoned (at once if it is).
   * @returns a function that removes it
   */
  onPoisoned(listener: (failure: JournalError) => void): () => void;
}

/**
 * `sync`: an append resolves when the entry is on the device. `async`: when the kernel has it.
 * @publicApi
 */
export type Durability = 'sync' | 'async';
