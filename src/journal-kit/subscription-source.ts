import { ReplayGapError } from '../journal/index.js';
import type { Journal, JournalEntry, JournalReader } from '../journal/index.js';
import { U64_MAX } from '../journal/index.js';
import type { ResolvedSubscribeOptions } from './subscription-options.js';

/**
 * What subscribing needs of a journal; the rest of the contract is not touched.
 * @publicApi
 */
export type SubscribableJournal<TCommand = unknown, TResult = unknown> = Pick<
  JournalReader<TCommand, TResult>,
  'firstAvailableSequence' | 'isComplete' | 'lastSequence' | 'durableSequence' | 'readFrom' | 'onAdvanced'
> &
  Partial<Pick<Journal, 'state' | 'failure'>>;

interface Reading<TCommand, TResult> {
  readonly entries: Iterator<JournalEntry<TCommand, TResult>>;
  /** The last sequence it covers. */
  readonly end: bigint;
  isEmpty: boolean;
}

/**
 * Reads a journal piece by piece, each entry once and without a hole, as far as it is visible. Everything is synchronous:
 * between finding that there is no more and waiting for more, nothing can slip in.
 */
export class SubscriptionSource<TCommand, TResult> {
  /** Sequence of the last entry that was taken, or the one before the start. */
  position: bigint | null;
  /** A read that is under way. */
  #reading: Reading<TCommand, TResult> | null = null;
  /** False until the first entry was taken: only then is it known what must follow. */
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

  /** Why there will be no more entries, although the journal is open. */
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
   * The next entry; null when none is visible.
   * @throws ReplayGapError (`JOURNAL_REPLAY_GAP`), and what reading throws
   */
  take(): JournalEntry<TCommand, TResult> | null {
    for (;;) {
      this.#reading ??= this.#startReading();
      if (this.#reading === null) return null;
      const { done, value } = this.#reading.entries.next();
      if (done === true) {
        const { isEmpty } = this.#reading;
        this.#reading = null;
        // Nothing where the journal says that there is something: archived just now, by another process.
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

  /** Lets go of what is held open. */
  stop(): void {
    this.#reading?.entries.return?.();
    this.#reading = null;
  }

  #startReading(): Reading<TCommand, TResult> | null {
    const end = this.visibleEnd();
    const { position } = this;
    if (end === null || position === U64_MAX) return null;
    if (position !== null && end <= position) {
      // A writer that recovered has cut what was handed out, though it was never durable.
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

  /** Newest entry that may be shown. */
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
    // Nothing is missing before the first entry the journal ever had.
    if (options.startAtFirstAvailable || journal.isComplete === true) return;
    if (position === null ? this.#lacksBeginning(first) : first > position + 1n) {
      throw new ReplayGapError(position === null ? 0n : position + 1n, first);
    }
  }

  /** 'beginning' is wherever a journal begins that does not know; 0 is 0; at the end of nothing, all is new. */
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
