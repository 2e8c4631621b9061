import type { JournalEntry } from './journal-entry.js';

/**
 * Where a subscription begins.
 * @publicApi
 */
export type SubscribeFrom =
  /** The entry of this sequence, which need not be there yet. */
  | bigint
  | number
  /** The first entry the journal ever had. */
  | 'beginning'
  /** What becomes visible after `subscribe` was called. */
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
   * Entries that one read of the journal covers, 1 … 1,000,000. Between two reads nothing of the journal is held open.
   * @default 1_024
   */
  readonly batchSize?: number;
  /**
   * True: only entries that are known to be on the device. In `sync` durability, and in a journal that is written by this
   * process, that is all there is to see; in `async`, and beside a writer in another process, a crash may take back
   * what was visible.
   * @default false
   */
  readonly durable?: boolean;
  /**
   * What to do when entries are missing at the start because they were archived or moved away: true begins with the first
   * there is, false ends with ReplayGapError.
   * @default false
   */
  readonly startAtFirstAvailable?: boolean;
  /**
   * How often a journal is looked at that cannot tell when there is more: one that another process writes. The timer keeps
   * the process alive, as any waiting for input does; other subscriptions have none.
   * @default 50
   */
  readonly pollIntervalMs?: number;
}

/**
 * How much one `nextBatch` takes.
 * @publicApi
 */
export interface NextBatchOptions {
  /** At most so many entries. @default batchSize */
  readonly maxEntries?: number;
  /** How long to wait for more once there is one. @default 0: what is there */
  readonly lingerMs?: number;
  /** How long to wait for the first one; then the batch is empty. @default for ever */
  readonly timeoutMs?: number;
}

/**
 * The entries of a journal, each once, in order: what is there, then what becomes visible. It pulls: while nobody asks,
 * nothing is read and nothing is held in memory, however many entries come in.
 *
 * It ends, with `done`, when it is closed (`break`, `return()`, `close()`) or the journal is; with the signal's reason; with
 * JournalPoisonedError (`JOURNAL_POISONED`) after everything visible was handed out; with ReplayGapError
 * (`JOURNAL_REPLAY_GAP`) where entries are missing; with what reading throws where the journal is damaged.
 *
 * @example
 * for await (const entry of journal.subscribe({ from: 'end' })) console.log(entry.sequenceNum);
 * @publicApi
 */
export interface JournalSubscription<TCommand = unknown, TResult = unknown> extends AsyncIterableIterator<
  JournalEntry<TCommand, TResult>
> {
  /** Sequence of the last entry that was handed out, or the one before the start; null when there is none before. */
  readonly position: bigint | null;
  /** Visible entries that were not handed out yet: `lastSequence - position`. */
  readonly lag: bigint;
  /** True after the end, however it came. */
  readonly isEnded: boolean;
  /**
   * Several entries at once. Empty when the subscription ended or `timeoutMs` passed.
   * @throws (rejects) as iterating does
   */
  nextBatch(options?: NextBatchOptions): Promise<JournalEntry<TCommand, TResult>[]>;
  /** Ends the subscription. `for await` calls it when its loop is left. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** As `return()`. A `next()` that is waiting resolves with `done`. */
  close(): Promise<void>;
  [Symbol.asyncIterator](): JournalSubscription<TCommand, TResult>;
  [Symbol.asyncDispose](): Promise<void>;
}
