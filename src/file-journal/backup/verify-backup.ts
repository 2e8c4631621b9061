import { createHash } from 'node:crypto';
import { InvalidArgumentError, SequenceNotFoundError } from '../../journal/index.js';
import type { SegmentFile } from '../segment/segment-file.js';
import { sourceOf, type SegmentSource } from '../segment/segment-source.js';
import { CorruptBackupError } from './backup.errors.js';
import type { BackupDirectory } from './backup-directory.js';
import { COPY_BLOCK_BYTES } from './copy-file.js';
import { assertNothingFollows } from './copy-segment.js';
import type { BackupManifest, EntryMark, ManifestSegment } from './manifest.js';
import { ProgressMeter, type WorkOptions } from './progress.js';
import { scanEntries, type ScannedEntries } from './scan-entries.js';
import { contentOf } from './source-segments.js';

/** The point in time up to which a journal is restored; without either, its end. */
export interface PointInTime {
  /** The last entry to restore. */
  readonly toSequence?: bigint | undefined;
  /**
   * In nanoseconds. Every entry is restored up to the first one with a later timestamp, which may have
   * entries with earlier ones after it.
   */
  readonly toTimeNs?: bigint | undefined;
}

/** The end of what is restored. */
export interface RestoredEnd {
  /** Index of the last segment. */
  readonly segmentIndex: number;
  /** Offset after its last entry. */
  readonly endOffset: number;
  /** The last entry; null for a journal without entries. */
  readonly last: EntryMark | null;
}

export interface VerifiedBackup {
  readonly end: RestoredEnd;
  /** The number of entries up to the end. */
  readonly entries: number;
  /** The stored checksums of the requested entries, as far as the backup holds them. */
  readonly crcs: ReadonlyMap<bigint, number>;
}

/**
 * Reads a whole backup: compares every file with its checksum, and verifies the checksum and the order of
 * every entry. Changes nothing.
 * @param wanted sequences whose stored checksums the result contains
 * @throws (rejects) CorruptBackupError (`JOURNAL_CORRUPT_BACKUP`)
 * @throws (rejects) SequenceNotFoundError (`JOURNAL_SEQUENCE_NOT_FOUND`) or InvalidArgumentError
 * (`JOURNAL_INVALID_ARGUMENT`) for a point in time that is not in the backup
 * @throws (rejects) CompressionUnavailableError (`JOURNAL_COMPRESSION_UNAVAILABLE`)
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function verifyBackup(
  backup: BackupDirectory & { readonly manifest: BackupManifest },
  { toSequence, toTimeNs }: PointInTime,
  wanted: ReadonlySet<bigint>,
  options: WorkOptions,
): Promise<VerifiedBackup> {
  const { segments, companions } = backup.manifest;
  const total = [...segments, ...companions].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const meter = new ProgressMeter('verifying', total, options);
  const crcs = new Map<bigint, number>();
  let end: RestoredEnd | null = null;
  let isCut = false;
  let entries = 0;
  for (const [segmentIndex, segment] of segments.entries()) {
    let last: EntryMark | null = null;
    const scanned = await verifySegment(backup, segment, segmentIndex === segments.length - 1, meter, {
      signal: options.signal,
      accept(cursor, sequence) {
        if (wanted.has(sequence)) crcs.set(sequence, cursor.storedCrc);
        if (isCut) return true;
        const { timestampNs } = cursor;
        isCut =
          (toSequence !== undefined && sequence > toSequence) ||
          (toTimeNs !== undefined && timestampNs > toTimeNs);
        if (isCut) {
          if (last !== null) end = { segmentIndex, endOffset: cursor.offset, last };
          return true;
        }
        last = { sequence, timestampNs, crc: cursor.storedCrc };
        entries += 1;
        return true;
      },
    });
    if (!isCut) end = { segmentIndex, endOffset: scanned.endOffset, last: scanned.last };
  }
  for (const companion of companions) {
    const path = backup.companionPath(companion);
    const file = backup.openCopy(path, companion.sizeBytes);
    try {
      await assertSha256(file, companion.sizeBytes, companion.sha256, meter);
    } finally {
      file.close();
    }
  }
  return { end: reached(backup.manifest, end, { toSequence, toTimeNs }), entries, crcs };
}

/** The found end, unless the requested one is not in the backup. */
function reached(
  { segments }: BackupManifest,
  end: RestoredEnd | null,
  { toSequence, toTimeNs }: PointInTime,
): RestoredEnd {
  const first = segments[0]?.first ?? null;
  const last = segments.at(-1)?.last ?? null;
  if (toSequence !== undefined && end?.last?.sequence !== toSequence)
    throw new SequenceNotFoundError(toSequence, first?.sequence ?? null, last?.sequence ?? null);
  if (end !== null) return end;
  const expected = `${first?.timestampNs ?? 0n} or later, when the first entry of the backup was made`;
  throw new InvalidArgumentError('toTimeNs', toTimeNs, expected);
}

async function verifySegment(
  backup: BackupDirectory,
  segment: ManifestSegment,
  isLast: boolean,
  meter: ProgressMeter,
  options: Pick<Parameters<typeof scanEntries>[1], 'accept' | 'signal'>,
): Promise<ScannedEntries> {
  const { form, startSequence, sizeBytes, dataBytes, sha256 } = segment;
  const path = backup.segmentPath(segment);
  const file = backup.openCopy(path, sizeBytes);
  let source: SegmentSource | null = null;
  try {
    await assertSha256(file, dataBytes, sha256, meter);
    source = form === 'plain' ? sourceOf(file) : contentOf(file, form);
    if (source.sizeBytes !== segment.segmentBytes) throw differs(path, 'the size of its content');
    const scanned = await scanEntries(source, {
      name: path,
      expected: startSequence === 0n ? null : startSequence,
      ...options,
    });
    if (form === 'plain' && scanned.endOffset !== dataBytes) throw differs(path, 'the end of its entries');
    if (!isSame(scanned.first, segment.first) || !isSame(scanned.last, segment.last))
      throw differs(path, 'its first or last entry');
    if (!isLast || scanned.first !== null)
      await assertNothingFollows(path, scanned, source, form === 'plain' ? file : null);
    meter.add(sizeBytes - dataBytes);
    return scanned;
  } catch (cause) {
    throw asCorruptBackup(path, cause);
  } finally {
    source?.close();
    file.close();
  }
}

const DAMAGE = new Set([
  'JOURNAL_CORRUPT_ENTRY',
  'JOURNAL_INVALID_ENTRY_HEADER',
  'JOURNAL_CORRUPT_ARCHIVE',
  'JOURNAL_REPLAY_GAP',
]);

/** Damage in a copy is damage of the backup. The cause says where. */
function asCorruptBackup(path: string, cause: unknown): unknown {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: string };
  return typeof code === 'string' && DAMAGE.has(code)
    ? new CorruptBackupError(path, message ?? code, { cause })
    : cause;
}

function differs(path: string, what: string): CorruptBackupError {
  return new CorruptBackupError(path, `${what} is not the one in the manifest`);
}

async function assertSha256(
  file: SegmentFile,
  dataBytes: number,
  sha256: string,
  meter: ProgressMeter,
): Promise<void> {
  const hash = createHash('sha256');
  for (let at = 0; at < dataBytes; at += COPY_BLOCK_BYTES) {
    const block = Buffer.allocUnsafeSlow(Math.min(COPY_BLOCK_BYTES, dataBytes - at));
    file.read(block, at);
    hash.update(block);
    meter.add(block.length);
    await meter.pause();
  }
  if (hash.digest('hex') !== sha256) throw new CorruptBackupError(file.path, 'its checksum does not match');
}

function isSame(a: EntryMark | null, b: EntryMark | null): boolean {
  return a?.sequence === b?.sequence && a?.crc === b?.crc && a?.timestampNs === b?.timestampNs;
}
