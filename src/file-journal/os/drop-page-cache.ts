/**
 * Makes reads of a file show what the device stored.
 *
 * After a failed writeback, the page cache still shows bytes that were never stored, and syncing them again
 * "succeeds". Dropping the cached pages helps, except for pages that are mapped: by a viewer in another
 * process, or by a reader that this process has not collected yet.
 *
 * *Measured* with mapped pages: a lost entry looked stored. On ext4, later writes through such a page are not
 * stored either, although their sync succeeds: the page counts as written, its extent on disk does not.
 *
 * So the cached pages are compared with the bytes that the device returns past the cache (O_DIRECT). If
 * they differ, the device's bytes are written back past the cache. That removes the pages from the cache and
 * from every mapping.
 *
 * On a file system without O_DIRECT (some in memory, some over a network), only the cached pages are dropped.
 */
import fs from 'node:fs';
import { IoError } from '../../journal/index.js';
import type { CachedRange, Posix } from './posix.js';
import { CooperativeYield } from '../../common/index.js';

const BLOCK_BYTES = 4096;
const CHUNK_BYTES = 256 * BLOCK_BYTES;
/** Codes of a file system that cannot read past the cache. */
const NOT_SUPPORTED = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/** Only the one writer may call it, when no page is dirty. @param fd open for writing */
export async function dropPageCache(posix: Posix, fd: number, path: string): Promise<void> {
  posix.evictCachedPages(fd, path);
  const sizeBytes = fs.fstatSync(fd).size;
  const range = sizeBytes === 0 ? null : posix.cachedRange(fd, sizeBytes, path);
  if (range === null) return;
  const direct = openPastCache(path);
  if (direct === null) return;
  const memory = posix.allocateAligned(CHUNK_BYTES, path);
  try {
    const file = { fd, direct, range, stored: Buffer.from(memory.memory) };
    if ((await correctCache(file)) === 0) return;
    fs.fdatasyncSync(fd);
    if ((await correctCache(file)) > 0) {
      throw new IoError('posix_fadvise', path, 'EBUSY', {
        hint: 'the page cache shows bytes that the device does not hold; end the processes that have the file open',
      });
    }
  } finally {
    posix.unmap(memory);
    fs.closeSync(direct);
  }
}

interface ComparedFile {
  readonly fd: number;
  /** The same file, past the cache. */
  readonly direct: number;
  /** Outside of this range nothing is cached, so reads come from the device. */
  readonly range: CachedRange;
  /** Aligned memory for the bytes of the device. */
  readonly stored: Buffer;
}

function openPastCache(path: string): number | null {
  const flag = fs.constants.O_DIRECT as number | undefined; // Linux only
  if (flag === undefined) return null;
  return unlessUnsupported(() => fs.openSync(path, fs.constants.O_RDWR | flag));
}

/** @returns the number of blocks that the cache showed differently from the device */
async function correctCache({ fd, direct, range, stored }: ComparedFile): Promise<number> {
  const cached = Buffer.alloc(CHUNK_BYTES);
  const pause = new CooperativeYield();
  let differing = 0;
  for (let at = range.start; at < range.end; at += CHUNK_BYTES) {
    if (pause.isDue) await pause.run();
    const length = unlessUnsupported(() => fs.readSync(direct, stored, 0, CHUNK_BYTES, at));
    if (length === null || length === 0) break;
    fs.readSync(fd, cached, 0, length, at);
    for (let block = 0; block < length; block += BLOCK_BYTES) {
      const end = Math.min(block + BLOCK_BYTES, length);
      if (cached.compare(stored, block, end, block, end) === 0) continue;
      // The partial block at the end of a file cannot go past the cache.
      fs.writeSync(end - block === BLOCK_BYTES ? direct : fd, stored, block, end - block, at + block);
      differing += 1;
    }
  }
  return differing;
}

function unlessUnsupported<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    if (NOT_SUPPORTED.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
