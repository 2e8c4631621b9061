import {
  CorruptArchiveError,
  CorruptEntryError,
  InvalidEntryHeaderError,
  IoError,
  JournalClosedError,
  JournalError,
  ReplayGapError,
  type EntryLocation,
  type JournalEntry,
  type PayloadCodec,
  type ReadError,
  type ReadOptions,
} from '../../journal/index.js';
import { StoredEntry } from '../../journal-kit/index.js';
import { EntryCursor } from '../segment/entry-cursor.js';
import { describeEarlyEnd, describeStrayBytes, orderError } from './entry-order.js';
import { findEntry, segmentIndexOf } from './find-entry.js';
import { isNotFound } from '../os/file-system.js';
import type { Segment } from '../segment/segment.js';
import { firstNonZero, type ReaderName, type SegmentSource } from '../segment/segment-source.js';

/** The range and the options of one iteration; fixed when it starts. */
export interface ReadPlan<TCommand, TResult> {
  /** Ascending. The last one is read up to `endOffset`. */
  readonly segments: readonly Segment[];
  /** Null to read all of the last segment, which is no longer written. */
  readonly endOffset: number | null;
  readonly reader: ReaderName;
  readonly codec: PayloadCodec<TCommand, TResult>;
  /** Whether to return copies: another process may still cut the entries. */
  readonly copyPayloads: boolean;
  readonly isClosed: () => boolean;
}

/** Iterates over the entries of segments, in order, and reports damage where the iteration reaches it. */
export class EntryIterator<TCommand, TResult> implements IterableIterator<JournalEntry<TCommand, TResult>> {
  private segmentIndex: number;
  private cursor: EntryCursor | null = null;
  /** The sequence that must come next; null until something is known. */
  private expected: bigint | null = null;
  private done = false;

  constructor(
    private readonly plan: ReadPlan<TCommand, TResult>,
    private readonly from: bigint,
    private readonly onCorrupt: ReadOptions['onCorrupt'] = 'throw',
  ) {
    this.segmentIndex = segmentIndexOf(plan.segments, from);
    for (let index = this.segmentIndex; index < plan.segments.length; index += 1)
      plan.segments[index]?.expectReader();
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<JournalEntry<TCommand, TResult>> {
    while (!this.done) {
      if (this.plan.isClosed()) {
        this.return();
        throw new JournalClosedError();
      }
      const entry = this.stepOrClose();
      if (entry !== null) return { done: false, value: entry };
    }
    return { done: true, value: undefined };
  }

  /** Closes the iteration on an error: a loop that ends with an exception does not call `return`. */
  private stepOrClose(): JournalEntry<TCommand, TResult> | null {
    try {
      return this.stepOverCorruptArchive();
    } catch (error) {
      this.return();
      throw error;
    }
  }

  /** Skips the rest of a damaged compressed file: where its next entry begins is unknown. */
  private stepOverCorruptArchive(): JournalEntry<TCommand, TResult> | null {
    try {
      return this.step();
    } catch (error) {
      if (!(error instanceof CorruptArchiveError)) throw error;
      this.fail(error);
      this.leave(null);
      return null;
    }
  }

  return(): IteratorResult<JournalEntry<TCommand, TResult>> {
    this.done = true;
    this.closeCursor();
    this.moveTo(this.plan.segments.length);
    return { done: true, value: undefined };
  }

  /** Advances by one entry or one segment. @returns null if there is no entry to return yet */
  private step(): JournalEntry<TCommand, TResult> | null {
    const segment = this.plan.segments[this.segmentIndex];
    if (segment === undefined) {
      this.done = true;
      return null;
    }
    const cursor = (this.cursor ??= this.enterUnlessGone(segment));
    if (cursor === null) return null;
    const step = cursor.advance();
    switch (step) {
      case 'entry':
        return this.accept(segment, cursor);
      case 'bad-crc':
        this.failCorrupt(segment, cursor);
        return null;
      case 'bad-length':
        this.fail(new InvalidEntryHeaderError(this.at(segment, cursor), cursor.lengthFault));
        this.leave(null);
        return null;
      case 'end':
        this.end(segment, cursor);
        return null;
    }
  }

  private enterUnlessGone(segment: Segment): EntryCursor | null {
    try {
      return this.enter(segment);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.skipGone(segment, error);
      return null;
    }
  }

  /**
   * Skips a segment that was archived and moved away before the iteration reached it, and the missing ones
   * after it.
   */
  private skipGone(segment: Segment, cause: IoError): void {
    const { segments, reader } = this.plan;
    const first = segment.startSequence > this.from ? segment.startSequence : this.from;
    let index = this.segmentIndex + 1;
    while (segments[index]?.isGone(reader) === true) index += 1;
    const next = segments[index];
    const location =
      next === undefined ? null : { segment: next.name, offset: 0, sequence: next.startSequence };
    const missing = this.expected ?? first;
    this.moveTo(index);
    this.expected = null;
    this.fail(new ReplayGapError(missing, next?.startSequence ?? null, location, { cause }));
  }

  private enter(segment: Segment): EntryCursor {
    const source: SegmentSource = segment.openSource(this.plan.reader);
    const endOffset = (this.isLast() ? this.plan.endOffset : null) ?? source.sizeBytes;
    if (this.expected !== null) return this.cursorAt(source, 0, endOffset);
    try {
      const found = findEntry(segment, source, this.from, endOffset);
      this.expected = found.expected;
      return this.cursorAt(source, found.offset, endOffset);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Where another process may cut entries, each one is checked when it is returned, not ahead. */
  private cursorAt(source: SegmentSource, offset: number, endOffset: number): EntryCursor {
    return new EntryCursor(source, offset, endOffset, !this.plan.copyPayloads);
  }

  private accept(segment: Segment, cursor: EntryCursor): JournalEntry<TCommand, TResult> | null {
    const sequence = cursor.sequenceNum;
    if (sequence !== this.expected || cursor.offset === 0) this.checkOrder(segment, cursor, sequence);
    this.expected = sequence + 1n;
    segment.index.note(sequence, cursor.offset);
    if (sequence < this.from) return null;
    const { plan } = this;
    const payload = plan.copyPayloads ? Buffer.from(cursor.payloadView) : cursor.payload;
    const entry = new StoredEntry(
      sequence,
      cursor.timestampNs,
      cursor.storedCrc,
      payload,
      segment.name,
      cursor.offset,
      plan.codec,
    );
    return this.onCorrupt === 'throw' ? entry : this.decodable(entry);
  }

  private failCorrupt(segment: Segment, cursor: EntryCursor): void {
    const location = { ...this.at(segment, cursor), sequence: this.expected ?? cursor.sequenceNum };
    this.fail(new CorruptEntryError(location, cursor.storedCrc, cursor.computedCrc));
    if (this.expected !== null) this.expected += 1n;
  }

  private checkOrder(segment: Segment, cursor: EntryCursor, sequence: bigint): void {
    const error = orderError(segment, cursor.offset, sequence, this.expected);
    if (error !== null) this.fail(error);
  }

  /** Unless the policy is to throw, an entry that cannot be decoded counts as damage. */
  private decodable(entry: JournalEntry<TCommand, TResult>): JournalEntry<TCommand, TResult> | null {
    try {
      void entry.event;
      return entry;
    } catch (error) {
      if (!JournalError.isJournalError(error)) throw error;
      this.fail(error as ReadError);
      return null;
    }
  }

  /** Handles the end of a segment's data. The next segment must continue its sequences. */
  private end(segment: Segment, cursor: EntryCursor): void {
    const next = this.plan.segments[this.segmentIndex + 1];
    if (next === undefined) {
      if (this.plan.endOffset !== null && cursor.offset < this.plan.endOffset) {
        const reason = describeEarlyEnd(this.plan.endOffset);
        this.fail(new InvalidEntryHeaderError(this.at(segment, cursor), reason));
      }
      this.leave(null);
      return;
    }
    // A segment with successors has entries. Only the first segment has no name to compare an empty one with.
    if (this.expected === null && cursor.offset === 0) this.failEmpty(segment, cursor, next);
    if (this.expected !== null && this.expected !== next.startSequence) {
      if (this.expected < next.startSequence && next.startSequence > this.from) {
        this.fail(
          new ReplayGapError(this.expected, next.startSequence, {
            ...this.at(segment, cursor),
            sequence: next.startSequence,
          }),
        );
      }
      this.leave(null);
      return;
    }
    this.leave(this.expected);
  }

  private failEmpty(segment: Segment, cursor: EntryCursor, next: Segment): void {
    const stray = firstNonZero(cursor.source, 0);
    const reason =
      stray === null
        ? `no entry, although ${next.name} follows; restore it, or move it away if it never held any`
        : describeStrayBytes(stray);
    this.fail(new InvalidEntryHeaderError(this.at(segment, cursor), reason));
  }

  /**
   * Closes the segment.
   * @param expected the first sequence of the next one; null if it is unknown, or a fault is reported
   */
  private leave(expected: bigint | null): void {
    this.closeCursor();
    this.moveTo(this.segmentIndex + 1);
    this.expected = expected;
  }

  private moveTo(index: number): void {
    for (; this.segmentIndex < index; this.segmentIndex += 1)
      this.plan.segments[this.segmentIndex]?.readerDone();
  }

  private closeCursor(): void {
    this.cursor?.source.close();
    this.cursor = null;
  }

  private isLast(): boolean {
    return this.segmentIndex === this.plan.segments.length - 1;
  }

  /** The location of the cursor, with the expected sequence: the header itself may be damaged. */
  private at(segment: Segment, cursor: EntryCursor): EntryLocation {
    return { segment: segment.name, offset: cursor.offset, sequence: this.expected };
  }

  private fail(error: ReadError): void {
    if (this.onCorrupt === 'throw') throw error;
    if (typeof this.onCorrupt !== 'function') return;
    this.onCorrupt(error);
    // The callback may have closed the journal, and then a mapping reads as zeros.
    if (this.plan.isClosed()) throw new JournalClosedError();
  }
}
