/** What every journal's `subscribe` is: its own entries, read piece by piece, and a wait for more. */
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
 * Subscribes to any journal: implements `JournalReader.subscribe` with the rest of the contract. A journal with `onAdvanced` is
 * woken by it; one without is looked at every `pollIntervalMs`.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option; what `lastSequence` throws
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
  /** What ends the subscription as soon as the entries before it were handed out. */
  #failure: { readonly reason: unknown } | null = null;
  /** Ends a wait for more. */
  #wake: () => void = () => undefined;
  /** The end of the line of callers: entries are handed out in the order they were asked for. */
  #turn: Promise<unknown> = Promise.resolve();
  /** What the consumer does with an entry counts, too. */
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
        // Without a promise for each entry while there are more, and nobody else has to have a turn.
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

  /** @returns null at the end, and at `deadlineMs` @throws what ends the subscription, once */
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

  /** As {@link #nextEntry}, for an entry that is not the first: what goes wrong waits until the batch was handed out. */
  async #nextOfBatch(deadlineMs: number): Promise<JournalEntry<TCommand, TResult> | null> {
    if (this.#pause.isDue) await this.#pause.run();
    for (;;) {
      const entry = this.#take();
      if (entry !== null) return entry;
      if (this.#failure !== null || this.#isEnded || monotonicMs() >= deadlineMs) return null;
      await this.#more(deadlineMs);
    }
  }

  /** Notes, instead of throwing, what ends the subscription. */
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

  /** Resolves when it is worth looking again, at the latest at `deadlineMs`. */
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
      // Whoever only wants to be told that nothing came is not waiting for input.
      if (stopListening !== undefined) timer?.unref();
    });
  }
}

function isClosed(error: unknown): boolean {
  return JournalError.isJournalError(error) && error.code === 'JOURNAL_CLOSED';
}
