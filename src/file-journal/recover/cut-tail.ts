/**
 * Cuts the end of a segment. The bytes stay in a quarantine file. Then everything to the end of the file is
 * zeroed and synced before the first append: a stale entry after the cut could reappear later. A kill in
 * between repeats both steps at the next opening.
 */
import { IoError, type RecoveredTail } from '../../journal/index.js';
import { crc32 } from '../../common/index.js';
import { isOutOfSpace } from '../os/file-system.js';
import { quarantineName } from '../format/segment-name.js';
import type { SegmentFile } from '../segment/segment-file.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import { lastNonZero, type TailScan } from './tail-scan.js';

/** A cut before it is made. */
export interface TailCut {
  readonly offset: number;
  /** Number of bytes from `offset` to the last byte that is not zero. */
  readonly lengthBytes: number;
  /** Why these bytes are not an entry. */
  readonly reason: string;
  /** Name of the file that will keep the bytes; null if all of them are zero. */
  readonly quarantineName: string | null;
}

/** Measures what a cut at the end of the scan removes. Changes nothing. */
export async function planCut(file: SegmentFile, scan: TailScan): Promise<TailCut> {
  const offset = scan.endOffset;
  const dataEnd = (await lastNonZero(file, offset)) ?? offset;
  let crc = 0;
  forEachReadBlock(file, offset, dataEnd - offset, (block) => (crc = crc32(block, 0, block.length, crc)));
  return {
    offset,
    lengthBytes: dataEnd - offset,
    reason: scan.end.clean ? 'repair was requested' : scan.end.reason,
    quarantineName: dataEnd === offset ? null : quarantineName(file.name, offset, crc),
  };
}

/** @throws (rejects) IoError (`JOURNAL_IO`) */
export async function cutTail(
  directory: SegmentDirectory,
  file: SegmentFile,
  cut: TailCut,
): Promise<RecoveredTail> {
  const { offset, lengthBytes, reason } = cut;
  const quarantineFile =
    cut.quarantineName === null ? null : await quarantine(directory, file, cut, cut.quarantineName);
  zero(file, offset, offset + lengthBytes);
  await file.sync();
  return { segment: file.name, offset, lengthBytes, reason, quarantineFile };
}

async function quarantine(
  directory: SegmentDirectory,
  file: SegmentFile,
  { offset, lengthBytes }: TailCut,
  name: string,
): Promise<string> {
  const { files } = directory;
  const path = directory.pathOf(name);
  try {
    const fd = files.openFile(path, 'create');
    try {
      forEachReadBlock(file, offset, lengthBytes, (block, at) => files.write(fd, block, at - offset, path));
      await files.sync(fd, path);
    } finally {
      files.closeFile(fd, path);
    }
  } catch (error) {
    directory.discard(name);
    throw isOutOfSpace(error) ? withoutSpace(error, lengthBytes) : error;
  }
  await directory.sync();
  return path;
}

function withoutSpace({ operation, path, osCode }: IoError, lengthBytes: number): IoError {
  return new IoError(operation, path, osCode, {
    hint: `recovery keeps the ${lengthBytes} bytes of a torn write before it cuts them; free that much space and open again`,
  });
}

function forEachReadBlock(
  file: SegmentFile,
  offset: number,
  lengthBytes: number,
  visit: (block: Buffer, offset: number) => void,
): void {
  forEachBlock(offset, offset + lengthBytes, (at, length) => {
    const block = Buffer.alloc(length);
    file.read(block, at);
    visit(block, at);
  });
}

function zero(file: SegmentFile, from: number, to: number): void {
  forEachBlock(from, to, (at, length) => file.overwrite(Buffer.alloc(length), at));
}

const BLOCK_BYTES = 1024 * 1024;

function forEachBlock(from: number, to: number, visit: (offset: number, lengthBytes: number) => void): void {
  for (let at = from; at < to; at += BLOCK_BYTES) visit(at, Math.min(BLOCK_BYTES, to - at));
}
