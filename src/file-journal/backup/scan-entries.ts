import { CorruptEntryError, InvalidEntryHeaderError, ReplayGapError } from '../../journal/index.js';
import { CooperativeYield } from '../../common/index.js';
import { EntryCursor } from '../segment/entry-cursor.js';
import type { SegmentSource } from '../segment/segment-source.js';
import type { EntryMark } from './manifest.js';

export interface ScanOptions {
  /** File name of the segment, for messages. */
  readonly name: string;
  /** The sequence of the first entry; null for any. */
  readonly expected: bigint | null;
  /** The last entry to read. What follows it is not looked at: a writer may be writing there. */
  readonly end?: bigint;
  /** Called for each intact entry in its place. If it returns false, the scan ends before the entry. */
  readonly accept?: (cursor: EntryCursor, sequence: bigint) => boolean;
  readonly signal?: AbortSignal;
}

export interface ScannedEntries {
  readonly first: EntryMark | null;
  readonly last: EntryMark | null;
  readonly count: number;
  /** Offset after the last entry. */
  readonly endOffset: number;
}

/**
 * Reads the entries of a segment from its start, and verifies checksum and order of each one.
 * @throws (rejects) CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`)
 * @throws (rejects) InvalidEntryHeaderError (`JOURNAL_INVALID_ENTRY_HEADER`)
 * @throws (rejects) ReplayGapError (`JOURNAL_REPLAY_GAP`)
 */
export async function scanEntries(source: SegmentSource, options: ScanOptions): Promise<ScannedEntries> {
  const { name, end, accept, signal } = options;
  const cursor = new EntryCursor(source, 0, source.sizeBytes, true);
  const pause = new CooperativeYield();
  let { expected } = options;
  let first: EntryMark | null = null;
  let last: EntryMark | null = null;
  let count = 0;
  for (;;) {
    const step = cursor.advance();
    const location = { segment: name, offset: cursor.offset, sequence: expected };
    if (step === 'end') return { first, last, count, endOffset: cursor.offset };
    if (step === 'bad-length') throw new InvalidEntryHeaderError(location, cursor.lengthFault);
    const sequence = cursor.sequenceNum;
    if (step === 'bad-crc') {
      const known = { ...location, sequence: expected ?? sequence };
      throw new CorruptEntryError(known, cursor.storedCrc, cursor.computedCrc);
    }
    if (expected !== null && sequence !== expected) throw misplaced(location, sequence, expected);
    if (accept?.(cursor, sequence) === false) return { first, last, count, endOffset: cursor.offset };
    last = { sequence, timestampNs: cursor.timestampNs, crc: cursor.storedCrc };
    first ??= last;
    count += 1;
    if (sequence === end) return { first, last, count, endOffset: cursor.nextOffset };
    expected = sequence + 1n;
    if (pause.isDueAfter(cursor.length)) {
      await pause.run();
      signal?.throwIfAborted();
    }
  }
}

function misplaced(
  location: { readonly segment: string; readonly offset: number },
  sequence: bigint,
  expected: bigint,
): InvalidEntryHeaderError | ReplayGapError {
  const at = { ...location, sequence };
  return sequence > expected
    ? new ReplayGapError(expected, sequence, at)
    : new InvalidEntryHeaderError(at, `sequence ${sequence} repeats or steps back, ${expected} was expected`);
}
