/** Small file systems in image files, which tests fill, cut off and break. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { killChildren } from './driven-child.js';

export type DiskType = 'ext2' | 'ext4' | 'xfs';

interface DiskOptions {
  /** @default 'ext4' */
  readonly type?: DiskType;
  /** @default 32 MiB; xfs always has 320 */
  readonly sizeMiB?: number;
  /** The directory of the image. @default a temporary directory */
  readonly imageFolder?: string;
  /** Whether to allocate the blocks of the image at once. @default false */
  readonly allocated?: boolean;
}

const MAKE: Readonly<Record<DiskType, readonly string[]>> = {
  ext2: ['mkfs.ext2', '-q', '-F', '-m', '0'],
  ext4: ['mkfs.ext4', '-q', '-F', '-m', '0', '-b', '4096', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
  xfs: ['mkfs.xfs', '-q', '-f'],
};
const XFS_MIN_MIB = 320;
const BLOCK = Buffer.alloc(64 * 1024, 0xff);

const mounted = new Set<{ dispose(): void }>();

export class LoopDisk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'loop-disk-'));
  readonly image: string;
  /** The mount point. */
  readonly path: string;
  #isMounted = false;

  constructor({ type = 'ext4', sizeMiB = 32, imageFolder, allocated = false }: DiskOptions = {}) {
    mounted.add(this);
    this.path = join(this.#folder, 'disk');
    this.image = join(imageFolder ?? this.#folder, 'image');
    mkdirSync(this.path);
    closeSync(openSync(this.image, 'w'));
    truncateSync(this.image, (type === 'xfs' ? XFS_MIN_MIB : sizeMiB) * 1024 * 1024);
    const [program, ...args] = MAKE[type] as [string, ...string[]];
    execFileSync(program, [...args, this.image], { stdio: 'pipe' });
    if (allocated) execFileSync('fallocate', ['--length', `${sizeMiB}MiB`, this.image], { stdio: 'pipe' });
    this.mount();
  }

  /** @param options such as `ro` */
  mount(...options: string[]): void {
    execFileSync('mount', ['-o', ['loop', ...options].join(','), this.image, this.path], { stdio: 'pipe' });
    this.#isMounted = true;
  }

  unmount(): void {
    execFileSync('umount', [this.path], { stdio: 'pipe' });
    this.#isMounted = false;
  }

  /** Drops all data that is not on the device. No process may have a file open. */
  remount(...options: string[]): void {
    this.unmount();
    this.mount(...options);
  }

  /** Stops all writes to the device, without flushing data or the log of the file system first. */
  cut(): void {
    execFileSync('xfs_io', ['-x', '-c', 'shutdown', this.path], { stdio: 'pipe' });
  }

  /** Uses up all free blocks. @returns a function that frees them again */
  fill(): () => void {
    const path = join(this.path, 'ballast');
    const fd = openSync(path, 'w');
    try {
      for (const block of [BLOCK, BLOCK.subarray(0, 1024)]) writeUntilFull(fd, block);
    } finally {
      closeSync(fd);
    }
    return () => rmSync(path);
  }

  /**
   * Frees the space in the image below a file's blocks from `offset` on. If the image lies on a full disk,
   * the kernel accepts writes there, and loses them when it writes them back.
   */
  undermine(file: string, offset: number): void {
    for (const { at, from, lengthBytes } of extentsOf(file)) {
      const skipped = Math.max(0, offset - from);
      if (skipped >= lengthBytes) continue;
      const range = ['--offset', String(at + skipped), '--length', String(lengthBytes - skipped)];
      execFileSync('fallocate', ['--punch-hole', ...range, this.image], { stdio: 'pipe' });
    }
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  dispose(): void {
    mounted.delete(this);
    if (this.#isMounted) {
      try {
        this.unmount();
      } catch {
        execFileSync('umount', ['--lazy', this.path], { stdio: 'pipe' });
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A memory file system of the given size. */
export class MemoryDisk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'memory-disk-'));
  readonly path = this.#folder;

  constructor(sizeMiB: number) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', this.path], { stdio: 'pipe' });
    mounted.add(this);
  }

  /** Uses up all free pages. @returns a function that frees them again */
  fill(): () => void {
    const path = join(this.path, 'ballast');
    const fd = openSync(path, 'w');
    try {
      for (const block of [BLOCK, BLOCK.subarray(0, 4096)]) writeUntilFull(fd, block);
    } finally {
      closeSync(fd);
    }
    return () => rmSync(path);
  }

  dispose(): void {
    mounted.delete(this);
    execFileSync('umount', ['--lazy', this.path], { stdio: 'pipe' });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Returns the place of a file's bytes on its device. */
function extentsOf(file: string): { at: number; from: number; lengthBytes: number }[] {
  const listing = execFileSync('filefrag', ['-v', '-b1', file], { encoding: 'utf8' });
  return [...listing.matchAll(/^ +\d+: +(\d+)\.\. *\d+: +(\d+)\.\. *\d+: +(\d+):/gm)].map(
    ([, from, at, length]) => ({
      at: Number(at),
      from: Number(from),
      lengthBytes: Number(length),
    }),
  );
}

function writeUntilFull(fd: number, block: Buffer): void {
  try {
    for (;;) writeSync(fd, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

afterAll(async () => {
  await killChildren(); // they hold files open
  // The newest first, because an image may lie on an older one.
  for (const disk of [...mounted].reverse()) disk.dispose();
});
