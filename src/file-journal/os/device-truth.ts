/**
 * Makes a file read as the device stored it.
 *
 * After a failed writeback the page cache goes on to show bytes that were never stored, and syncing them again
 * "succeeds". Dropping the cached pages helps, but not for pages that somebody has mapped (a viewer in another process, or
 * a reader that this process has not collected yet). *Measured* with those: a lost entry was taken for a stored one; and
 * on ext4 nothing that is written through such a page later is stored either, although its sync succeeds (the page still
 * counts as written, its extent on disk does not). So they are compared with what the device gives past the cache
 * (O_DIRECT), and where they differ the device's bytes are written back past the cache, which throws the pages out of it
 * and out of every mapping.
 *
 * Where a file system has no O_DIRECT (some in memory, some over a network) the dropping alone has to do.
 */
import fs from 'node:fs';
import { IoError } from '../../journal/index.js';
import type { CachedRange, Posix } from './posix.js';
import { CooperativeYield } from '../../common/index.js';

const BLOCK_BYTES = 4096;
const CHUNK_BYTES = 256 * BLOCK_BYTES;
/** How a file system says that it does not read past the cache. */
const NOT_SUPPORTED = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/** To be called by the only writer, when nothing is dirty. @param fd open for writing */
export async function showWhatTheDeviceHolds(posix: Posix, fd: number, path: string): Promise<void> {
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
  /** Outside of it the cache holds nothing, so that what is read comes from the device. */
  readonly range: CachedRange;
  /** Aligned memory for what the device holds. */
  readonly stored: Buffer;
}

function openPastCache(path: string): number | null {
  const flag = fs.constants.O_DIRECT as number | undefined; // Linux only
  if (flag === undefined) return null;
  return unlessUnsupported(() => fs.openSync(path, fs.constants.O_RDWR | flag));
}

/** @returns how many blocks were shown otherwise than they are stored */
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
      // What is no whole block at the end of a file cannot go past the cache.
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
