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
   * Whether the oldest readable entry is the first the journal ever had. False when older entries were
   * archived or moved away. A journal that cannot know omits the property. Replay then expects the journal to
   * start at the configured first sequence.
   */
  readonly isComplete?: boolean;
  /**
   * Sequence of the newest entry that readers see: the last acknowledged one in `sync` durability, the last
   * written one in `async`. Null when the journal is empty.
   */
  readonly lastSequence: bigint | null;
  /** Sequence of the newest entry that is known to be on the device. Null when there is none. */
  readonly durableSequence: bigint | null;
  /**
   * Returns the entries with `sequenceNum >= sequence`, in order. A sequence below `firstAvailableSequence`
   * starts at that entry; compare the two to notice. A sequence beyond the end gives no entries.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`), JournalClosedError (`JOURNAL_CLOSED`); while
   * iterating CorruptEntryError, InvalidEntryHeaderError, CorruptArchiveError, ReplayGapError, IoError.
   * ReplayGapError (`JOURNAL_REPLAY_GAP`) names the first missing sequence and the next one that exists. It
   * also occurs when another process archived a segment that the iteration had not reached, and the file was
   * then moved or deleted. The writing process keeps what it archives for its own iterations.
   */
  readFrom(sequence: bigint | number, options?: ReadOptions): JournalEntries<TCommand, TResult>;
  /**
   * Returns the entries from `options.from` on, then every new entry when it becomes visible. Journals
   * implement the method with `subscribeTo` of `nestjs-file-journal/journal-kit`.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`), JournalClosedError (`JOURNAL_CLOSED`)
   */
  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult>;
  /**
   * Calls `listener` each time `lastSequence` or `durableSequence` advances, and when the journal is poisoned
   * or closed. The call comes in the same turn of the event loop, so a listener must be short and must not
   * read. A journal that another process writes omits the method; subscriptions then poll it.
   * @returns a function that removes the listener
   */
  onAdvanced?(listener: () => void): () => void;
  /** Reads the whole journal and reports every fault. Changes nothing and does not throw for damage. */
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
  /**
   * `poisoned` after a failed write, sync or rename: every append rejects until the journal is opened again.
   */
  readonly state: 'open' | 'poisoned' | 'closed';
  /** Why the journal is poisoned. */
  readonly failure: JournalError | null;
  /**
   * The sequence that the next append must have: one after the last accepted entry, which may not be visible
   * yet. Null on an empty journal, which accepts any sequence, and after 2^64 - 1, the last one.
   */
  readonly nextSequence: bigint | null;
  /**
   * Bytes of the entries, headers included, that became visible since the journal was opened. A journal that
   * does not count them omits the property.
   */
  readonly appendedBytes?: number;
  /** What opening the journal found and did. */
  readonly recovery: RecoveryReport;
  /**
   * Stores one event. Resolves when the event is on the device (`sync`) or in the kernel (`async`).
   * Concurrent appends share one sync.
   * @throws (rejects) SequenceConflictError, SerializationError, EntryTooLargeError, JournalClosedError,
   * InvalidArgumentError, IoError (no space; nothing was written): the journal continues.
   * JournalPoisonedError: it does not; `outcome` states whether this entry may exist after a restart.
   */
  append(event: SequencerEvent<TCommand, TResult>): Promise<void>;
  /**
   * Stores events in order with one sync. All events are checked before the first is written. After a crash a
   * prefix of them exists.
   */
  appendBatch(events: readonly SequencerEvent<TCommand, TResult>[]): Promise<void>;
  /** Makes everything accepted so far durable. */
  flush(): Promise<void>;
  /**
   * Archives the segments whose last entry is below `sequence`, but never the active segment.
   * @returns the number of archived segments
   */
  archiveSegmentsBefore(sequence: bigint | number): Promise<number>;
  /**
   * Stops the journal for good: from now on `append` rejects with JournalPoisonedError. For callers that
   * detect that memory and journal disagree. Idempotent; the first cause stays.
   */
  poison(cause: unknown): void;
  /**
   * Calls `listener` once, when the journal becomes poisoned, or at once if it already is.
   * @returns a function that removes it
   */
  onPoisoned(listener: (failure: JournalError) => void): () => void;
}

/**
 * When an append resolves. `sync`: once the entry is on the device. `async`: once the kernel has it.
 * @publicApi
 */
export type Durability = 'sync' | 'async';
