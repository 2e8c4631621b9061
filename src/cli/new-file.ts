import { randomUUID } from 'node:crypto';
import { link, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InvalidArgumentError, IoError } from '../journal/index.js';

/** Only its owner may read the file: a journal has such a file mode, too. */
const OWNER_ONLY = 0o600;

/** A file that appears under its name when it is complete and durable. */
export class NewFile {
  private isDone = false;

  private constructor(
    private readonly path: string,
    private readonly temporaryPath: string,
    private readonly handle: FileHandle,
    private readonly mayReplace: boolean,
  ) {}

  /**
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) if the file exists
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  static async create(name: string, mayReplace: boolean): Promise<NewFile> {
    const path = resolve(name);
    if (!mayReplace && existsSync(path)) throw alreadyThere(name);
    // No process id: in a container, the process that a kill ended had the same one.
    const temporaryPath = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
    const handle = await asIoError('open', path, open(temporaryPath, 'wx', OWNER_ONLY));
    return new NewFile(path, temporaryPath, handle, mayReplace);
  }

  /** @throws (rejects) IoError (`JOURNAL_IO`) */
  async write(bytes: Uint8Array): Promise<void> {
    await asIoError('write', this.path, this.handle.writeFile(bytes));
  }

  /**
   * Gives the file its name, durably.
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) if another file has it by now
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  async complete(): Promise<void> {
    const { handle, path, temporaryPath } = this;
    await asIoError('fsync', path, handle.sync());
    if (this.mayReplace) {
      await asIoError('rename', path, rename(temporaryPath, path));
      this.isDone = true;
    } else {
      // Unlike a rename, a link never replaces a file.
      await link(temporaryPath, path).catch((error: unknown) => {
        throw osCodeOf(error) === 'EEXIST' ? alreadyThere(path) : new IoError('link', path, osCodeOf(error));
      });
    }
    const directory = await asIoError('open', dirname(path), open(dirname(path), 'r'));
    try {
      await asIoError('fsync', dirname(path), directory.sync());
    } finally {
      await directory.close();
    }
  }

  /** Closes the file, and deletes it unless it is complete. */
  async discard(): Promise<void> {
    await this.handle.close();
    if (!this.isDone) await unlink(this.temporaryPath).catch(() => undefined);
  }
}

function alreadyThere(path: string): InvalidArgumentError {
  return new InvalidArgumentError('file', path, '', `${path} exists; use --force to replace it`);
}

async function asIoError<T>(operation: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new IoError(operation, path, osCodeOf(cause), { cause });
  }
}

export function osCodeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? 'unknown';
}
