import { IoError } from '../../journal/index.js';
import { segmentName } from '../format/segment-name.js';
import type { FileSystem } from '../os/file-system.js';
import { CheckpointFile } from '../recover/checkpoint-file.js';
import { scanSegment } from '../recover/tail-scan.js';
import { SegmentFile } from '../segment/segment-file.js';
import type { JournalOrigin, ManifestSegment } from './manifest.js';
import type { StagingDirectory } from './staging-directory.js';
import type { VerifiedBackup } from './verify-backup.js';

/**
 * Makes the staged journal durable and gives it a checkpoint, so that a recovery knows that all its entries
 * were acknowledged. A journal of orderbook-rs gets none: with one, a recovery would take damage that
 * orderbook-rs left for a torn write of this engine, and cut acknowledged entries.
 */
export async function complete(
  staging: StagingDirectory,
  { startSequence }: ManifestSegment,
  { end }: VerifiedBackup,
  origin: JournalOrigin,
): Promise<void> {
  const { files } = staging.segments;
  await assertStored(files, staging.segments.pathOf(segmentName(startSequence)), startSequence, end);
  const checkpoint = origin === 'file-journal' ? new CheckpointFile(files, staging.path) : null;
  try {
    checkpoint?.make();
    await staging.sync();
    await checkpoint?.store({
      segmentStart: startSequence,
      durableOffset: end.endOffset,
      lastSequence: end.last?.sequence ?? null,
      maxUnsyncedBytes: 0,
    });
  } finally {
    checkpoint?.close();
  }
}

/** Reads the segment that a writer continues from the device, as a recovery will. */
async function assertStored(
  files: FileSystem,
  path: string,
  startSequence: bigint,
  { endOffset, last }: VerifiedBackup['end'],
): Promise<void> {
  const file = SegmentFile.openForReading(files, path);
  try {
    await file.evictCachedPages();
    const scan = await scanSegment(file, startSequence === 0n ? null : startSequence);
    if (scan.end.clean && scan.endOffset === endOffset && scan.lastSequence === (last?.sequence ?? null))
      return;
    throw new IoError('read', path, 'EIO', {
      hint: 'it does not hold what was written to it; check the disk and the memory of this machine',
    });
  } finally {
    file.close();
  }
}
