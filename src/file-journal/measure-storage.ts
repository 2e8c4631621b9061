import type { BigIntStats } from 'node:fs';
import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { IoError } from '../journal/index.js';
import type { StorageUsage } from '../telemetry/index.js';
import { archivedName, parseSegmentName, segmentName } from './format/segment-name.js';

/** The unit of `st_blocks`, whatever the file system's block size is. */
const STAT_BLOCK_BYTES = 512n;

const NAME_LENGTH = segmentName(0n).length;

/**
 * Measures the disk space that the journal in `directory` uses. Runs on the thread pool. A file that
 * disappears meanwhile is not counted.
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function measureStorage(directory: string, segmentSizeBytes: number): Promise<StorageUsage> {
  try {
    const names = await readdir(directory);
    const { bavail, blocks, bsize } = await statfs(directory);
    return {
      directory,
      segmentSizeBytes,
      segments: names.filter((name) => parseSegmentName(name) !== null).length,
      archivedSegments: names.filter(isArchived).length,
      sizeBytes: Number(await allocatedBytes(directory)),
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
    };
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    throw new IoError(syscall ?? 'stat', directory, code ?? 'EIO', { cause: error });
  }
}

/** The name of an archived segment has a suffix; a compressed one has a second. */
function isArchived(name: string): boolean {
  const isSegment = parseSegmentName(name.slice(0, NAME_LENGTH)) !== null;
  return isSegment && name.slice(NAME_LENGTH).startsWith(archivedName(''));
}

async function allocatedBytes(directory: string): Promise<bigint> {
  const entries = await readdir(directory, { withFileTypes: true });
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const path = join(directory, entry.name);
      const stats = await statIfThere(path);
      if (stats === null) return 0n;
      const own = stats.blocks * STAT_BLOCK_BYTES;
      return entry.isDirectory() ? own + (await allocatedBytes(path).catch(() => 0n)) : own;
    }),
  );
  return sizes.reduce((total, size) => total + size, 0n);
}

async function statIfThere(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
