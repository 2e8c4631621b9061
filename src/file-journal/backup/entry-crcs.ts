import { EntryCursor } from '../segment/entry-cursor.js';
import { CooperativeYield } from '../../common/index.js';
import type { BackupDirectory } from './backup-directory.js';
import type { ManifestSegment } from './manifest.js';
import { contentOf } from './source-segments.js';

/**
 * Finds the stored checksums of single entries in the copies of a backup, which were verified when they were
 * made. Entries that the backup does not hold are left out.
 */
export async function entryCrcs(
  backup: BackupDirectory,
  segments: readonly ManifestSegment[],
  sequences: readonly bigint[],
): Promise<Map<bigint, number>> {
  const found = new Map<bigint, number>();
  for (const segment of segments) {
    const { first, last } = segment;
    if (first === null || last === null) continue;
    const wanted = new Set(sequences.filter((one) => one >= first.sequence && one <= last.sequence));
    for (const mark of [first, last]) if (wanted.delete(mark.sequence)) found.set(mark.sequence, mark.crc);
    if (wanted.size > 0) await findIn(backup, segment, wanted, found);
  }
  return found;
}

async function findIn(
  backup: BackupDirectory,
  segment: ManifestSegment,
  wanted: Set<bigint>,
  found: Map<bigint, number>,
): Promise<void> {
  const source = contentOf(backup.openCopy(backup.segmentPath(segment), segment.sizeBytes), segment.form);
  try {
    const cursor = new EntryCursor(source, 0);
    const pause = new CooperativeYield();
    while (wanted.size > 0 && cursor.advance(false) === 'entry') {
      const sequence = cursor.sequenceNum;
      if (wanted.delete(sequence)) found.set(sequence, cursor.storedCrc);
      if (pause.isDueAfter(cursor.length)) await pause.run();
    }
  } finally {
    source.close();
  }
}
