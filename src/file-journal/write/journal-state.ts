import {
  JournalClosedError,
  JournalPoisonedError,
  SequenceConflictError,
  U64_MAX,
} from '../../journal/index.js';
import type { Segment } from '../segment/segment.js';
import type { WritePosition } from '../segment/write-position.js';

/** What readers of a journal see. Replaced, never changed: an iteration keeps the state it started with. */
export interface VisibleEntries {
  /** Ascending; without the archived ones. */
  readonly segments: readonly Segment[];
  /** End of the last visible entry in the last segment. */
  readonly endOffset: number;
  readonly firstSequence: bigint | null;
  readonly lastSequence: bigint | null;
}

/**
 * The state of a journal that is being written: which sequences are accepted, visible and durable, whether it
 * is closing, and why it failed. Each transition is one synchronous step.
 *
 * Transitions belong to three objects: JournalWriter (appends), SegmentArchiver (`dropOldest`), FileJournal
 * (`fail`, `close`). All others only read.
 */
export class JournalState {
  #visible: VisibleEntries;
  /** The last sequence that an append has taken, stored or not yet. */
  #accepted: bigint | null;
  /** The sequence after it; see {@link nextSequence}. Each append asks for it several times. */
  #next: bigint | null;
  #durable: bigint | null;
  #appendedBytes = 0;
  #failure: JournalPoisonedError | null = null;
  #isClosing = false;

  /** @param opened what recovery found; all of it is durable */
  constructor(opened: VisibleEntries) {
    this.#visible = opened;
    this.#accepted = opened.lastSequence;
    this.#next = after(opened.lastSequence);
    this.#durable = opened.lastSequence;
  }

  get visible(): VisibleEntries {
    return this.#visible;
  }

  get durableSequence(): bigint | null {
    return this.#durable;
  }

  /** Bytes of the entries that were stored since the journal was opened. */
  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  get failure(): JournalPoisonedError | null {
    return this.#failure;
  }

  /** The sequence of the next append; null if any sequence is allowed, or none is left. */
  get nextSequence(): bigint | null {
    return this.#next;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /**
   * @throws JournalClosedError (`JOURNAL_CLOSED`)
   * @throws JournalPoisonedError (`JOURNAL_POISONED`)
   */
  assertWritable(): void {
    this.assertNotClosed();
    this.assertNotFailed();
  }

  /** @throws JournalClosedError (`JOURNAL_CLOSED`) once the journal is closing */
  assertNotClosed(): void {
    if (this.#isClosing) throw new JournalClosedError();
  }

  /** @throws JournalPoisonedError (`JOURNAL_POISONED`), a new one for each caller */
  assertNotFailed(): void {
    if (this.#failure !== null) throw new JournalPoisonedError(this.#failure.cause);
  }

  /**
   * @throws SequenceConflictError (`JOURNAL_SEQUENCE_CONFLICT`) unless the next append may have this sequence
   */
  assertFollows(sequence: bigint): void {
    if (this.#accepted === null || sequence === this.#next) return;
    throw new SequenceConflictError(this.#next, sequence);
  }

  /** The same for the sequences of a batch. */
  assertAllFollow(sequences: readonly bigint[]): void {
    let last = this.#accepted;
    for (const sequence of sequences) {
      assertConsecutive(last, sequence);
      last = sequence;
    }
  }

  /** Records that an append has taken the sequences up to this one. */
  accept(sequence: bigint): void {
    this.#setAccepted(sequence);
  }

  /**
   * Records that staged entries were dropped. The next append follows `last`, or the last stored entry if
   * `last` is null.
   */
  refuseAfter(last: bigint | null): void {
    this.#setAccepted(last ?? this.#visible.lastSequence);
  }

  /**
   * Makes the entries `first` … `last` visible, which end at `position`.
   * @returns whether `position` is in a segment without an earlier entry
   */
  show(first: bigint, last: bigint, { segment, endOffset }: WritePosition): boolean {
    const { segments, endOffset: previousEnd, firstSequence } = this.#visible;
    const newest = segments[segments.length - 1];
    const isNew = segment !== newest;
    this.#appendedBytes += isNew ? endOffset : endOffset - previousEnd;
    this.#visible = {
      segments: isNew ? withNewest(segments, segment) : segments,
      endOffset,
      firstSequence: firstSequence ?? first,
      lastSequence: last,
    };
    // The journal was poisoned while these were written.
    if (this.#failure !== null) this.#setAccepted(last);
    return isNew;
  }

  /** @returns false if it was already known: a report may arrive after one with a higher sequence */
  noteDurable(sequence: bigint): boolean {
    if (this.#durable !== null && sequence <= this.#durable) return false;
    this.#durable = sequence;
    return true;
  }

  /** The oldest segment, if its entries are all before `sequence` and another one follows; otherwise null. */
  oldestBefore(sequence: bigint): Segment | null {
    const [oldest, next] = this.#visible.segments;
    if (oldest === undefined || next === undefined || next.startSequence > sequence) return null;
    return oldest;
  }

  /** Removes the oldest segment, which was archived. */
  dropOldest(): void {
    const segments = this.#visible.segments.slice(1);
    // orderbook-rs can leave an active segment without an entry.
    const isEmpty = segments.length === 1 && this.#visible.endOffset === 0;
    const firstSequence = isEmpty ? null : (segments[0]?.startSequence ?? null);
    this.#visible = { ...this.#visible, segments, firstSequence };
  }

  /**
   * Poisons the journal with its first failure, and refuses what was accepted and is not stored.
   * @returns false for a later failure
   */
  fail(failure: JournalPoisonedError): boolean {
    if (this.#failure !== null) return false;
    this.#failure = failure;
    this.#setAccepted(this.#visible.lastSequence);
    return true;
  }

  /** Refuses every further use; appended entries are still stored. */
  close(): void {
    this.#isClosing = true;
  }

  #setAccepted(last: bigint | null): void {
    this.#accepted = last;
    this.#next = after(last);
  }
}

/** A newest segment without an entry, too small for the first, is replaced by one of the same name. */
function withNewest(segments: readonly Segment[], added: Segment): readonly Segment[] {
  const newest = segments[segments.length - 1];
  return newest?.startSequence === added.startSequence
    ? [...segments.slice(0, -1), added]
    : [...segments, added];
}

function assertConsecutive(last: bigint | null, sequence: bigint): void {
  if (last === null || sequence === last + 1n) return;
  throw new SequenceConflictError(after(last), sequence);
}

/** The sequence after `last`; null if any sequence is allowed, or none is left. */
function after(last: bigint | null): bigint | null {
  return last === null || last === U64_MAX ? null : last + 1n;
}
