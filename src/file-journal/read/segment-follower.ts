import { isNotFound } from '../os/file-system.js';
import { EntryCursor } from '../segment/entry-cursor.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import type { ReaderName, SegmentSource } from '../segment/segment-source.js';
import { Segment } from '../segment/segment.js';

interface Tail {
  readonly segment: Segment;
  /** Its position is `endOffset`. */
  readonly cursor: EntryCursor;
  /** Offset of the last entry that was read. */
  lastOffset: number;
  /** Offset after it; 0 before the first. */
  endOffset: number;
}

/**
 * Follows the segments of a journal that another process may be writing: appends, rotations, archiving,
 * recovery.
 */
export class SegmentFollower {
  private known: readonly Segment[] = [];
  /** Steps through the newest segment, as far as it is written. */
  private tail: Tail | null = null;
  private last: bigint | null = null;

  constructor(
    private readonly directory: SegmentDirectory,
    private readonly reader: ReaderName,
  ) {}

  /** Ascending; replaced when the directory changes, so that an iteration keeps what it started with. */
  get segments(): readonly Segment[] {
    return this.known;
  }

  /** Offset after the last complete entry of the newest segment. */
  get endOffset(): number {
    return this.tail?.endOffset ?? 0;
  }

  /** Sequence of the newest complete entry. */
  get lastSequence(): bigint | null {
    return this.last;
  }

  /** Sequence of the oldest entry; null if there is none. */
  firstSequence(): bigint | null {
    for (const segment of this.known) {
      const first = firstSequenceOf(segment);
      if (first !== null) return first;
    }
    return null;
  }

  /** Lists the segments again, and steps over what was appended since the last time. */
  refresh(): void {
    this.dropStaleTail();
    this.listSegments();
    for (;;) {
      const newest = this.known[this.known.length - 1];
      if (newest === undefined) {
        this.close();
        this.last = null;
        return;
      }
      if (this.tail?.segment !== newest) this.openTail(newest);
      if (this.tail === null) return;
      this.stepTail(this.tail);
      // After a rotation, another segment is the newest.
      const before = this.known;
      this.listSegments();
      if (before === this.known) return;
    }
  }

  /** Closes the newest segment. The next `refresh` opens it again. */
  close(): void {
    this.tail?.cursor.source.close();
    this.tail = null;
  }

  private listSegments(): void {
    const starts = this.directory.listSegments();
    const known = new Map(this.known.map((segment) => [segment.startSequence, segment]));
    if (starts.length === known.size && starts.every((start) => known.has(start))) return;
    const listed = new Set(starts);
    for (const segment of this.known) if (!listed.has(segment.startSequence)) segment.retireMapping();
    this.known = starts.map((start) => known.get(start) ?? new Segment(this.directory, start));
  }

  /**
   * Closes a newest segment that has changed, so that it is read again: a writer replaces an empty segment by
   * another one of the same name, and a recovering writer cuts entries that never became durable.
   */
  private dropStaleTail(): void {
    const tail = this.tail;
    if (tail === null) return;
    if (tail.endOffset === 0 ? !hasEntry(tail.segment) : this.isUnchanged(tail)) return;
    this.close();
    tail.segment.retireMapping();
    this.last = null;
    this.known = this.known.filter((segment) => segment !== tail.segment);
  }

  /** Whether the last entry is still at its offset; leaves the cursor after it. */
  private isUnchanged({ cursor, lastOffset, endOffset }: Tail): boolean {
    cursor.rewindTo(lastOffset);
    return (
      cursor.advance() === 'entry' && cursor.sequenceNum === this.last && cursor.nextOffset === endOffset
    );
  }

  private openTail(newest: Segment): void {
    this.close();
    try {
      const source = newest.openSource(this.reader);
      this.tail = { segment: newest, cursor: new EntryCursor(source, 0), lastOffset: 0, endOffset: 0 };
      if (newest.startSequence > 0n) this.last = newest.startSequence - 1n;
    } catch (error) {
      // Archived between listing and opening; the next refresh lists again.
      if (!isNotFound(error)) throw error;
    }
  }

  private stepTail(tail: Tail): void {
    const { cursor } = tail;
    while (cursor.advance() === 'entry') {
      this.last = cursor.sequenceNum;
      tail.lastOffset = cursor.offset;
      tail.segment.index.note(cursor.sequenceNum, cursor.offset);
      tail.endOffset = cursor.nextOffset;
    }
    cursor.rewindTo(tail.endOffset);
  }
}

/** Whether the file that has the segment's name now holds an entry. */
function hasEntry(segment: Segment): boolean {
  // Not mapped: polling an empty journal would create one mapping after another.
  let source: SegmentSource;
  try {
    source = segment.openSource('positioned');
  } catch (error) {
    if (isNotFound(error)) return false; // the next listing leaves it out
    throw error;
  }
  try {
    return new EntryCursor(source, 0).advance() === 'entry';
  } finally {
    source.close();
  }
}

/** Null for an empty segment, and for one that was moved away or deleted since the segments were listed. */
function firstSequenceOf(segment: Segment): bigint | null {
  try {
    return segment.firstSequence();
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
