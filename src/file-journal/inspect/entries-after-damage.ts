import { EntryCursor } from '../segment/entry-cursor.js';
import type { SegmentFile } from '../segment/segment-file.js';
import { sourceOf } from '../segment/segment-source.js';
import type { TailScan } from '../recover/tail-scan.js';
import { findValidEntry } from '../recover/torn-tail.js';
import { CooperativeYield } from '../../common/index.js';

/** Intact entries after damage: a cut removes them, too. */
export interface EntriesAfterDamage {
  readonly count: number;
  /** Sequence of the first one; null if there is none. */
  readonly firstSequence: bigint | null;
  readonly lastSequence: bigint | null;
  /** False if so many places are damaged that the search ended early: then there may be more. */
  readonly isComplete: boolean;
}

/** Each place costs a search through the rest of the file. */
const MAX_SEARCHES = 64;

/** Counts the entries after the end of the scan that can still be read and continue its sequences. */
export async function findEntriesAfter(
  file: SegmentFile,
  startSequence: bigint,
  scan: TailScan,
): Promise<EntriesAfterDamage> {
  const pause = new CooperativeYield();
  let count = 0;
  let first: bigint | null = null;
  let last = scan.lastSequence;
  let from = scan.endOffset + 1;
  let isComplete = false;
  for (let searches = 0; searches < MAX_SEARCHES; searches += 1) {
    const found = await findValidEntry(file, startSequence, { ...scan, lastSequence: last }, from);
    if (found === null) {
      isComplete = true;
      break;
    }
    const cursor = new EntryCursor(sourceOf(file), found, file.sizeBytes, true);
    let isAny = false;
    while (cursor.advance() === 'entry' && (last === null || cursor.sequenceNum > last)) {
      isAny = true;
      count += 1;
      last = cursor.sequenceNum;
      first ??= last;
      if (pause.isDueAfter(cursor.length)) await pause.run();
    }
    if (!isAny) break; // the search gave up
    from = cursor.offset + 1;
  }
  return { count, firstSequence: first, lastSequence: first === null ? null : last, isComplete };
}
