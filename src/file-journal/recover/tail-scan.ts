/** Reads the newest segment from its start to its end, and yields to the event loop meanwhile. */
import { EntryCursor, type CursorStep } from '../segment/entry-cursor.js';
import type { SegmentFile } from '../segment/segment-file.js';
import { sourceOf } from '../segment/segment-source.js';
import type { SparseIndex } from '../segment/sparse-index.js';
import { CooperativeYield } from '../../common/index.js';

export interface TailScan {
  /** Where the next entry belongs. */
  readonly endOffset: number;
  readonly firstSequence: bigint | null;
  readonly lastSequence: bigint | null;
  /** What is at `endOffset`: `clean` if only zeros follow. */
  readonly end:
    | { readonly clean: true }
    | { readonly clean: false; readonly step: CursorStep | 'misplaced'; readonly reason: string };
}

/**
 * Steps through a segment from its start and verifies every entry. Reads blocks, never a mapping.
 * @param firstSequence sequence of the first entry; null if any is right (the first segment of a journal)
 */
export async function scanSegment(
  file: SegmentFile,
  firstSequence: bigint | null,
  index?: SparseIndex,
): Promise<TailScan> {
  const cursor = new EntryCursor(sourceOf(file), 0, file.sizeBytes, true);
  const pause = new CooperativeYield();
  let first: bigint | null = null;
  let last: bigint | null = null;
  let step = cursor.advance();
  let misplaced: string | null = null;
  for (; step === 'entry'; step = cursor.advance()) {
    const sequence = cursor.sequenceNum;
    const expected: bigint | null = last === null ? firstSequence : last + 1n;
    if (expected !== null && sequence !== expected) {
      misplaced = `an intact entry with sequence ${sequence} lies where ${expected} belongs`;
      break;
    }
    first ??= sequence;
    last = sequence;
    index?.note(sequence, cursor.offset);
    if (pause.isDueAfter(cursor.length)) await pause.run();
  }
  const end: TailScan['end'] =
    misplaced === null
      ? await describeEnd(file, cursor, step)
      : { clean: false, step: 'misplaced', reason: misplaced };
  return { endOffset: cursor.offset, firstSequence: first, lastSequence: last, end };
}

async function describeEnd(
  file: SegmentFile,
  cursor: EntryCursor,
  step: CursorStep,
): Promise<TailScan['end']> {
  switch (step) {
    case 'bad-length':
      return { clean: false, step, reason: cursor.lengthFault };
    case 'bad-crc':
      return { clean: false, step, reason: 'the checksum does not match' };
    default:
      return (await lastNonZero(file, cursor.offset)) === null
        ? { clean: true }
        : { clean: false, step, reason: 'bytes that are not zero follow the end of the written data' };
  }
}

/**
 * Offset after the last byte at or after `from` that is not zero; null if there is none. Reads only
 * ranges that the file system reports as data: of an allocated, unwritten and uncached segment, nothing.
 */
export async function lastNonZero(file: SegmentFile, from: number): Promise<number | null> {
  const pause = new CooperativeYield();
  for (const run of dataRuns(file, from).reverse()) {
    for (let end = run.end; end > run.start; end -= BLOCK_BYTES) {
      const start = Math.max(run.start, end - BLOCK_BYTES);
      const block = Buffer.allocUnsafe(end - start);
      file.read(block, start);
      const nonZero = lastNonZeroIndex(block);
      if (nonZero >= 0) return start + nonZero + 1;
      if (pause.isDue) await pause.run();
    }
  }
  return null;
}

interface DataRun {
  readonly start: number;
  readonly end: number;
}

/** Collected before any is read: the kernel's read-ahead turns the hole after a run into data. */
function dataRuns(file: SegmentFile, from: number): DataRun[] {
  const runs: DataRun[] = [];
  let at = from;
  while (at < file.sizeBytes) {
    const start = file.nextData(at);
    if (start === null || start >= file.sizeBytes) break;
    const end = Math.min(file.nextHole(start) ?? file.sizeBytes, file.sizeBytes);
    runs.push({ start, end });
    at = Math.max(end, start + 1);
  }
  return runs;
}

const BLOCK_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

function lastNonZeroIndex(block: Buffer): number {
  // Most blocks are all zeros: compare them at once before looking at bytes.
  if (block.equals(ZEROS.subarray(0, block.length))) return -1;
  let index = block.length - 1;
  while (index >= 0 && block[index] === 0) index -= 1;
  return index;
}
