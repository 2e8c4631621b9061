import { basename, dirname, join } from 'node:path';
import { IoError } from '../../journal/index.js';
import { parseArchiveName } from '../format/archive-name.js';
import { CHECKPOINT_NAME, parseSegmentName } from '../format/segment-name.js';
import { isNotFound, type FileSystem } from '../os/file-system.js';
import { makeDirectoryDurably } from '../os/make-directory.js';
import { SegmentDirectory } from '../segment/segment-directory.js';
import { BackupDirectoryError } from './backup.errors.js';
import { lockIfPossible } from './remote-disk.js';
import { assertReplaceable, isOtherThanDirectory, mountPoint } from './places.js';

/** The folders of companions in the directory of a journal. */
const FOLDERS: readonly string[] = ['snapshots', 'projections'];

/**
 * The directory in which a journal is restored, beside the target. It becomes the target with one rename, so
 * the target never holds a part of a journal. A killed restore leaves it; the next one to the same target
 * deletes it.
 */
export class StagingDirectory {
  private readonly folders = new Set<string>();

  private constructor(
    private readonly directory: SegmentDirectory,
    /** Real path of the directory to restore. */
    readonly target: string,
  ) {}

  /**
   * @param target real path of the directory to restore
   * @throws (rejects) BackupDirectoryError (`JOURNAL_BACKUP_DIRECTORY`)
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  static async create(files: FileSystem, target: string): Promise<StagingDirectory> {
    StagingDirectory.assertUsable(files, target);
    const parent = dirname(target);
    await makeDirectoryDurably(files, parent);
    const path = join(parent, `.${basename(target)}.restoring`);
    if (isOtherThanDirectory(path))
      throw new BackupDirectoryError(
        path,
        'it is needed for the restore, and is not a directory; move it away',
      );
    const directory = await createOrRemove(files, path);
    try {
      if (!lockIfPossible(directory))
        throw new BackupDirectoryError(target, 'another restore to it is running');
      removeContents(files, path);
      return new StagingDirectory(directory, target);
    } catch (error) {
      directory.close();
      throw error;
    }
  }

  /**
   * Refuses a target that cannot become the restored journal.
   * @throws BackupDirectoryError (`JOURNAL_BACKUP_DIRECTORY`)
   */
  static assertUsable(files: FileSystem, target: string): void {
    assertReplaceable(target);
    assertEmpty(files, target);
  }

  get path(): string {
    return this.directory.path;
  }

  get segments(): SegmentDirectory {
    return this.directory;
  }

  /** The path of a new file in a folder, which is created if it is missing. */
  pathIn(folder: string, name: string): string {
    const path = this.directory.pathOf(folder);
    if (!this.folders.has(folder)) this.directory.files.makeDirectory(path);
    this.folders.add(folder);
    return join(path, name);
  }

  /** Makes all names in it durable. */
  async sync(): Promise<void> {
    const { files } = this.directory;
    for (const folder of this.folders) await syncDirectory(files, this.directory.pathOf(folder));
    await this.directory.sync();
  }

  /**
   * Renames the directory to the target, durably.
   * @throws (rejects) BackupDirectoryError (`JOURNAL_BACKUP_DIRECTORY`) if the target has changed
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  async moveToTarget(): Promise<void> {
    const { target } = this;
    const { files, path } = this.directory;
    this.directory.assertInPlace();
    StagingDirectory.assertUsable(files, target);
    try {
      files.rename(path, target); // refused for a directory that is not empty
    } catch (error) {
      throw refusedTarget(target, error);
    }
    await syncDirectory(files, dirname(target));
  }

  /** Deletes it, unless it was moved. What cannot be deleted stays for the next restore. */
  discard(): void {
    const { files, path } = this.directory;
    try {
      this.directory.assertInPlace();
      removeContents(files, path);
      files.removeDirectory(path);
    } catch {
      // The error of the restore says more.
    }
  }

  close(): void {
    this.directory.close();
  }
}

/** A directory whose name could not be made durable would only be in the way. */
async function createOrRemove(files: FileSystem, path: string): Promise<SegmentDirectory> {
  try {
    return await SegmentDirectory.create(files, path);
  } catch (error) {
    try {
      files.removeDirectory(path);
    } catch {
      // It was not created, or it is not empty.
    }
    throw error;
  }
}

function assertEmpty(files: FileSystem, target: string): void {
  let names: readonly { readonly name: string }[];
  try {
    names = files.list(target);
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  const [first] = names;
  if (first !== undefined)
    throw new BackupDirectoryError(
      target,
      `it is not empty: it holds ${first.name}; use an empty or a new one`,
    );
}

function refusedTarget(target: string, error: unknown): unknown {
  const code = error instanceof IoError ? error.osCode : '';
  if (code === 'EBUSY' || code === 'EXDEV') return mountPoint(target, error);
  if (code === 'ENOTEMPTY' || code === 'EEXIST')
    return new BackupDirectoryError(target, 'it is not empty any more', { cause: error });
  return error;
}

/** Deletes what a restore creates, and refuses a directory with anything else before it deletes a file. */
function removeContents(files: FileSystem, path: string): void {
  const listed = files.list(path);
  const isFolder = (name: string): boolean =>
    FOLDERS.includes(name) && !isOtherThanDirectory(join(path, name));
  const foreign = listed.find(({ name, isFile }) => !(isFile ? isOurs(name) : isFolder(name)));
  if (foreign !== undefined)
    throw new BackupDirectoryError(
      path,
      `it is needed for the restore, and holds ${foreign.name}; move it away`,
    );
  for (const { name, isFile } of listed) {
    const below = join(path, name);
    if (isFile) {
      files.unlink(below);
      continue;
    }
    for (const one of files.list(below)) files.unlink(join(below, one.name));
    files.removeDirectory(below);
  }
}

function isOurs(name: string): boolean {
  return name === CHECKPOINT_NAME || parseSegmentName(name) !== null || parseArchiveName(name) !== null;
}

async function syncDirectory(files: FileSystem, path: string): Promise<void> {
  const fd = files.openDirectory(path);
  try {
    await files.syncDirectory(fd, path);
  } finally {
    files.closeFile(fd, path);
  }
}
