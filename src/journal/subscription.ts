import type { JournalEntry } from './journal-entry.js';

/**
 * The start of a subscription.
 * @publicApi
 */
export type SubscribeFrom =
  /** The entry with this sequence, which need not exist yet. */
  | bigint
  | number
  /** The first entry that the journal ever had. */
  | 'beginning'
  /** The first entry that becomes visible after the call of `subscribe`. */
  | 'end';

/**
 * Options of `JournalReader.subscribe`.
 * @publicApi
 */
export interface SubscribeOptions {
  /** Where the subscription begins. @default 'beginning' */
  readonly from?: SubscribeFrom;
  /** Ends the subscription with the reason of the signal. */
  readonly signal?: AbortSignal;
  /**
   * Number of entries that one read of the journal covers, 1 … 1,000,000. Between two reads the subscription
   * holds no file open.
   * @default 1_024
   */
  readonly batchSize?: number;
  /**
   * Whether to return only entries that are known to be on the device. In `sync` durability readers of the
   * writing process never see others. In `async` durability, and when another process writes, a crash can
   * remove entries that were visible.
   * @default false
   */
  readonly durable?: boolean;
  /**
   * What happens when entries at the start were archived or moved away. True starts at the first available
   * entry; false ends the subscription with ReplayGapError.
   * @default false
   */
  readonly startAtFirstAvailable?: boolean;
  /**
   * Poll interval in milliseconds for a journal that another process writes. The timer keeps the process
   * alive, like any other wait for input. Subscriptions to other journals have no timer.
   * @default 50
   */
  readonly pollIntervalMs?: number;
}

/**
 * Options of `nextBatch`.
 * @publicApi
 */
export interface NextBatchOptions {
  /** Maximum number of entries. @default batchSize */
  readonly maxEntries?: number;
  /** Time in milliseconds to wait for more entries after the first. @default 0: returns what is available */
  readonly lingerMs?: number;
  /** Time in milliseconds to wait for the first entry. Then the batch is empty. @default no limit */
  readonly timeoutMs?: number;
}

/**
 * The entries of a journal, each once and in order: first the existing ones, then new ones as they become
 * visible. A subscription reads only on request. Until then it holds nothing in memory, however many entries
 * are appended.
 *
 * It ends with `done` when it or the journal is closed (`break`, `return()`, `close()`). It ends with an
 * error in these cases: the signal is aborted (its reason); the journal is poisoned and every visible entry
 * was returned (JournalPoisonedError, `JOURNAL_POISONED`); entries are missing (ReplayGapError,
 * `JOURNAL_REPLAY_GAP`); the journal is damaged (the error of the read).
 *
 * @example
 * for await (const entry of journal.subscribe({ from: 'end' })) console.log(entry.sequenceNum);
 * @publicApi
 */
export interface JournalSubscription<TCommand = unknown, TResult = unknown> extends AsyncIterableIterator<
  JournalEntry<TCommand, TResult>
> {
  /**
   * Sequence of the last returned entry, or of the entry before the start. Null when there is no entry before
   * the start.
   */
  readonly position: bigint | null;
  /** Number of visible entries that were not returned yet: `lastSequence - position`. */
  readonly lag: bigint;
  /** Whether the subscription ended, for any reason. */
  readonly isEnded: boolean;
  /**
   * Returns several entries at once; none when the subscription ended or `timeoutMs` passed.
   * @throws (rejects) as iterating does
   */
  nextBatch(options?: NextBatchOptions): Promise<JournalEntry<TCommand, TResult>[]>;
  /** Ends the subscription. `for await` calls it when its loop is left. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** Closes the subscription, like `return()`. A pending `next()` resolves with `done`. */
  close(): Promise<void>;
  [Symbol.asyncIterator](): JournalSubscription<TCommand, TResult>;
  [Symbol.asyncDispose](): Promise<void>;
}
