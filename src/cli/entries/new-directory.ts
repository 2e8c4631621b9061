import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { mkdtemp, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { lockHolder } from '../../file-journal/index.js';
import { InvalidArgumentError, IoError } from '../../journal/index.js';
import { osCodeOf } from '../new-file.js';

/** The directory of a journal that appears under its name when it is complete. */
export class NewDirectory {
  private isDone = false;

  private constructor(
    /** Where to build it: beside the target. */
    readonly path: string,
    private readonly target: string,
  ) {}

  /**
   * Removes the directories that killed runs have left, unless a process uses them.
   * @param doing part of the temporary name: what happens in the directory
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for a target that is not empty
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  static async create(directory: string, doing: string): Promise<NewDirectory> {
    const target = resolve(directory);
    assertUnused(directory, target);
    const parent = dirname(target);
    const prefix = `.${basename(target)}.${doing}-`;
    try {
      await mkdir(parent, { recursive: true });
      for (const name of readdirSync(parent)) {
        const left = join(parent, name);
        if (name.startsWith(prefix) && lockHolder(left) === null) await rm(left, { recursive: true });
      }
      return new NewDirectory(await mkdtemp(join(realpathSync(parent), prefix)), target);
    } catch (cause) {
      throw new IoError('mkdir', parent, osCodeOf(cause), { cause });
    }
  }

  /**
   * Renames it to the target, durably. Its files must be durable.
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) if the target is no longer empty
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  async complete(): Promise<void> {
    const { path, target } = this;
    assertUnused(target, target);
    try {
      // Refused by the kernel for a directory that is not empty.
      await rename(path, target);
      this.isDone = true;
      const parent = await open(dirname(target), 'r');
      try {
        await parent.sync();
      } finally {
        await parent.close();
      }
    } catch (cause) {
      throw new IoError('rename', target, osCodeOf(cause), { cause });
    }
  }

  /** Removes the directory, unless it has become the target; the next run removes what stays. */
  async discard(): Promise<void> {
    if (this.isDone) return;
    await rm(this.path, { recursive: true, force: true }).catch(() => undefined);
  }
}

function assertUnused(name: string, path: string): void {
  let first: string | undefined;
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (!stats.isDirectory()) throw unusable(name, 'it is not a directory');
    [first] = readdirSync(path);
  } catch (cause) {
    throw cause instanceof InvalidArgumentError
      ? cause
      : new IoError('lstat', path, osCodeOf(cause), { cause });
  }
  if (first !== undefined)
    throw unusable(name, `it is not empty: it holds ${first}; use an empty directory or a new name`);
}

function unusable(name: string, reason: string): InvalidArgumentError {
  return new InvalidArgumentError('directory', name, '', `${name} cannot become a journal: ${reason}`);
}
