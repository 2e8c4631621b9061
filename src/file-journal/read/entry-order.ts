/** Finds and describes faults in the order of entries, for readers and verification. */
import { InvalidEntryHeaderError, ReplayGapError, type ReadError } from '../../journal/index.js';
import type { Segment } from '../segment/segment.js';

/**
 * Why an intact entry is in the wrong place: the file name promises another one (`mismatch`), entries are
 * missing before it (`gap`), or its sequence repeats or steps back (`overlap`).
 */
export type OrderFault = 'mismatch' | 'gap' | 'overlap';

/**
 * Compares a sequence with its place.
 * @param expected the sequence that must come next; null if it is unknown
 */
export function orderFault(
  { startSequence }: Segment,
  offset: number,
  sequence: bigint,
  expected: bigint | null,
): OrderFault | null {
  if (offset === 0 && startSequence !== 0n && sequence !== startSequence) return 'mismatch';
  if (expected === null || sequence === expected) return null;
  return sequence > expected ? 'gap' : 'overlap';
}

/** The error for an intact entry in the wrong place; null for one in its place. See {@link orderFault}. */
export function orderError(
  segment: Segment,
  offset: number,
  sequence: bigint,
  expected: bigint | null,
): ReadError | null {
  const location = { segment: segment.name, offset, sequence };
  switch (orderFault(segment, offset, sequence, expected)) {
    case 'mismatch':
      return new InvalidEntryHeaderError(location, describeMismatch(segment, sequence));
    case 'gap':
      return new ReplayGapError(expected as bigint, sequence, location);
    case 'overlap': {
      const reason = `sequence ${sequence} repeats or steps back, ${expected} was expected`;
      return new InvalidEntryHeaderError(location, reason);
    }
    case null:
      return null;
  }
}

export function describeMismatch({ startSequence }: Segment, sequence: bigint): string {
  return `the file name promises sequence ${startSequence}, its first entry is ${sequence}`;
}

/** For data that ends although more was written. */
export function describeEarlyEnd(endOffset: number): string {
  return `entry_length 0, but data was written up to offset ${endOffset}`;
}

/** For bytes that follow the end of the data. */
export function describeStrayBytes(offset: number): string {
  return `entry_length 0, but bytes that are not zero follow at offset ${offset}`;
}
