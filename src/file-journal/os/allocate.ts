import type { FileSystem } from './file-system.js';

const ZERO_BLOCK = Buffer.alloc(4096);

/**
 * Allocates a range of zeros. If the file system cannot allocate, it writes zeros, 4 KiB at a time so that
 * later writes stay small (no large folios).
 * @returns whether zeros were written
 */
export async function allocateWithZeros(
  files: FileSystem,
  fd: number,
  from: number,
  to: number,
  path: string,
): Promise<boolean> {
  if (files.allocate(fd, from, to - from, path)) return false;
  for (let offset = from; offset < to; offset += ZERO_BLOCK.length) {
    await files.writeInBackground(
      fd,
      ZERO_BLOCK.subarray(0, Math.min(ZERO_BLOCK.length, to - offset)),
      offset,
      path,
    );
  }
  return true;
}

/** The same for a range that may hold data, which is kept. */
export async function allocateExisting(
  files: FileSystem,
  fd: number,
  from: number,
  to: number,
  path: string,
): Promise<boolean> {
  if (files.allocate(fd, from, to - from, path)) return false;
  const block = Buffer.alloc(ZERO_BLOCK.length);
  for (let offset = from; offset < to; offset += block.length) {
    const part = block.subarray(0, Math.min(block.length, to - offset));
    files.read(fd, part, offset, path);
    await files.writeInBackground(fd, part, offset, path);
  }
  return true;
}
