import { EntryCursor, isEntryAt } from '../segment/entry-cursor.js';
import type { Segment } from '../segment/segment.js';
import type { SegmentSource } from '../segment/segment-source.js';

/** The position from which to read a segment. */
export interface FoundEntry {
  readonly offset: number;
  /** The sequence that must be there; null if the entries before it do not show it. */
  readonly expected: bigint | null;
}

/**
 * Index of the last segment that can hold `sequence`: the one with the largest start at or below it, or the
 * first.
 */
export function segmentIndexOf(segments: readonly Segment[], sequence: bigint): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle] as Segment).startSequence <= sequence) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/**
 * Finds the first entry at or after `sequence`, or the offset that ends the search: the end of the data, or a
 * bad length. Headers of earlier entries are trusted while their sequences are consecutive, otherwise only
 * with a good checksum.
 */
export function findEntry(
  segment: Segment,
  source: SegmentSource,
  sequence: bigint,
  endOffset: number,
): FoundEntry {
  const start = startFor(segment, source, sequence, endOffset);
  const { index } = segment;
  const cursor = new EntryCursor(source, start.offset, endOffset);
  let { expected } = start;
  // The first damaged entry whose place is not known yet: what follows must show that it is before
  // `sequence`.
  let unplaced: number | null = null;
  while (cursor.advance(false) === 'entry') {
    const found = cursor.sequenceNum;
    if (found === expected || cursor.isIntact) {
      if (found <= sequence) unplaced = null;
      if (found >= sequence) break;
      if (index.shouldHold(cursor.offset) && cursor.isIntact) index.note(found, cursor.offset);
      expected = found + 1n;
    } else if (expected !== null) {
      if (expected >= sequence) break;
      expected += 1n;
    } else {
      unplaced ??= cursor.offset;
    }
  }
  return unplaced === null ? { offset: cursor.offset, expected } : { offset: unplaced, expected: null };
}

/**
 * The last place before `sequence` that the index knows and the segment confirms, or the segment's beginning.
 */
function startFor(segment: Segment, source: SegmentSource, sequence: bigint, endOffset: number): FoundEntry {
  // The name of the first segment of a journal does not contain its first sequence.
  const beginning = { offset: 0, expected: segment.promisedFirst };
  if (sequence <= segment.startSequence) return beginning;
  const place = segment.loadedIndex(source).floor(sequence);
  if (place === null) return beginning;
  const { offset } = place;
  if (offset >= endOffset) {
    // Written after the iteration began, or the stored index belongs to other content.
    if (segment.isActive || isEntryAt(source, place.sequence, offset, source.sizeBytes))
      return { offset, expected: null };
  } else if (isEntryAt(source, place.sequence, offset, endOffset)) {
    return { offset, expected: place.sequence };
  }
  if (!segment.isActive) segment.rejectIndex();
  return beginning;
}
