/**
 * The seam to the operating system. Every call that can fail while a journal is written or recovered goes
 * through it, so that tests can inject faults. All methods throw {@link IoError} (`JOURNAL_IO`) with the
 * call, the path and the system's code.
 */
import fs from 'node:fs';
import { IoError } from '../../journal/index.js';
import { dropPageCache } from './drop-page-cache.js';
import type { Mapper } from './mapped-file.js';
import { ALL_MODE_BITS, isModeFixed, PERMISSION_BITS, type FileModes } from '../../common/index.js';
import { errnoName, type Posix } from './posix.js';

export interface FileSystem {
  /**
   * @param mode `read`; `write` (read and write, must exist); or `create` (read and write, replaces an
   * existing file)
   * @throws NotAFileError (`JOURNAL_IO`) for anything but an ordinary file; a symbolic link is not followed
   */
  openFile(path: string, mode: 'read' | 'write' | 'create'): number;
  openDirectory(path: string): number;
  /** Whether `path` still means the open directory. @default true, for a file system without this method */
  isAt?(fd: number, path: string): boolean;
  closeFile(fd: number, path: string): void;
  fileSize(fd: number, path: string): number;
  /** The names in the directory, and whether each is a regular file. */
  list(path: string): { name: string; isFile: boolean }[];
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Removes an empty directory. */
  removeDirectory(path: string): void;
  /** Fills `target` from `position`; a short file is an error. */
  read(fd: number, target: Buffer, position: number, path: string): void;
  /** Writes all of `bytes`, on the calling thread. */
  write(fd: number, bytes: Uint8Array, position: number, path: string): void;
  /** Writes all of `bytes`, on the thread pool. */
  writeInBackground(fd: number, bytes: Uint8Array, position: number, path: string): Promise<void>;
  /** Makes data, and the metadata needed to find it, durable; on the thread pool. */
  sync(fd: number, path: string): Promise<void>;
  /** The same, blocking the calling thread. */
  syncNow(fd: number, path: string): void;
  /** Makes the names in a directory durable; on the thread pool. */
  syncDirectory(fd: number, path: string): Promise<void>;
  tryLockExclusive(fd: number, path: string): boolean;
  allocate(fd: number, offset: number, lengthBytes: number, path: string): boolean;
  /** Makes the next read show what the device holds; see drop-page-cache. No page may be dirty. */
  evictCachedPages(fd: number, path: string): void | Promise<void>;
  nextData(fd: number, offset: number): number | null;
  nextHole(fd: number, offset: number): number | null;
  map(fd: number, lengthBytes: number, writable: boolean, path: string): Buffer;
  /** Releases a mapped file; `mapping` reads as zeros from then on. @default the garbage collector does it */
  unmap?(mapping: Buffer, path: string): void;
}

/** Calls `call` and turns its error into an IoError that names the operation and the path. */
function attempt<T>(operation: string, path: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw toIoError(operation, path, cause);
  }
}

/** Returns undefined if the path, or a directory in it, does not exist. */
function statIfThere(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

export function toIoError(operation: string, path: string, cause: unknown): IoError {
  if (cause instanceof IoError) return cause;
  const { code, errno } = (cause ?? {}) as { code?: unknown; errno?: unknown };
  const known = typeof errno === 'number' && errno < 0 ? errnoName(-errno) : code;
  return new IoError(operation, path, typeof known === 'string' ? known : 'unknown', { cause });
}

/** Whether a disk, quota or size limit is used up: a refusal, not a failure. */
export function isOutOfSpace(error: unknown): error is IoError {
  return error instanceof IoError && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(error.osCode);
}

/** Whether a file could not be opened because it does not exist. */
export function isNotFound(error: unknown): error is IoError {
  return error instanceof IoError && error.osCode === 'ENOENT';
}

/** Releases a mapped file. If the system refuses, the garbage collector does it later. */
export function releaseMapping(files: FileSystem, mapping: Buffer, path: string): void {
  try {
    files.unmap?.(mapping, path);
  } catch {
    // Only address space remains in use.
  }
}

function inBackground(
  operation: string,
  path: string,
  start: (done: (error: NodeJS.ErrnoException | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null ? resolve() : reject(toIoError(operation, path, error))));
  });
}

/** Node.js keeps the length of one read or write in a signed 32-bit integer. */
const MAX_CALL_BYTES = 2 ** 30;

// O_NONBLOCK has no effect on a file. Without it, opening a FIFO of that name would block the process.
const SAFE = fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW;
const OPEN_FLAGS = { read: fs.constants.O_RDONLY | SAFE, write: fs.constants.O_RDWR | SAFE } as const;
const CREATE_FLAGS = fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL | SAFE;
/** Codes for a symbolic link, a socket, and a directory that is opened for writing. */
const NOT_A_FILE: ReadonlySet<unknown> = new Set(['ELOOP', 'ENXIO', 'EISDIR']);

/** A file name of the journal belongs to a directory, a FIFO, a socket, a device or a symbolic link. */
export class NotAFileError extends IoError {
  constructor(path: string, osCode: 'EISDIR' | 'EINVAL', cause?: unknown) {
    super('open', path, osCode, { cause, hint: 'it is not an ordinary file; move it away' });
  }
}

function openOrdinaryFile(path: string, mode: 'read' | 'write'): number {
  let fd: number;
  try {
    fd = fs.openSync(path, OPEN_FLAGS[mode]);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (NOT_A_FILE.has(code)) throw new NotAFileError(path, code === 'EISDIR' ? code : 'EINVAL', cause);
    if (code === 'EACCES' && mode === 'read')
      throw new IoError('open', path, code, { cause, hint: READ_HINT });
    throw cause;
  }
  const stats = fs.fstatSync(fd);
  if (stats.isFile()) return fd;
  fs.closeSync(fd);
  throw new NotAFileError(path, stats.isDirectory() ? 'EISDIR' : 'EINVAL');
}

/** How an operator lets another user read a journal. */
export const READ_HINT =
  "this user may not read it; open the journal for writing with access: 'group', add this user to the group of its " +
  'directory, and chmod the files that existed before';

/** Replaces an existing file: removes it, and never follows a link or truncates a file. */
function createFile(path: string, mode: number): number {
  let fd: number;
  try {
    fd = fs.openSync(path, CREATE_FLAGS, mode);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    if (fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new NotAFileError(path, 'EISDIR', cause);
    fs.rmSync(path, { force: true });
    fd = fs.openSync(path, CREATE_FLAGS, mode);
  }
  try {
    if ((fs.fstatSync(fd).mode & PERMISSION_BITS) !== mode) changeMode(() => fs.fchmodSync(fd, mode));
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

function renameFile(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'EISDIR' ? new NotAFileError(to, 'EISDIR', cause) : cause;
  }
}

function makeDirectory(path: string, mode: number): void {
  fs.mkdirSync(path, mode);
  const given = fs.statSync(path).mode & ALL_MODE_BITS;
  // The other bits are inherited: with the set-group-ID bit, files get the group of the directory.
  const wanted = (given & ~PERMISSION_BITS) | mode;
  if (given !== wanted) changeMode(() => fs.chmodSync(path, wanted));
}

/** Restores the permissions that the umask removed from a new file. */
function changeMode(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!isModeFixed(error)) throw error;
  }
}

/** The real file system. @param modes of the files and directories it creates */
export function nodeFileSystem(posix: Posix, mapper: Mapper, modes: FileModes): FileSystem {
  return {
    openFile: (path, mode) =>
      attempt('open', path, () =>
        mode === 'create' ? createFile(path, modes.file) : openOrdinaryFile(path, mode),
      ),
    openDirectory: (path) =>
      attempt('open', path, () => fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)),
    isAt(fd, path) {
      const now = attempt('stat', path, () => statIfThere(path));
      const open = attempt('fstat', path, () => fs.fstatSync(fd));
      return now !== undefined && now.ino === open.ino && now.dev === open.dev;
    },
    closeFile: (fd, path) => attempt('close', path, () => fs.closeSync(fd)),
    fileSize: (fd, path) => attempt('fstat', path, () => fs.fstatSync(fd).size),
    list: (path) =>
      attempt('readdir', path, () =>
        fs
          .readdirSync(path, { withFileTypes: true })
          .map((entry) => ({ name: entry.name, isFile: entry.isFile() })),
      ),
    makeDirectory: (path) => attempt('mkdir', path, () => makeDirectory(path, modes.directory)),
    rename: (from, to) => attempt('rename', from, () => renameFile(from, to)),
    unlink: (path) => attempt('unlink', path, () => fs.unlinkSync(path)),
    removeDirectory: (path) => attempt('rmdir', path, () => fs.rmdirSync(path)),
    read(fd, target, position, path) {
      attempt('read', path, () => {
        let done = 0;
        while (done < target.length) {
          const wanted = Math.min(target.length - done, MAX_CALL_BYTES);
          const count = fs.readSync(fd, target, done, wanted, position + done);
          if (count === 0)
            throw new IoError('read', path, 'EOF', { hint: `the file ends at ${position + done}` });
          done += count;
        }
      });
    },
    write(fd, bytes, position, path) {
      attempt('write', path, () => {
        let done = 0;
        while (done < bytes.length) {
          const wanted = Math.min(bytes.length - done, MAX_CALL_BYTES);
          done += fs.writeSync(fd, bytes, done, wanted, position + done);
        }
      });
    },
    async writeInBackground(fd, bytes, position, path) {
      let done = 0;
      while (done < bytes.length) {
        await inBackground('write', path, (finish) =>
          fs.write(
            fd,
            bytes,
            done,
            Math.min(bytes.length - done, MAX_CALL_BYTES),
            position + done,
            (error, count) => {
              done += count ?? 0;
              finish(error);
            },
          ),
        );
      }
    },
    sync: (fd, path) => inBackground('fdatasync', path, (done) => fs.fdatasync(fd, done)),
    syncNow: (fd, path) => attempt('fdatasync', path, () => fs.fdatasyncSync(fd)),
    syncDirectory: (fd, path) => inBackground('fsync', path, (done) => fs.fsync(fd, done)),
    tryLockExclusive: (fd, path) => posix.tryLockExclusive(fd, path),
    allocate: (fd, offset, lengthBytes, path) => posix.allocate(fd, offset, lengthBytes, path),
    async evictCachedPages(fd, path) {
      try {
        await dropPageCache(posix, fd, path);
      } catch (cause) {
        throw toIoError('posix_fadvise', path, cause);
      }
    },
    nextData: (fd, offset) => posix.nextData(fd, offset),
    nextHole: (fd, offset) => posix.nextHole(fd, offset),
    map: (fd, lengthBytes, writable, path) =>
      attempt('mmap', path, () => mapper.map(fd, lengthBytes, writable, path)),
    unmap: (mapping, path) => attempt('mmap', path, () => posix.replaceMapping(mapping, path)),
  };
}
