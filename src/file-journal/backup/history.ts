/** Whether a journal and an earlier backup hold the same entries. */
import { CooperativeYield } from '../../common/index.js';
import { EntryCursor } from '../segment/entry-cursor.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import { BackupHistoryError } from './backup.errors.js';
import type { BackupDirectory } from './backup-directory.js';
import type { ConsistentEnd } from './consistent-end.js';
import { lastOf, type EntryMark, type ManifestSegment } from './manifest.js';
import { scanEntries } from './scan-entries.js';
import { contentOf, listSegments, openSegment, type FoundSegment } from './source-segments.js';

/**
 * Compares the last entry of the backup with the entry of the same sequence in the journal.
 * @throws (rejects) BackupHistoryError (`JOURNAL_BACKUP_HISTORY`)
 */
export async function assertSameHistory(
  journal: SegmentDirectory,
  backup: BackupDirectory,
  { lastSequence: end }: ConsistentEnd,
): Promise<void> {
  const last = backup.manifest === null ? null : lastOf(backup.manifest);
  if (last === null) return;
  const refuse = (reason: string): never => {
    throw new BackupHistoryError(backup.path, last.sequence, reason);
  };
  if (end === null || end < last.sequence)
    refuse(`the backup ends at sequence ${last.sequence}, the journal before it, at ${end ?? 'no entry'}`);
  const crc = await crcOf(journal, last.sequence);
  if (crc === null)
    refuse(
      `the journal no longer holds entry ${last.sequence}, the last one of the backup, so nothing shows that they belong together`,
    );
  if (crc !== last.crc && crc !== 'damaged')
    refuse(`they hold different entries at sequence ${last.sequence}`);
}

/**
 * Compares the first entries of a segment and of its copy. Closes the segment.
 * @throws (rejects) BackupHistoryError (`JOURNAL_BACKUP_HISTORY`)
 * @throws (rejects) CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`) or another error of damage in the journal
 */
export async function assertSameFirst(
  { startSequence, name, form, file }: FoundSegment,
  copy: ManifestSegment,
  backup: BackupDirectory,
): Promise<void> {
  const source = contentOf(file, form);
  try {
    const { first } = await scanEntries(source, {
      name,
      expected: startSequence === 0n ? null : startSequence,
      accept: ({ offset }) => offset === 0,
    });
    if (isSame(first, copy.first)) return;
    const sequence = copy.first?.sequence ?? startSequence;
    throw new BackupHistoryError(
      backup.path,
      sequence,
      `they hold different entries at sequence ${sequence}`,
    );
  } finally {
    source.close();
  }
}

function isSame(a: EntryMark | null, b: EntryMark | null): boolean {
  return a?.sequence === b?.sequence && a?.crc === b?.crc && a?.timestampNs === b?.timestampNs;
}

/** The stored checksum of an entry; null if the journal does not hold it. */
async function crcOf(journal: SegmentDirectory, sequence: bigint): Promise<number | 'damaged' | null> {
  const holder = listSegments(journal).findLast(({ startSequence }) => startSequence <= sequence);
  const found = holder === undefined ? null : openSegment(journal, holder.startSequence);
  if (found === null) return null;
  const source = contentOf(found.file, found.form);
  try {
    const cursor = new EntryCursor(source, 0);
    const pause = new CooperativeYield();
    for (let step = cursor.advance(false); step !== 'end'; step = cursor.advance(false)) {
      // The copy of this segment reports where the damage is.
      if (step === 'bad-length') return 'damaged';
      if (cursor.sequenceNum === sequence) return cursor.isIntact ? cursor.storedCrc : 'damaged';
      if (pause.isDueAfter(cursor.length)) await pause.run();
    }
    return null;
  } finally {
    source.close();
  }
}
