import { statedNumbers } from '../../serialization/index.js';
import {
  DeserializationError,
  JournalClosedError,
  JournalError,
  messageOf,
  type IntegrityError,
  type IntegrityReport,
  type PayloadCodec,
} from '../../journal/index.js';
import { CooperativeYield } from '../../common/index.js';
import { EntryCursor } from '../segment/entry-cursor.js';
import { LENGTH_BYTES } from '../format/entry-format.js';
import { describeEarlyEnd, describeMismatch, describeStrayBytes, orderFault } from './entry-order.js';
import { isNotFound } from '../os/file-system.js';
import type { Segment } from '../segment/segment.js';
import { VerifyProgress, type VerifyListener } from './verify-progress.js';
import { firstNonZero, type ReaderName, type SegmentSource } from '../segment/segment-source.js';

export interface VerifyPlan<TCommand, TResult> {
  readonly segments: readonly Segment[];
  /** The end of the last segment; null to find the end, and to report faults after the last entry. */
  readonly endOffset: number | null;
  readonly reader: ReaderName;
  readonly codec: PayloadCodec<TCommand, TResult>;
  readonly isClosed: () => boolean;
  /** Called whenever the verification yields, and after each segment. */
  readonly onProgress?: VerifyListener | undefined;
}

/** A destroyed segment has millions of faults. A list of all would take more memory than the segment. */
const MAX_LISTED_PER_SEGMENT = 100;

/**
 * Reads a whole journal and lists its faults. Changes nothing.
 * @throws (rejects) JournalClosedError (`JOURNAL_CLOSED`) if the journal is closed meanwhile
 */
export async function verifyJournal<C, R>(plan: VerifyPlan<C, R>): Promise<IntegrityReport> {
  const verifier = new Verifier(plan);
  const progress = plan.onProgress && new VerifyProgress(plan.segments, plan.onProgress);
  // A segment that is archived meanwhile is still read to its end.
  for (const segment of plan.segments) segment.expectReader();
  let read = 0;
  try {
    for (const [index, segment] of plan.segments.entries()) {
      for (const _pause of verifier.segment(segment, index)) {
        await verifier.pause.run();
        if (plan.isClosed()) throw new JournalClosedError();
        progress?.report(index, verifier.position);
      }
      segment.readerDone();
      progress?.finished(index);
      read += 1;
    }
  } finally {
    for (const segment of plan.segments.slice(read)) segment.readerDone();
  }
  return verifier.report();
}

class Verifier<C, R> {
  /** One budget for all segments: a journal of many small ones yields as often as one of few large ones. */
  readonly pause = new CooperativeYield();
  private readonly errors: IntegrityError[] = [];
  private entries = 0n;
  private bytes = 0n;
  private first: bigint | null = null;
  private last: bigint | null = null;
  /** The sequence that must come next; null at the start, and if the last fault leaves it unknown. */
  private expected: bigint | null = null;
  /** Faults of the current segment beyond the listed ones. */
  private unlisted: { count: number; readonly first: IntegrityError; last: IntegrityError } | null = null;
  private listed = 0;
  private cursor: EntryCursor | null = null;

  constructor(private readonly plan: VerifyPlan<C, R>) {}

  report(): IntegrityReport {
    return {
      ok: this.errors.length === 0,
      segments: this.plan.segments.length,
      entries: this.entries,
      bytes: this.bytes,
      firstSequence: this.first,
      lastSequence: this.last,
      errors: this.errors,
    };
  }

  /** The read share of the current segment, 0 … 1. */
  get position(): number {
    return this.cursor === null ? 0 : this.cursor.offset / Math.max(1, this.cursor.source.sizeBytes);
  }

  /** Verifies one segment; yields when the pause is due. */
  *segment(segment: Segment, index: number): Generator<void> {
    this.listed = 0;
    this.cursor = null;
    // Opening a segment and looking for stray bytes take time even without an intact entry.
    if (this.pause.isDue) yield;
    yield* this.readSegment(segment, index);
    this.listRest();
  }

  private *readSegment(segment: Segment, index: number): Generator<void> {
    try {
      const source = segment.openSource(this.plan.reader);
      try {
        this.checkStart(segment, index);
        yield* this.entriesOf(segment, source, index);
      } finally {
        source.close();
      }
    } catch (error) {
      if (!JournalError.isJournalError(error)) throw error;
      if (isNotFound(error)) this.addGone(segment, index);
      else this.add('io', segment, 0, null, error.message);
      this.expected = null;
    }
  }

  /** Reports a file that was moved away or deleted since the segments were listed. */
  private addGone(segment: Segment, index: number): void {
    const next = this.plan.segments[index + 1];
    const last = next === undefined ? 'the end' : String(next.startSequence - 1n);
    const message = `the file is gone, and with it sequences ${segment.startSequence} … ${last}`;
    this.add('missing-segment', segment, 0, this.expected ?? segment.startSequence, message);
  }

  private checkStart(segment: Segment, index: number): void {
    if (index === 0 || this.expected === null) return;
    const start = segment.startSequence;
    if (start > this.expected) {
      this.add(
        'missing-segment',
        segment,
        0,
        this.expected,
        `sequences ${this.expected} … ${start - 1n} are missing before this segment`,
      );
    } else if (start < this.expected) {
      this.add(
        'overlap',
        segment,
        0,
        start,
        `starts at sequence ${start}, but ${this.expected - 1n} was reached before it`,
      );
    }
    this.expected = start;
  }

  private *entriesOf(segment: Segment, source: SegmentSource, index: number): Generator<void> {
    const isLast = index === this.plan.segments.length - 1;
    const bound = isLast ? (this.plan.endOffset ?? source.sizeBytes) : source.sizeBytes;
    const cursor = new EntryCursor(source, 0, bound);
    this.cursor = cursor;
    if (segment.startSequence !== 0n) this.expected = segment.startSequence;
    for (;;) {
      const step = cursor.advance();
      switch (step) {
        case 'entry':
          this.accept(segment, cursor);
          break;
        case 'bad-crc':
          this.add(
            'crc',
            segment,
            cursor.offset,
            this.expected ?? cursor.sequenceNum,
            'the checksum does not match',
          );
          if (this.expected !== null) this.expected += 1n;
          break;
        case 'bad-length':
          this.add('header', segment, cursor.offset, this.expected, cursor.lengthFault);
          this.expected = null;
          return;
        case 'end':
          this.checkEnd(segment, cursor, bound, isLast);
          return;
      }
      if (this.pause.isDueAfter(cursor.length)) yield;
    }
  }

  private accept(segment: Segment, cursor: EntryCursor): void {
    const sequence = cursor.sequenceNum;
    const { offset } = cursor;
    const fault = orderFault(segment, offset, sequence, this.expected);
    if (fault !== null) {
      const message =
        fault === 'mismatch' ? describeMismatch(segment, sequence) : `sequence ${this.expected} was expected`;
      this.add(fault, segment, offset, sequence, message);
    }
    this.expected = sequence + 1n;
    this.checkPayload(segment, cursor, sequence);
    this.entries += 1n;
    this.bytes += BigInt(LENGTH_BYTES + cursor.length);
    this.first ??= sequence;
    this.last = sequence;
  }

  private checkPayload(segment: Segment, cursor: EntryCursor, sequence: bigint): void {
    const { payload, timestampNs } = cursor;
    const stated = statedNumbers(payload);
    if (
      stated !== null &&
      (stated.sequenceNum !== sequence.toString() || stated.timestampNs !== timestampNs.toString())
    ) {
      this.add(
        'mismatch',
        segment,
        cursor.offset,
        sequence,
        `the payload says sequence ${stated.sequenceNum} and timestamp ${stated.timestampNs}, the header ${sequence} and ${timestampNs}`,
      );
      return;
    }
    try {
      this.plan.codec.decode(payload, sequence, timestampNs);
    } catch (error) {
      const reason = error instanceof DeserializationError ? error.reason : messageOf(error);
      this.add('payload', segment, cursor.offset, sequence, reason);
    }
  }

  /** Reports bytes after the end of the data. */
  private checkEnd(segment: Segment, cursor: EntryCursor, bound: number, isLast: boolean): void {
    if (isLast && this.plan.endOffset !== null) {
      if (cursor.offset < bound) {
        this.add('header', segment, cursor.offset, this.expected, describeEarlyEnd(bound));
      }
      return;
    }
    const stray = firstNonZero(cursor.source, cursor.offset);
    if (stray === null && cursor.offset === 0 && !isLast && segment.startSequence === 0n) {
      // For any other segment, the next one shows that entries are missing.
      this.add('gap', segment, 0, null, 'no entry, although segments follow');
    }
    if (stray !== null) {
      this.add('header', segment, cursor.offset, this.expected, describeStrayBytes(stray));
    }
  }

  private add(
    kind: IntegrityError['kind'],
    segment: Segment,
    offset: number,
    sequence: bigint | null,
    message: string,
  ): void {
    const error = { kind, segment: segment.name, offset, sequence, message };
    if (this.listed < MAX_LISTED_PER_SEGMENT) {
      this.listed += 1;
      this.errors.push(error);
    } else if (this.unlisted === null) {
      this.unlisted = { count: 1, first: error, last: error };
    } else {
      this.unlisted.count += 1;
      this.unlisted.last = error;
    }
  }

  private listRest(): void {
    const rest = this.unlisted;
    this.unlisted = null;
    if (rest === null) return;
    const message =
      rest.count === 1
        ? rest.first.message
        : `${rest.first.message}; and ${rest.count - 1} more faults up to offset ${rest.last.offset}`;
    this.errors.push({ ...rest.first, message });
  }
}
