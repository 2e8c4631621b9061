/** The directory of a journal: locking it, listing it, and changing names in it. */
import { join, resolve } from 'node:path';
import { InvalidDirectoryError, IoError } from '../../journal/index.js';
import { parseSegmentName } from '../format/segment-name.js';
import { parseArchiveName, type ArchiveForm } from '../format/archive-name.js';
import type { FileSystem } from '../os/file-system.js';
import { makeDirectoryDurably } from '../os/make-directory.js';
import { unusableDirectory } from './directory-errors.js';
import { MappingPool } from './mapping-pool.js';
import { SegmentFile, type OpenDescriptor } from './segment-file.js';

export class SegmentDirectory {
  private isOpen = true;
  /** The mappings and the open files of readers. */
  readonly mappings: MappingPool;
  private readonly readerFiles = new Set<OpenDescriptor>();
  /** The last sync of the directory, or the first one that failed. */
  private synced: Promise<void> = Promise.resolve();

  private constructor(
    readonly files: FileSystem,
    readonly path: string,
    /** The directory itself: locked by the writer, and synced to make names durable. */
    private readonly fd: number,
  ) {
    this.mappings = new MappingPool(files);
  }

  /**
   * Opens the directory; creates it and its missing parents durably.
   * @throws InvalidDirectoryError
   */
  static async create(files: FileSystem, directory: string): Promise<SegmentDirectory> {
    const path = resolve(directory);
    try {
      await makeDirectoryDurably(files, path);
    } catch (error) {
      throw unusableDirectory(path, error);
    }
    return SegmentDirectory.open(files, path);
  }

  /** @throws InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`) */
  static open(files: FileSystem, directory: string): SegmentDirectory {
    const path = resolve(directory);
    try {
      return new SegmentDirectory(files, path, files.openDirectory(path));
    } catch (error) {
      throw unusableDirectory(path, error);
    }
  }

  /**
   * Locks the inode of the directory itself. So there is no lock file to delete, every path to the directory
   * means the same lock, and the lock ends with the process.
   * @returns false if another journal holds the lock
   */
  tryLock(): boolean {
    return this.files.tryLockExclusive(this.fd, this.path);
  }

  /**
   * Start sequences of the segments, ascending.
   * @throws InvalidDirectoryError for a segment name that is not a file
   */
  listSegments(): bigint[] {
    const starts: bigint[] = [];
    for (const { name, isFile } of this.files.list(this.path)) {
      const start = parseSegmentName(name);
      if (start === null) continue;
      if (!isFile) {
        throw new InvalidDirectoryError(this.path, `${name} is not a regular file; move it away`);
      }
      starts.push(start);
    }
    return starts.sort((a, b) => (a < b ? -1 : 1));
  }

  /** The forms of the archived segments that are still in the directory, by start sequence, ascending. */
  listArchived(): Map<bigint, ReadonlySet<ArchiveForm>> {
    const found = new Map<bigint, Set<ArchiveForm>>();
    for (const { name, isFile } of this.files.list(this.path)) {
      const archived = isFile ? parseArchiveName(name) : null;
      if (archived === null) continue;
      const forms = found.get(archived.startSequence) ?? new Set();
      found.set(archived.startSequence, forms.add(archived.form));
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  pathOf(name: string): string {
    return join(this.path, name);
  }

  /**
   * Opens a file for a reader of a segment. The directory closes it at the latest.
   * @throws IoError (`JOURNAL_IO`)
   */
  openForReading(path: string): SegmentFile {
    return SegmentFile.openForReading(this.files, path, this.readerFiles);
  }

  /** Renames a file. The new name is durable after `sync`. @throws IoError (`JOURNAL_IO`) */
  rename(from: string, to: string): void {
    this.assertInPlace();
    this.files.rename(this.pathOf(from), this.pathOf(to));
  }

  /** Deletes a file. It stays deleted after `sync`. @throws IoError (`JOURNAL_IO`) */
  remove(name: string): void {
    this.assertInPlace();
    this.files.unlink(this.pathOf(name));
  }

  /**
   * Deletes an incomplete file, if it is there. The file does no harm if it stays: the next one replaces it.
   */
  discard(name: string): void {
    try {
      this.remove(name);
    } catch {
      // not there, or no longer ours to remove
    }
  }

  /**
   * Makes the names in the directory durable. Syncs run one at a time, and none after a failure: the kernel
   * reports a lost name once, and a second sync would succeed although the name is gone.
   * @throws (rejects) IoError (`JOURNAL_IO`), of an earlier sync, too
   */
  sync(): Promise<void> {
    this.synced = this.synced.then(() => this.files.syncDirectory(this.fd, this.path));
    return this.synced;
  }

  /**
   * Releases the mappings and files of all readers, abandoned ones included, and the lock, if this journal
   * holds it.
   */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.mappings.close();
    for (const descriptor of this.readerFiles) descriptor.closeQuietly();
    this.files.closeFile(this.fd, this.path);
  }

  /**
   * The lock is on the directory, but names go by its path. Once the path means another directory, another
   * writer may own that one.
   * @throws IoError (`JOURNAL_IO`, `ESTALE`)
   */
  assertInPlace(): void {
    if (this.isInPlace()) return;
    throw new IoError('open', this.path, 'ESTALE', {
      hint: 'the directory was moved or removed while the journal was open; put it back, or close the journal',
    });
  }

  private isInPlace(): boolean {
    return this.files.isAt?.(this.fd, this.path) ?? true;
  }
}
