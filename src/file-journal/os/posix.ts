/**
 * The system calls that Node.js has no binding for, through koffi. Only this file and mapped-file use native
 * code.
 *
 * Sources: the Linux man pages flock(2), fallocate(2), posix_fadvise(2), mmap(2), lseek(2); the Linux UAPI
 * headers.
 */
import { constants as osConstants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { InvalidOptionError, IoError, messageOf } from '../../journal/index.js';
import { MissingPeerError } from '../../common/index.js';

const LOCK_EX = 2;
const LOCK_NB = 4;
const POSIX_FADV_DONTNEED = 4;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = process.platform === 'linux' ? 0x20 : 0x1000;
/** Linux: reserves no swap space for memory that stays empty. */
const MAP_NORESERVE = process.platform === 'linux' ? 0x4000 : 0;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** A mapping made by {@link Posix.map}: its memory, and the address that unmaps it. */
export interface NativeMapping {
  readonly memory: ArrayBuffer;
  readonly address: bigint;
  readonly lengthBytes: number;
}

/** A range of a file; both ends are multiples of the page size. */
export interface CachedRange {
  readonly start: number;
  /** Exclusive; may be after the end of the file. */
  readonly end: number;
}

/**
 * System calls on file descriptors. Each throws {@link IoError} with the system's code, unless its comment
 * says otherwise.
 */
export interface Posix {
  /** Takes an exclusive lock on the open file. @returns false if another open file holds it */
  tryLockExclusive(fd: number, path: string): boolean;
  /** Allocates the range on disk. @returns false if the file system cannot */
  allocate(fd: number, offset: number, lengthBytes: number, path: string): boolean;
  /** Drops the clean cached pages of the whole file, except mapped ones. */
  evictCachedPages(fd: number, path: string): void;
  /** The range from the first to the last cached page in the file's first `lengthBytes`; null for none. */
  cachedRange(fd: number, lengthBytes: number, path: string): CachedRange | null;
  /** Allocates memory that starts at a page boundary. The caller unmaps it after its last use. */
  allocateAligned(lengthBytes: number, path: string): NativeMapping;
  /**
   * The first offset >= `offset` that may hold data; null if only holes follow; `offset` if unsupported.
   */
  nextData(fd: number, offset: number): number | null;
  /** The end of the data run that starts at `offset` (the next hole); null if unsupported. */
  nextHole(fd: number, offset: number): number | null;
  map(fd: number, lengthBytes: number, writable: boolean, path: string): NativeMapping;
  unmap(mapping: Pick<NativeMapping, 'address' | 'lengthBytes'>): void;
  /**
   * Replaces a mapping, of any mapper, with empty memory, and so releases its file. `memory` reads as zeros
   * from then on. Its addresses stay mapped until the garbage collector frees it, so no view of unmapped
   * memory can exist.
   */
  replaceMapping(memory: Buffer, path: string): void;
}

let loading: Promise<Posix> | undefined;

/**
 * Loads koffi and binds the calls; once per process.
 * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`) on Windows
 * @throws (rejects) MissingPeerError (`JOURNAL_MISSING_PEER`) if koffi does not load
 */
export function loadPosix(): Promise<Posix> {
  loading ??= bind().catch((cause: unknown) => {
    loading = undefined;
    throw cause;
  });
  return loading;
}

/**
 * @throws MissingPeerError (`JOURNAL_MISSING_PEER`): koffi's own error names neither the package nor what a
 * bundler must copy
 */
async function loadKoffi(): Promise<(typeof import('koffi'))['default']> {
  try {
    const imported = await import('koffi');
    return imported.default ?? imported;
  } catch (cause) {
    const binary = `@koromix/koffi-${process.platform}-${process.arch}`;
    throw new MissingPeerError(
      binary,
      'A file journal',
      cause,
      `install it (npm ci --omit=optional leaves it out: name it in the dependencies of the application), and keep koffi out of a ` +
        `bundle, because it loads that binary from node_modules: externals: ['koffi'] in webpack, external: ['koffi'] in esbuild and ` +
        `Rollup. koffi says: ${messageOf(cause)}`,
    );
  }
}

async function bind(): Promise<Posix> {
  if (process.platform === 'win32') {
    throw new InvalidOptionError(
      'directory',
      process.platform,
      'on a POSIX system; Windows is not supported',
    );
  }
  const koffi = await loadKoffi();
  const libc = koffi.load(null);
  const flock = libc.func('int flock(int fd, int operation)');
  const mmap = libc.func(
    'void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)',
  );
  const munmap = libc.func('int munmap(void *addr, size_t length)');
  const mincore = libc.func('int mincore(void *addr, size_t length, _Out_ uint8_t *vec)');
  const pageBytes = libc.func('int getpagesize()')() as number;
  const lseek = libc.func('int64_t lseek(int fd, int64_t offset, int whence)');
  const linux = process.platform === 'linux';
  const fallocate = linux ? libc.func('int fallocate(int fd, int mode, int64_t offset, int64_t len)') : null;
  const fadvise = linux
    ? libc.func('int posix_fadvise(int fd, int64_t offset, int64_t len, int advice)')
    : null;

  const { EWOULDBLOCK, EAGAIN, EOPNOTSUPP, ENOSYS, EINTR, EINVAL } = osConstants.errno;

  function fail(operation: string, path: string, errno: number): never {
    throw new IoError(operation, path, errnoName(errno));
  }

  /** Repeats a call that a signal interrupted. @returns 0, or the errno */
  function retrying(call: () => number): number {
    for (;;) {
      if (call() === 0) return 0;
      const errno = koffi.errno();
      if (errno !== EINTR) return errno;
    }
  }

  function mapAt(protection: number, flags: number, fd: number, lengthBytes: number, path: string): bigint {
    const address = BigInt(mmap(null, lengthBytes, protection, flags, fd, 0) ?? 0);
    if (address === MAP_FAILED || address === 0n) fail('mmap', path, koffi.errno());
    return address;
  }

  return {
    tryLockExclusive(fd, path) {
      const errno = retrying(() => flock(fd, LOCK_EX | LOCK_NB));
      if (errno === 0) return true;
      if (errno === EWOULDBLOCK || errno === EAGAIN) return false;
      return fail('flock', path, errno);
    },
    allocate(fd, offset, lengthBytes, path) {
      if (fallocate === null) return false;
      const errno = retrying(() => fallocate(fd, 0, offset, lengthBytes));
      if (errno === 0) return true;
      if (errno === EOPNOTSUPP || errno === ENOSYS) return false;
      return fail('fallocate', path, errno);
    },
    evictCachedPages(fd, path) {
      if (fadvise === null) return;
      // Returns the error number instead of setting errno.
      const errno: number = fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
      if (errno !== 0 && errno !== ENOSYS && errno !== EINVAL) fail('posix_fadvise', path, errno);
    },
    nextData(fd, offset) {
      if (!linux) return offset;
      const found = Number(lseek(fd, offset, SEEK_DATA));
      if (found >= 0) return found;
      return koffi.errno() === osConstants.errno.ENXIO ? null : offset;
    },
    nextHole(fd, offset) {
      if (!linux) return null;
      const found = Number(lseek(fd, offset, SEEK_HOLE));
      return found >= 0 ? found : null;
    },
    cachedRange(fd, lengthBytes, path) {
      if (!linux) return null;
      const address = mapAt(PROT_READ, MAP_SHARED, fd, lengthBytes, path);
      try {
        // One byte per page; its lowest bit says whether the page is cached.
        const pages = Buffer.alloc(Math.ceil(lengthBytes / pageBytes));
        const errno = retrying(() => mincore(address, lengthBytes, pages));
        if (errno !== 0) return { start: 0, end: lengthBytes };
        let first = 0;
        while (first < pages.length && ((pages[first] as number) & 1) === 0) first += 1;
        if (first === pages.length) return null;
        let last = pages.length - 1;
        while (((pages[last] as number) & 1) === 0) last -= 1;
        return { start: first * pageBytes, end: (last + 1) * pageBytes };
      } finally {
        munmap(address, lengthBytes);
      }
    },
    allocateAligned(lengthBytes, path) {
      const address = mapAt(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, lengthBytes, path);
      return { memory: koffi.view(address, lengthBytes), address, lengthBytes };
    },
    map(fd, lengthBytes, writable, path) {
      const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
      const address = mapAt(protection, MAP_SHARED, fd, lengthBytes, path);
      return { memory: koffi.view(address, lengthBytes), address, lengthBytes };
    },
    unmap(mapping) {
      munmap(mapping.address, mapping.lengthBytes);
    },
    replaceMapping(memory, path) {
      const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
      const address = koffi.address(memory);
      const replaced = BigInt(mmap(address, memory.length, PROT_READ, flags, -1, 0) ?? 0);
      if (replaced !== BigInt(address)) fail('mmap', path, koffi.errno());
    },
  };
}

/** The name of an errno, such as `EIO`, including those that libuv does not name (EDQUOT, ENOLCK). */
export function errnoName(errno: number): string {
  const name = getSystemErrorName(-errno);
  if (!name.startsWith('Unknown')) return name;
  const known = Object.entries(osConstants.errno).find(([, number]) => number === errno);
  return known?.[0] ?? name;
}
