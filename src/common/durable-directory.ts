import { constants } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  stat,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { IoError } from '../journal/index.js';
import { ALL_MODE_BITS, isModeFixed, PERMISSION_BITS } from './file-access.js';

/** Suffix of a file that is still being written. A crash may leave one; the next replacement removes it. */
export const TEMPORARY_SUFFIX = '.tmp';

/** Permissions of new files and directories. Existing ones keep theirs. */
interface DurableDirectoryModes {
  /** @default 0o600: journals hold customers' data */
  readonly file?: number;
  /** @default 0o700 */
  readonly directory?: number;
}

/** A name in a directory. */
interface DirectoryEntry {
  readonly name: string;
  /** False for a directory, a FIFO, a socket, a device and a symbolic link. */
  readonly isFile: boolean;
}

/** A file name of this package belongs to a directory, a FIFO, a socket, a device or a symbolic link. */
export class NotAFileError extends IoError {
  constructor(path: string, cause?: unknown) {
    super('read', path, 'EINVAL', { cause, hint: 'it is not an ordinary file; move it away' });
  }
}

const DEFAULT_FILE_MODE = 0o600;
const DEFAULT_DIRECTORY_MODE = 0o700;

// O_NONBLOCK has no effect on files, but opening a FIFO without it waits for a writer. O_NOFOLLOW refuses a
// symbolic link.
const READ_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Error codes of parent directories that this process may not sync, or that are never written. */
const UNSYNCABLE = ['EACCES', 'EPERM', 'EROFS', 'EINVAL'];

/**
 * A directory of small files that are replaced as a whole: snapshots, checkpoints of projections. After a
 * crash at any step, a file has its old or its new content. After `replace` has resolved, it has the new
 * content.
 *
 * Every failure of the operating system is an IoError (`JOURNAL_IO`) that names the call, the path and the
 * system's code.
 */
export class DurableDirectory {
  readonly path: string;
  private readonly fileMode: number;
  private readonly directoryMode: number;
  /**
   * Whether the names of the directory and its parents are durable. The process that created the directory
   * may have crashed before it synced them.
   */
  private areParentsSynced = false;

  constructor(path: string, modes: DurableDirectoryModes = {}) {
    this.path = resolve(path);
    this.fileMode = modes.file ?? DEFAULT_FILE_MODE;
    this.directoryMode = modes.directory ?? DEFAULT_DIRECTORY_MODE;
  }

  /** Returns the entries of the directory; none if it does not exist. */
  async list(): Promise<DirectoryEntry[]> {
    try {
      const entries = await readdir(this.path, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, isFile: entry.isFile() }));
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return [];
      throw ioError('readdir', this.path, cause);
    }
  }

  /**
   * Returns the content of a file; null if the file does not exist.
   * @throws (rejects) NotAFileError (`JOURNAL_IO`)
   */
  async read(name: string): Promise<Buffer | null> {
    const path = join(this.path, name);
    let file: FileHandle;
    try {
      file = await open(path, READ_FLAGS);
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return null;
      // ELOOP: a symbolic link; ENXIO: a socket, or a device without a driver.
      if (codeOf(cause) === 'ELOOP' || codeOf(cause) === 'ENXIO') throw new NotAFileError(path, cause);
      throw ioError('open', path, cause);
    }
    try {
      if (!(await file.stat()).isFile()) throw new NotAFileError(path);
      return await file.readFile();
    } catch (cause) {
      throw ioError('read', path, cause);
    } finally {
      await file.close();
    }
  }

  /**
   * Replaces the content of a file, all or nothing: writes a temporary file in the same directory, syncs it,
   * renames it, and syncs the directory. Creates a missing directory. The caller ensures that no two calls
   * replace the same file at once.
   */
  async replace(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.path, name);
    const temporary = `${path}${TEMPORARY_SUFFIX}`;
    await this.makeDurable();
    try {
      await this.write(temporary, content, await modeOf(path));
      await attempt('rename', path, rename(temporary, path));
    } catch (error) {
      // On a full disk other files may need the space of the temporary file.
      await removeIfThere(temporary).catch(() => undefined);
      throw error;
    }
    await syncDirectory(this.path);
  }

  /** Deletes a file if it exists. Not durable: after a crash the file may exist again. */
  async remove(name: string): Promise<void> {
    await removeIfThere(join(this.path, name));
  }

  private async write(path: string, content: string | Uint8Array, mode: number | null): Promise<void> {
    // Removes the file before it creates it, so that it never opens a file that a crash or another process
    // left.
    await removeIfThere(path);
    const file = await attempt('open', path, open(path, CREATE_FLAGS, this.fileMode));
    try {
      const wantedMode = mode ?? this.fileMode;
      const givenMode = (await attempt('fstat', path, file.stat())).mode & PERMISSION_BITS;
      if (givenMode !== wantedMode) await changeMode(path, file.chmod(wantedMode));
      await attempt('write', path, file.writeFile(content));
      await attempt('fsync', path, file.sync());
    } finally {
      await file.close();
    }
  }

  /** Creates a missing directory, and makes its name and the names of its parents durable. */
  private async makeDurable(): Promise<void> {
    await this.create(this.path);
    if (this.areParentsSynced) return;
    for (const parent of await ancestorsOf(this.path)) await syncIfPossible(parent);
    this.areParentsSynced = true;
  }

  /** Creates a directory and its missing parents. Each name is durable before the next is created. */
  private async create(path: string): Promise<void> {
    if (await exists(path)) return;
    const parent = dirname(path);
    await this.create(parent);
    // One by one, because a failing recursive mkdir of Node.js reports ENOENT instead of the error of the
    // disk.
    try {
      await mkdir(path, this.directoryMode);
      await this.permit(path);
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw ioError('mkdir', path, cause);
    }
    await syncDirectory(parent);
  }

  /** Sets the permissions regardless of the umask. Keeps inherited bits, such as set-group-ID. */
  private async permit(path: string): Promise<void> {
    const given = (await stat(path)).mode & ALL_MODE_BITS;
    const wanted = (given & ~PERMISSION_BITS) | this.directoryMode;
    if (given !== wanted) await changeMode(path, chmod(path, wanted));
  }
}

async function changeMode(path: string, change: Promise<void>): Promise<void> {
  try {
    await change;
  } catch (cause) {
    if (!isModeFixed(cause)) throw ioError('chmod', path, cause);
  }
}

/** Returns the parents of a directory, by its path and by its real path, that are on the same file system. */
async function ancestorsOf(path: string): Promise<ReadonlySet<string>> {
  const ancestors = new Set<string>();
  for (const start of [path, await attempt('realpath', path, realpath(path))]) {
    let { dev } = await attempt('stat', start, stat(start));
    for (let child = start, parent = dirname(child); parent !== child; parent = dirname((child = parent))) {
      const above = await attempt('stat', parent, stat(parent));
      if (above.dev !== dev) break;
      dev = above.dev;
      ancestors.add(parent);
    }
  }
  return ancestors;
}

/** Returns the permissions of the replaced file; null if there is none. */
async function modeOf(path: string): Promise<number | null> {
  try {
    const there = await lstat(path);
    return there.isFile() ? there.mode & PERMISSION_BITS : null;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw ioError('stat', path, cause);
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw ioError('unlink', path, cause);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false;
    throw ioError('stat', path, cause);
  }
}

/** Makes the names in a directory durable. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await attempt('open', path, open(path, 'r'));
  try {
    await attempt('fsync', path, directory.sync());
  } finally {
    await directory.close();
  }
}

async function syncIfPossible(path: string): Promise<void> {
  try {
    await syncDirectory(path);
  } catch (error) {
    if (!(error instanceof IoError) || !UNSYNCABLE.includes(error.osCode)) throw error;
  }
}

async function attempt<T>(operation: string, path: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw ioError(operation, path, cause);
  }
}

function ioError(operation: string, path: string, cause: unknown): IoError {
  return cause instanceof IoError
    ? cause
    : new IoError(operation, path, codeOf(cause) ?? 'unknown', { cause });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
