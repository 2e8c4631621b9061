/** The `subscribe` of all journals: reads existing entries piece by piece, then waits for more. */
import { onAbort, CooperativeYield } from '../common/index.js';
import { JournalError } from '../journal/index.js';
import type { JournalEntry } from '../journal/index.js';
import {
  resolveNextBatchOptions,
  resolveSubscribeOptions,
  type ResolvedSubscribeOptions,
} from './subscription-options.js';
import { SubscriptionSource, type SubscribableJournal } from './subscription-source.js';
import type { JournalSubscription, NextBatchOptions, SubscribeOptions } from '../journal/index.js';
import { clearTimeout, monotonicMs, setTimeout } from '../common/index.js';

/**
 * Subscribes to any journal: implements `JournalReader.subscribe` with the other members of the contract.
 * `onAdvanced` wakes the subscription. A journal without it is polled every `pollIntervalMs`.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option; the error of
 * `lastSequence`
 * @publicApi
 */
export function subscribeTo<TCommand, TResult>(
  journal: SubscribableJournal<TCommand, TResult>,
  options: SubscribeOptions = {},
): JournalSubscription<TCommand, TResult> {
  return new EntrySubscription(journal, resolveSubscribeOptions(options));
}

class EntrySubscription<TCommand, TResult> implements JournalSubscription<TCommand, TResult> {
  readonly #source: SubscriptionSource<TCommand, TResult>;
  #isEnded = false;
  /** The error that ends the subscription once the entries before it were returned. */
  #failure: { readonly reason: unknown } | null = null;
  /** Ends the current wait for more entries. */
  #wake: () => void = () => undefined;
  /** The end of the queue of calls: entries are returned in the order of the calls. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Time budget between two yields; it includes the time that the consumer spends with an entry. */
  readonly #pause = new CooperativeYield();

  constructor(
    private readonly journal: SubscribableJournal<TCommand, TResult>,
    private readonly options: ResolvedSubscribeOptions,
  ) {
    this.#source = new SubscriptionSource(journal, options);
  }

  get position(): bigint | null {
    return this.#source.position;
  }

  get lag(): bigint {
    return this.#source.lag;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  next(): Promise<IteratorResult<JournalEntry<TCommand, TResult>, undefined>> {
    return this.#inTurn(async () => {
      const entry = await this.#nextEntry(Infinity);
      return entry === null ? { done: true, value: undefined } : { done: false, value: entry };
    });
  }

  async nextBatch(options: NextBatchOptions = {}): Promise<JournalEntry<TCommand, TResult>[]> {
    const { maxEntries, lingerMs, timeoutMs } = resolveNextBatchOptions(options, this.options.batchSize);
    return this.#inTurn(async () => {
      const first = await this.#nextEntry(monotonicMs() + timeoutMs);
      const batch = first === null ? [] : [first];
      const endMs = monotonicMs() + lingerMs;
      while (batch.length > 0 && batch.length < maxEntries) {
        // Avoids a promise for each entry while entries are available and no pause is due.
        const entry = (this.#pause.isDue ? null : this.#take()) ?? (await this.#nextOfBatch(endMs));
        if (entry === null) break;
        batch.push(entry);
      }
      return batch;
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#end();
    this.#wake();
    await this.#turn;
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    await this.return();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /**
   * Takes the next entry or waits for it.
   * @returns null at the end, and at `deadlineMs`
   * @throws the error that ends the subscription, once
   */
  async #nextEntry(deadlineMs: number): Promise<JournalEntry<TCommand, TResult> | null> {
    if (this.#pause.isDue) await this.#pause.run();
    for (;;) {
      const entry = this.#take();
      if (entry !== null) return entry;
      if (this.#failure !== null) throw this.#fail();
      if (this.#isEnded || monotonicMs() >= deadlineMs) return null;
      await this.#more(deadlineMs);
    }
  }

  /**
   * {@link #nextEntry} for a later entry of a batch: an error stays pending until the batch has been
   * returned.
   */
  async #nextOfBatch(deadlineMs: number): Promise<JournalEntry<TCommand, TResult> | null> {
    if (this.#pause.isDue) await this.#pause.run();
    for (;;) {
      const entry = this.#take();
      if (entry !== null) return entry;
      if (this.#failure !== null || this.#isEnded || monotonicMs() >= deadlineMs) return null;
      await this.#more(deadlineMs);
    }
  }

  /** Takes an entry without waiting. Stores the error that ends the subscription instead of throwing it. */
  #take(): JournalEntry<TCommand, TResult> | null {
    if (this.#isEnded || this.#failure !== null) return null;
    const { signal } = this.options;
    try {
      signal?.throwIfAborted();
      if (this.#source.isClosed) return this.#end();
      const entry = this.#source.take();
      if (entry === null && this.#source.failure !== null) throw this.#source.failure;
      if (entry !== null) this.#pause.countEntry();
      return entry;
    } catch (reason) {
      if (isClosed(reason) && signal?.aborted !== true) return this.#end();
      this.#failure = { reason };
      return null;
    }
  }

  #end(): null {
    this.#isEnded = true;
    this.#source.stop();
    return null;
  }

  #fail(): unknown {
    const reason = this.#failure?.reason;
    this.#failure = null;
    this.#end();
    return reason;
  }

  /** Waits until there may be more entries, at most until `deadlineMs`. */
  #more(deadlineMs: number): Promise<void> {
    const { journal, options } = this;
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | null = null;
      const done = (): void => {
        stopListening?.();
        forgetSignal();
        if (timer !== null) clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
      const stopListening = journal.onAdvanced?.(done);
      const forgetSignal = onAbort(options.signal, done);
      this.#wake = done;
      const pollMs = stopListening === undefined ? options.pollIntervalMs : Infinity;
      const delayMs = Math.min(pollMs, deadlineMs - monotonicMs());
      if (delayMs !== Infinity) timer = setTimeout(done, Math.max(0, Math.ceil(delayMs)));
      // Only polling keeps the process alive. A timer that only ends a wait without entries must not.
      if (stopListening !== undefined) timer?.unref();
    });
  }
}

function isClosed(error: unknown): boolean {
  return JournalError.isJournalError(error) && error.code === 'JOURNAL_CLOSED';
}
