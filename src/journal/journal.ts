import type { JournalError } from './errors/index.js';
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
  /** Sequence of the oldest entry that can be read; null if there is none. */
  readonly firstAvailableSequence: bigint | null;
  /**
   * Whether the oldest readable entry is the first that the journal has ever had. False if older entries were
   * archived or moved away. A journal that cannot know omits the property. Replay then expects the journal to
   * start at the configured first sequence.
   */
  readonly isComplete?: boolean;
  /**
   * Sequence of the newest entry that readers see. In `sync` durability this is the last acknowledged entry,
   * in `async` the last written one. Null if the journal is empty.
   */
  readonly lastSequence: bigint | null;
  /**
   * Sequence of the newest entry that is known to be durable, that is, on the device. Null if there is none.
   */
  readonly durableSequence: bigint | null;
  /**
   * Returns the entries with `sequenceNum >= sequence`, in order. For a sequence below
   * `firstAvailableSequence`, the iteration starts at the first available entry; compare the two values to
   * detect this. For a sequence beyond the end, there are no entries.
   *
   * ReplayGapError names the first missing sequence and the next one that exists. It also occurs when another
   * process archives a segment that the iteration has not reached, and the file is then moved or deleted. The
   * writing process keeps segments that it archives available to its own iterations.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   * @throws JournalClosedError (`JOURNAL_CLOSED`)
   * @throws while iterating: CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`)
   * @throws while iterating: InvalidEntryHeaderError (`JOURNAL_INVALID_ENTRY_HEADER`)
   * @throws while iterating: CorruptArchiveError (`JOURNAL_CORRUPT_ARCHIVE`)
   * @throws while iterating: ReplayGapError (`JOURNAL_REPLAY_GAP`)
   * @throws while iterating: IoError (`JOURNAL_IO`)
   */
  readFrom(sequence: bigint | number, options?: ReadOptions): JournalEntries<TCommand, TResult>;
  /**
   * Returns the entries from `options.from` on, and then every new entry when it becomes visible. Journals
   * implement the method with `subscribeTo` of `nestjs-file-journal/journal-kit`.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   * @throws JournalClosedError (`JOURNAL_CLOSED`)
   */
  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult>;
  /**
   * Calls `listener` each time `lastSequence` or `durableSequence` advances, and when the journal is poisoned
   * or closed. The journal calls it in the same turn of the event loop, so a listener must be short and must
   * not read. A journal that another process writes omits the method; subscriptions then poll it.
   * @returns a function that removes the listener
   */
  onAdvanced?(listener: () => void): () => void;
  /**
   * Reads the whole journal and reports every fault. The method changes nothing and does not throw for
   * damage.
   */
  verifyIntegrity(options?: VerifyOptions): Promise<IntegrityReport>;
  /** Closes the journal. Further calls have no effect. */
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
   * yet. Null for an empty journal, which accepts any sequence, and after 2^64 - 1, when the journal accepts
   * none.
   */
  readonly nextSequence: bigint | null;
  /**
   * Bytes of the entries, including headers, that have become visible since the journal was opened. A journal
   * that does not count them omits the property.
   */
  readonly appendedBytes?: number;
  /** What opening the journal found and did. */
  readonly recovery: RecoveryReport;
  /**
   * Stores one event. The promise resolves when the event is on the device (`sync`) or in the kernel
   * (`async`). Concurrent appends share one sync.
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   * @throws (rejects) SequenceConflictError (`JOURNAL_SEQUENCE_CONFLICT`)
   * @throws (rejects) SerializationError (`JOURNAL_SERIALIZATION`)
   * @throws (rejects) EntryTooLargeError (`JOURNAL_ENTRY_TOO_LARGE`)
   * @throws (rejects) JournalClosedError (`JOURNAL_CLOSED`)
   * @throws (rejects) IoError (`JOURNAL_IO`) without disk space: nothing was written, and the journal accepts
   * further appends
   * @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`): the journal accepts no more appends;
   * `outcome` states whether this entry may exist after a restart
   */
  append(event: SequencerEvent<TCommand, TResult>): Promise<void>;
  /**
   * Stores events in order with one sync. The journal checks all events before it writes the first. After a
   * crash, the journal holds a prefix of the events, possibly all or none.
   */
  appendBatch(events: readonly SequencerEvent<TCommand, TResult>[]): Promise<void>;
  /** Makes all accepted entries durable. */
  flush(): Promise<void>;
  /**
   * Archives the segments whose last entry is below `sequence`, but never the active segment.
   * @returns the number of archived segments
   */
  archiveSegmentsBefore(sequence: bigint | number): Promise<number>;
  /**
   * Stops the journal permanently: from now on `append` rejects with JournalPoisonedError. The method is for
   * callers that detect that memory and journal disagree. Further calls have no effect: `failure` keeps the
   * first cause.
   */
  poison(cause: unknown): void;
  /**
   * Calls `listener` once, when the journal becomes poisoned, or immediately if it already is.
   * @returns a function that removes the listener
   */
  onPoisoned(listener: (failure: JournalError) => void): () => void;
}

/**
 * When an append resolves. `sync`: once the entry is on the device. `async`: once the kernel has received it.
 * @publicApi
 */
export type Durability = 'sync' | 'async';
