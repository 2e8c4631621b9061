import type { JournalEntry } from './journal-entry.js';

/**
 * The start of a subscription.
 * @publicApi
 */
export type SubscribeFrom =
  /** The entry with this sequence, which need not exist yet. */
  | bigint
  | number
  /** The first entry that the journal has ever had. */
  | 'beginning'
  /** The first entry that becomes visible after the call to `subscribe`. */
  | 'end';

/**
 * Options of `JournalReader.subscribe`.
 * @publicApi
 */
export interface SubscribeOptions {
  /** Where the subscription begins. @default 'beginning' */
  readonly from?: SubscribeFrom;
  /** Ends the subscription with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Number of entries that one read of the journal covers, 1 … 1,000,000. Between two reads the subscription
   * holds no file open.
   * @default 1_024
   */
  readonly batchSize?: number;
  /**
   * Whether to return only entries that are known to be durable. In `sync` durability, subscriptions in the
   * writing process never see other entries. In `async` durability, or if another process writes, a crash can
   * remove entries that were visible.
   * @default false
   */
  readonly durable?: boolean;
  /**
   * What happens if entries at the start were archived or moved away. True: the subscription starts at the
   * first available entry. False: it ends with ReplayGapError.
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
  /**
   * Time in milliseconds to wait for more entries after the first. @default 0: returns the available entries
   */
  readonly lingerMs?: number;
  /** Time in milliseconds to wait for the first entry; after that, the batch is empty. @default no limit */
  readonly timeoutMs?: number;
}

/**
 * The entries of a journal, each once and in order: first the existing entries, then new ones as they become
 * visible. A subscription reads only on request. Between requests it holds no entries in memory, however many
 * are appended.
 *
 * The subscription ends with `done` when it or the journal is closed (`break`, `return()`, `close()`). It
 * ends with an error when:
 * - the signal is aborted: the signal's reason;
 * - the journal is poisoned and every visible entry has been returned: JournalPoisonedError
 *   (`JOURNAL_POISONED`);
 * - entries are missing: ReplayGapError (`JOURNAL_REPLAY_GAP`);
 * - the journal is damaged: the error of the read.
 *
 * @example
 * for await (const entry of journal.subscribe({ from: 'end' })) console.log(entry.sequenceNum);
 * @publicApi
 */
export interface JournalSubscription<TCommand = unknown, TResult = unknown> extends AsyncIterableIterator<
  JournalEntry<TCommand, TResult>
> {
  /**
   * Sequence of the last returned entry, or of the entry before the start. Null if there is no entry before
   * the start.
   */
  readonly position: bigint | null;
  /** Number of visible entries that have not been returned yet: `lastSequence - position`. */
  readonly lag: bigint;
  /** Whether the subscription has ended, for any reason. */
  readonly isEnded: boolean;
  /**
   * Returns several entries at once; none if the subscription has ended or `timeoutMs` has passed.
   * @throws (rejects) as iteration does
   */
  nextBatch(options?: NextBatchOptions): Promise<JournalEntry<TCommand, TResult>[]>;
  /** Ends the subscription. `for await` calls it when the loop is left early. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** Closes the subscription, like `return()`. A pending `next()` resolves with `done`. */
  close(): Promise<void>;
  [Symbol.asyncIterator](): JournalSubscription<TCommand, TResult>;
  [Symbol.asyncDispose](): Promise<void>;
}
