import { entrySizeBytes } from '../journal-kit/index.js';
import type { EntryLocation } from '../journal/index.js';
import type { MemoryRecord } from './memory-record.js';

/** A record, and the location it would have if the journal were one file. */
export interface LocatedRecord {
  readonly record: MemoryRecord;
  readonly location: EntryLocation;
}

interface MemorySegment {
  readonly firstSequence: bigint;
  /** Only the array of the newest segment grows; a reader may keep it. */
  readonly records: LocatedRecord[];
}

/**
 * The visible entries, in segments of `entriesPerSegment`. A segment has no file. It is the unit that
 * `archiveSegmentsBefore` counts and removes, as in the file journal.
 */
export class MemorySegments {
  private segments: MemorySegment[] = [];
  private nextOffset = 0;

  constructor(private readonly entriesPerSegment: number) {}

  get count(): number {
    return this.segments.length;
  }

  get firstSequence(): bigint | null {
    return this.segments[0]?.firstSequence ?? null;
  }

  get lastSequence(): bigint | null {
    const newest = this.segments.at(-1);
    return newest === undefined ? null : lastSequenceOf(newest);
  }

  /** Adds a record. The caller has checked that it follows the last one. */
  push(record: MemoryRecord): void {
    const location = { segment: 'memory', offset: this.nextOffset, sequence: record.sequenceNum };
    this.nextOffset += entrySizeBytes(record.payload.byteLength);
    this.segmentWithRoom(record.sequenceNum).records.push({ record, location });
  }

  /**
   * Drops the segments whose last entry is below `sequence`, except the newest.
   * @returns the number of dropped segments
   */
  archiveBefore(sequence: bigint): number {
    const older = this.segments.slice(0, -1);
    const firstKept = older.findIndex((segment) => lastSequenceOf(segment) >= sequence);
    const archived = firstKept === -1 ? older.length : firstKept;
    // A new array: running iterations keep the one they started with.
    this.segments = this.segments.slice(archived);
    return archived;
  }

  /**
   * The records from `sequence` up to the present last one. Later appends and archiving do not change the
   * iteration.
   */
  from(sequence: bigint): Iterable<LocatedRecord> {
    const last = this.lastSequence;
    return last === null ? [] : recordsBetween(this.segments, sequence, last);
  }

  private segmentWithRoom(nextSequence: bigint): MemorySegment {
    const newest = this.segments.at(-1);
    if (newest !== undefined && newest.records.length < this.entriesPerSegment) return newest;
    const segment: MemorySegment = { firstSequence: nextSequence, records: [] };
    this.segments.push(segment);
    return segment;
  }
}

function lastSequenceOf(segment: MemorySegment): bigint {
  // A segment is created for its first record and never empty.
  return segment.firstSequence + BigInt(segment.records.length) - 1n;
}

function* recordsBetween(
  segments: readonly MemorySegment[],
  first: bigint,
  last: bigint,
): Generator<LocatedRecord, void, undefined> {
  for (const segment of segments) {
    if (lastSequenceOf(segment) < first) continue;
    if (segment.firstSequence > last) return;
    const skipped = first > segment.firstSequence ? Number(first - segment.firstSequence) : 0;
    const count = last - segment.firstSequence + 1n;
    for (let index = skipped; index < segment.records.length && index < count; index += 1) {
      const located = segment.records[index];
      if (located !== undefined) yield located;
    }
  }
}
