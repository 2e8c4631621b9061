import { InvalidEntryHeaderError } from '../../journal/index.js';
import { lastNonZero } from '../recover/tail-scan.js';
import type { SegmentFile } from '../segment/segment-file.js';
import { firstNonZero, sourceOf, type SegmentSource } from '../segment/segment-source.js';
import type { BackupDirectory } from './backup-directory.js';
import { COPY_BLOCK_BYTES, writeFile, type FileCopy } from './copy-file.js';
import type { ManifestSegment } from './manifest.js';
import type { ProgressMeter } from './progress.js';
import { scanEntries, type ScannedEntries } from './scan-entries.js';
import { contentOf, type FoundSegment } from './source-segments.js';

const NO_ENTRIES: ScannedEntries = { first: null, last: null, count: 0, endOffset: 0 };

interface CopyOptions {
  readonly generation: number;
  readonly meter: ProgressMeter;
  readonly signal: AbortSignal | undefined;
}

/**
 * Copies a segment that is no longer written, in the form in which it was found, and verifies its entries.
 * @throws (rejects) CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`) or another error of damage
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function copySealed(
  backup: BackupDirectory,
  found: FoundSegment,
  { generation, meter, signal }: CopyOptions,
): Promise<ManifestSegment> {
  const { startSequence, name, role, form, file } = found;
  const expected = startSequence === 0n ? null : startSequence;
  const scan = (source: SegmentSource): Promise<ScannedEntries> =>
    scanEntries(source, { name, expected, signal });
  const copy = { startSequence, generation, role, form };
  const path = backup.segmentPath(copy);
  if (form === 'plain') {
    const entries = await scan(sourceOf(file));
    await assertNothingFollows(name, entries, sourceOf(file), file);
    const written = await writeFile(backup.files, path, async (target) => {
      await copyRange(file, entries.endOffset, target, meter);
      return target.finish(file.sizeBytes);
    });
    meter.add(file.sizeBytes - entries.endOffset);
    return {
      ...copy,
      ...marksOf(entries),
      ...written,
      sizeBytes: file.sizeBytes,
      segmentBytes: file.sizeBytes,
    };
  }
  const { sizeBytes } = file;
  const written = await writeFile(backup.files, path, async (target) => {
    await copyRange(file, sizeBytes, target, meter);
    return target.finish();
  });
  const source = contentOf(file, form);
  const entries = await scan(source);
  await assertNothingFollows(name, entries, source, null);
  return { ...copy, ...marksOf(entries), ...written, sizeBytes, segmentBytes: source.sizeBytes };
}

/**
 * Copies the entries up to `end` of the last segment of a backup, without compression: a writer that
 * continues a restored journal appends to it.
 * @throws as {@link copySealed}
 */
export async function copyLast(
  backup: BackupDirectory,
  { startSequence, name, form, file }: FoundSegment,
  end: bigint | null,
  { generation, meter, signal }: CopyOptions,
): Promise<{ readonly segment: ManifestSegment; readonly endOffset: number }> {
  const source = contentOf(file, form);
  const expected = startSequence === 0n ? null : startSequence;
  const entries = end === null ? NO_ENTRIES : await scanEntries(source, { name, expected, end, signal });
  const { sizeBytes } = source;
  if (form !== 'plain' && sizeBytes > 0) source.locate(sizeBytes - 1, 1); // unknown if its end is damaged
  const copy = { startSequence, generation, role: 'live', form: 'plain' } as const;
  const written = await writeFile(backup.files, backup.segmentPath(copy), async (target) => {
    await copyContent(source, entries.endOffset, target, meter);
    return target.finish(sizeBytes);
  });
  const segment = { ...copy, ...marksOf(entries), ...written, sizeBytes, segmentBytes: sizeBytes };
  return { segment, endOffset: entries.endOffset };
}

/** Copies the first `bytes` bytes of a file. */
export async function copyRange(
  file: SegmentFile,
  bytes: number,
  target: FileCopy,
  meter: ProgressMeter,
): Promise<void> {
  for (let at = 0; at < bytes; at += COPY_BLOCK_BYTES) {
    const block = Buffer.allocUnsafeSlow(Math.min(COPY_BLOCK_BYTES, bytes - at));
    file.read(block, at);
    await target.append(block);
    meter.add(block.length);
  }
}

/** Copies the first `bytes` bytes of a segment, without compression. */
export async function copyContent(
  source: SegmentSource,
  bytes: number,
  target: FileCopy,
  meter: ProgressMeter,
): Promise<void> {
  source.forget();
  for (let at = 0; at < bytes; at += COPY_BLOCK_BYTES) {
    const block = source.copyOf(at, Math.min(COPY_BLOCK_BYTES, bytes - at));
    await target.append(block);
    meter.add(block.length);
  }
}

/** Refuses a sealed segment without entries, or with other bytes than zeros after them. */
export async function assertNothingFollows(
  name: string,
  { endOffset, first, last }: ScannedEntries,
  source: SegmentSource,
  /** The file, if it is not compressed: holes in it need not be read. */
  file: SegmentFile | null,
): Promise<void> {
  const sequence = last === null ? null : last.sequence + 1n;
  const refuse = (reason: string): never => {
    throw new InvalidEntryHeaderError({ segment: name, offset: endOffset, sequence }, reason);
  };
  const stray = file === null ? firstNonZero(source, endOffset) : await lastNonZero(file, endOffset);
  if (stray !== null) refuse('entry_length 0, but bytes that are not zero follow');
  if (first === null) refuse('no entry, although segments follow');
}

function marksOf({ first, last }: ScannedEntries): Pick<ManifestSegment, 'first' | 'last'> {
  return { first, last };
}
