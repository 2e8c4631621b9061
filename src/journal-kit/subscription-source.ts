import { ReplayGapError } from '../journal/index.js';
import type { Journal, JournalEntry, JournalReader } from '../journal/index.js';
import { U64_MAX } from '../journal/index.js';
import type { ResolvedSubscribeOptions } from './subscription-options.js';

/**
 * The members of a journal that a subscription uses.
 * @publicApi
 */
export type SubscribableJournal<TCommand = unknown, TResult = unknown> = Pick<
  JournalReader<TCommand, TResult>,
  'firstAvailableSequence' | 'isComplete' | 'lastSequence' | 'durableSequence' | 'readFrom' | 'onAdvanced'
> &
  Partial<Pick<Journal, 'state' | 'failure'>>;

interface Reading<TCommand, TResult> {
  readonly entries: Iterator<JournalEntry<TCommand, TResult>>;
  /** The last sequence that the read covers. */
  readonly end: bigint;
  isEmpty: boolean;
}

/**
 * Reads the visible entries of a journal piece by piece, each once and without a gap. Everything is
 * synchronous, so no entry can appear unnoticed between the check for more entries and the wait for them.
 */
export class SubscriptionSource<TCommand, TResult> {
  /** Sequence of the last entry that was taken, or of the one before the start. */
  position: bigint | null;
  /** The current read. */
  #reading: Reading<TCommand, TResult> | null = null;
  /** Whether an entry was taken. Only then is the next sequence known. */
  #hasBegun = false;

  constructor(
    private readonly journal: SubscribableJournal<TCommand, TResult>,
    private readonly options: ResolvedSubscribeOptions,
  ) {
    const { from } = options;
    if (from === 'end') this.position = this.visibleEnd();
    else this.position = from === 'beginning' || from === 0n ? null : from - 1n;
  }

  get isClosed(): boolean {
    return this.journal.state === 'closed';
  }

  /** Why no more entries will follow although the journal is not closed. */
  get failure(): unknown {
    return this.journal.state === 'poisoned' ? this.journal.failure : null;
  }

  get lag(): bigint {
    const end = this.visibleEnd();
    if (end === null) return 0n;
    const position = this.position ?? (this.journal.firstAvailableSequence ?? 0n) - 1n;
    return end > position ? end - position : 0n;
  }

  /**
   * Takes the next entry; null if none is visible.
   * @throws ReplayGapError (`JOURNAL_REPLAY_GAP`), and the errors of the read
   */
  take(): JournalEntry<TCommand, TResult> | null {
    for (;;) {
      this.#reading ??= this.#startReading();
      if (this.#reading === null) return null;
      const { done, value } = this.#reading.entries.next();
      if (done === true) {
        const { isEmpty } = this.#reading;
        this.#reading = null;
        // No entry although the journal reported one: another process has just archived it.
        if (isEmpty) return null;
        continue;
      }
      this.#assertFollows(value);
      this.#reading.isEmpty = false;
      if (value.sequenceNum >= this.#reading.end) this.stop();
      this.#hasBegun = true;
      this.position = value.sequenceNum;
      return value;
    }
  }

  /** Releases the files of the current read. */
  stop(): void {
    this.#reading?.entries.return?.();
    this.#reading = null;
  }

  #startReading(): Reading<TCommand, TResult> | null {
    const end = this.visibleEnd();
    const { position } = this;
    if (end === null || position === U64_MAX) return null;
    if (position !== null && end <= position) {
      // A recovering writer has cut entries that were already returned but were not durable.
      if (this.#hasBegun && end < position) throw new ReplayGapError(position + 1n, null);
      return null;
    }
    const first = this.journal.firstAvailableSequence ?? 0n;
    this.#assertAvailable(first);
    const next = position === null || position + 1n < first ? first : position + 1n;
    if (next > end) return null;
    const left = end - next + 1n;
    const limit = left < BigInt(this.options.batchSize) ? Number(left) : this.options.batchSize;
    const entries = this.journal.readFrom(next, { limit })[Symbol.iterator]();
    return { entries, end: next + BigInt(limit) - 1n, isEmpty: true };
  }

  /** Sequence of the newest entry that may be returned. */
  visibleEnd(): bigint | null {
    return this.options.durable ? this.#durableEnd() : this.journal.lastSequence;
  }

  #durableEnd(): bigint | null {
    const { lastSequence, durableSequence } = this.journal;
    if (lastSequence === null || durableSequence === null) return null;
    return durableSequence < lastSequence ? durableSequence : lastSequence;
  }

  #assertAvailable(first: bigint): void {
    const { position, options, journal } = this;
    if (this.#hasBegun) {
      if (position !== null && first > position + 1n) throw new ReplayGapError(position + 1n, first);
      return;
    }
    // Nothing can be missing before the first entry that the journal has ever had.
    if (options.startAtFirstAvailable || journal.isComplete === true) return;
    if (position === null ? this.#lacksBeginning(first) : first > position + 1n) {
      throw new ReplayGapError(position === null ? 0n : position + 1n, first);
    }
  }

  /**
   * Whether the entries before `first` are missing. A journal that cannot know its first entry begins at the
   * first available one. A subscription from the end of an empty journal misses nothing.
   */
  #lacksBeginning(first: bigint): boolean {
    const { from } = this.options;
    if (from === 'end') return false;
    return from === 'beginning' ? this.journal.isComplete === false : first > 0n;
  }

  #assertFollows({ sequenceNum, location }: JournalEntry): void {
    if (!this.#hasBegun || this.position === null || sequenceNum === this.position + 1n) return;
    throw new ReplayGapError(this.position + 1n, sequenceNum, location ?? null);
  }
}
