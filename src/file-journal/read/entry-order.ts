/** What a reader and a verification find wrong with the order of entries, and how they describe it. */
import type { Segment } from '../segment/segment.js';

/**
 * An intact entry that is not where it belongs: not the one that the file name promises (`mismatch`), behind a `gap`, or
 * repeating or stepping back (`overlap`).
 */
export type OrderFault = 'mismatch' | 'gap' | 'overlap';

/** @param expected the sequence that must come next; null where it is not known */
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

export function describeMismatch({ startSequence }: Segment, sequence: bigint): string {
  return `the file name promises sequence ${startSequence}, its first entry is ${sequence}`;
}

/** The data ends although more was written. */
export function describeEarlyEnd(endOffset: number): string {
  return `entry_length 0, but data was written up to offset ${endOffset}`;
}

/** The data ends, but not the bytes. */
export function describeStrayBytes(offset: number): string {
  return `entry_length 0, but bytes that are not zero follow at offset ${offset}`;
}
