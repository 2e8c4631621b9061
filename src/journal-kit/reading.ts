/** The parts of `readFrom` that all journals share: checking the options, and yielding to the event loop. */
import { assertSignal, CooperativeYield } from '../common/index.js';
import { InvalidArgumentError } from '../journal/index.js';
import type { JournalEntries, JournalEntry, ReadOptions, VerifyOptions } from '../journal/index.js';
import { assertCallOptions, type OptionNames } from '../common/index.js';

const READ_OPTIONS: OptionNames<ReadOptions> = {
  onCorrupt: true,
  signal: true,
  limit: true,
  includeArchived: true,
};
const VERIFY_OPTIONS: OptionNames<VerifyOptions> = { includeArchived: true };

/**
 * Checks the options of `readFrom`. For authors of journals.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option
 * @publicApi
 */
export function assertReadOptions(options: ReadOptions | undefined): void {
  if (options === undefined) return;
  assertCallOptions(options, READ_OPTIONS);
  const { onCorrupt, signal, limit, includeArchived } = options;
  if (
    onCorrupt !== undefined &&
    onCorrupt !== 'throw' &&
    onCorrupt !== 'skip' &&
    typeof onCorrupt !== 'function'
  ) {
    throw new InvalidArgumentError('onCorrupt', onCorrupt, "'throw', 'skip' or a function");
  }
  assertSignal(signal);
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 0)) {
    throw new InvalidArgumentError('limit', limit, 'a non-negative integer');
  }
  assertIncludeArchived(includeArchived);
}

/**
 * Checks the options of `verifyIntegrity`.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option
 * @publicApi
 */
export function assertVerifyOptions(options: VerifyOptions | undefined): void {
  if (options === undefined) return;
  assertCallOptions(options, VERIFY_OPTIONS);
  assertIncludeArchived(options.includeArchived);
}

function assertIncludeArchived(value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw new InvalidArgumentError('includeArchived', value, 'a boolean');
}

/**
 * The result of `readFrom`, from an iterator that finds and checks entries. `start` runs once per iteration,
 * when the iteration starts, and determines what it covers.
 * @publicApi
 */
export class EntrySequence<TCommand, TResult> implements JournalEntries<TCommand, TResult> {
  constructor(
    private readonly start: () => Iterator<JournalEntry<TCommand, TResult>>,
    private readonly options: ReadOptions,
  ) {}

  // These methods are not generators: a generator would read the state of the journal when the first entry is
  // requested, not now.
  [Symbol.iterator](): IterableIterator<JournalEntry<TCommand, TResult>> {
    const entries = this.start();
    const { limit, signal } = this.options;
    // Without bounds, the wrapper would only add a call for each entry.
    if (limit === undefined && signal === undefined && isIterable(entries)) return entries;
    return new BoundedIterator(entries, this.options);
  }

  [Symbol.asyncIterator](): AsyncIterator<JournalEntry<TCommand, TResult>> {
    return new SlicedIterator(this[Symbol.iterator]());
  }
}

/** Applies `limit` and `signal`. */
class BoundedIterator<T> implements IterableIterator<T> {
  #left: number;
  readonly #signal: AbortSignal | undefined;

  constructor(
    private readonly inner: Iterator<T>,
    options: ReadOptions,
  ) {
    this.#left = options.limit ?? Infinity;
    this.#signal = options.signal;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T> {
    if (this.#signal?.aborted === true) {
      this.return();
      this.#signal.throwIfAborted();
    }
    if (this.#left <= 0) return this.return();
    this.#left -= 1;
    return this.inner.next();
  }

  return(): IteratorResult<T> {
    this.#left = 0;
    this.inner.return?.();
    return { done: true, value: undefined };
  }
}

/**
 * Iterates over `entries` and yields to the event loop when the pause is due. The class is not a generator,
 * because a generator would cost another promise and two more microtask turns for each entry.
 */
class SlicedIterator<T> implements AsyncIterableIterator<T> {
  /** Time budget between two yields; it includes the time that the consumer spends with an entry. */
  readonly #pause = new CooperativeYield();
  /** Set while the event loop has its turn. */
  #pausing: Promise<void> | null = null;
  #done = false;

  constructor(private readonly entries: Iterator<T>) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#pausing === null && this.#pause.isDue) this.#pausing = this.#yield();
    // Calls of `next` during the pause wait for its end.
    return this.#pausing === null ? this.#step() : this.#pausing.then(() => this.next());
  }

  async return(): Promise<IteratorResult<T>> {
    this.#finish();
    return { done: true, value: undefined };
  }

  async #yield(): Promise<void> {
    await this.#pause.run();
    this.#pausing = null;
  }

  #step(): Promise<IteratorResult<T>> {
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    try {
      const step = this.entries.next();
      this.#pause.countEntry();
      if (step.done === true) this.#done = true;
      return Promise.resolve(step);
    } catch (error) {
      this.#finish();
      return Promise.reject(error as Error);
    }
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.entries.return?.();
  }
}

function isIterable<T>(iterator: Iterator<T>): iterator is IterableIterator<T> {
  return Symbol.iterator in iterator;
}
