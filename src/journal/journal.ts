import type {
  CorruptArchiveError,
  CorruptEntryError,
  DeserializationError,
  EntryLocation,
  InvalidEntryHeaderError,
  JournalError,
  ReplayGapError,
} from './errors.js';
import type { SequencerEvent } from './sequencer-event.js';
import type { JournalSubscription, SubscribeOptions } from './subscription.js';

/**
 * `sync`: an append resolves when the entry is on the device. `async`: when the kernel has it.
 * @publicApi
 */
export type Durability = 'sync' | 'async';

/**
 * One stored entry. Its bytes stay valid for ever, also after the journal was closed or its segment archived.
 * @publicApi
 */
export interface JournalEntry<TCommand = unknown, TResult = unknown> {
  /** From the binary header. */
  readonly sequenceNum: bigint;
  /** From the binary header: nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
  /** The CRC-32 stored with the entry; verified before the entry was handed out. */
  readonly storedCrc: number;
  /** The exact payload bytes: UTF-8 JSON of the whole event. Do not write to them. */
  readonly payload: Uint8Array;
  /** Where the entry lies, for error messages; a journal that has no such places leaves it out. */
  readonly location?: EntryLocation;
  /**
   * The decoded event; decoded on first use and kept.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
   */
  readonly event: SequencerEvent<TCommand, TResult>;
  /** For JSON answers and log lines: `sequenceNum`, `timestampNs`, `storedCrc` and `event`, each bigint as a decimal string. */
  toJSON(): unknown;
}

/**
 * What reading can meet on damaged or incomplete journals.
 * @publicApi
 */
export type ReadError =
  CorruptArchiveError | CorruptEntryError | InvalidEntryHeaderError | DeserializationError | ReplayGapError;

/**
 * How to read: what to do with damage, when to stop.
 * @publicApi
 */
export interface ReadOptions {
  /**
   * What to do with damage, when (and only when) it is reached: `throw` the typed error; `skip` it and go on at the
   * next entry; or call a function with the error and go on. The latter two decode each event while iterating, so
   * that an undecodable payload is reported as damage too.
   * @default 'throw'
   */
  readonly onCorrupt?: 'throw' | 'skip' | ((error: ReadError) => void);
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
  /** At most so many entries. @default no limit */
  readonly limit?: number;
  /**
   * Also reads archived segments that are still where the journal archived them, before the others and with the same checks:
   * plain ones and compressed ones. A compressed one that is damaged is a CorruptArchiveError; what `onCorrupt` goes on
   * with is the next segment. A journal without archives ignores it.
   * @default false
   */
  readonly includeArchived?: boolean;
}

/**
 * What to verify.
 * @publicApi
 */
export interface VerifyOptions {
  /** Also archived segments that are still where the journal archived them. @default false */
  readonly includeArchived?: boolean;
}

/**
 * The entries of one `readFrom`: iterate with `for … of`, or with `for await … of`, which lets the event loop run in between.
 * An iteration covers what was visible when it started, that is, when its iterator was made; archiving changes nothing for it.
 * @publicApi
 */
export interface JournalEntries<TCommand = unknown, TResult = unknown>
  extends Iterable<JournalEntry<TCommand, TResult>>, AsyncIterable<JournalEntry<TCommand, TResult>> {}

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
   * {@link subscribeTo}.
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
 * One fault found by `verifyIntegrity`.
 * @publicApi
 */
export interface IntegrityError {
  /** What is wrong. */
  readonly kind: 'crc' | 'header' | 'payload' | 'mismatch' | 'gap' | 'overlap' | 'missing-segment' | 'io';
  /** File name of the segment. */
  readonly segment: string;
  /** Byte offset in the segment. */
  readonly offset: number;
  /** Sequence from the header, or the expected one; null where unknown. */
  readonly sequence: bigint | null;
  /** Describes the fault and its place. */
  readonly message: string;
}

/**
 * What `verifyIntegrity` found.
 * @publicApi
 */
export interface IntegrityReport {
  /** True when `errors` is empty. */
  readonly ok: boolean;
  /** Number of segments that were read. */
  readonly segments: number;
  /** Entries with a good checksum; one that cannot be decoded counts, and is among the errors, too. */
  readonly entries: bigint;
  /** Bytes of these entries, headers included. */
  readonly bytes: bigint;
  /** Sequence of the first entry; null when there is none. */
  readonly firstSequence: bigint | null;
  /** Sequence of the last entry; null when there is none. */
  readonly lastSequence: bigint | null;
  /** At most about a hundred for each segment; where there are more, the last one counts the rest in its message. */
  readonly errors: readonly IntegrityError[];
}

/**
 * What opening a journal found and did.
 * @publicApi
 */
export interface RecoveryReport {
  /** `created`: there was no journal; `clean`: it ended as it should; `torn-tail`: an incomplete end was cut; `repaired`: damage was cut because an option asked for it. */
  readonly outcome: 'created' | 'clean' | 'torn-tail' | 'repaired';
  /** Number of segments that the journal had. */
  readonly segments: number;
  /** Sequence of the first entry that can be read; null when there is none. */
  readonly firstAvailableSequence: bigint | null;
  /** Sequence of the last entry; null when there is none. */
  readonly lastSequence: bigint | null;
  /** What was cut from the end; null when nothing was. */
  readonly cut: RecoveredTail | null;
  /** Milliseconds from the lock to the open journal. */
  readonly durationMs: number;
}

/** Bytes that were cut from the end of the newest segment, and where they are kept. */
export interface RecoveredTail {
  readonly segment: string;
  /** Offset of the first byte that was cut. */
  readonly offset: number;
  /** From `offset` to the last byte that was not zero. */
  readonly lengthBytes: number;
  /** Why these bytes were no entry. */
  readonly reason: string;
  /** Path of the file that holds the cut bytes; null when there was nothing but zeros. */
  readonly quarantineFile: string | null;
}
