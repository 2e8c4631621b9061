/** The journal's directory: creating, locking and listing it, and giving segments their names. */
import { dirname, join, relative, resolve } from 'node:path';
import { InvalidDirectoryError, IoError, JournalLockedError } from '../../journal/index.js';
import { delay, monotonicMs } from '../../common/index.js';
import {
  parseSegmentName,
  PREPARED_SEGMENT_NAME,
  archivedName,
  segmentName,
} from '../format/segment-name.js';
import {
  archiveFileName,
  COMPRESSING_NAME,
  parseArchiveName,
  type ArchiveCompression,
  type ArchiveForm,
} from '../format/archive-name.js';
import { READ_HINT, type FileSystem } from '../os/file-system.js';
import { MappingPool } from './mapping-pool.js';
import { SegmentFile, type OpenDescriptor, type WriterName } from './segment-file.js';

const LOCK_RETRY_MS = 20;

export class SegmentDirectory {
  #open = true;
  /** What readers of its segments have mapped, and have open. */
  readonly mappings: MappingPool;
  readonly #readerFiles = new Set<OpenDescriptor>();

  private constructor(
    readonly files: FileSystem,
    readonly path: string,
    /** The directory itself: what is locked, and what is synced to make names durable. */
    private readonly fd: number,
  ) {
    this.mappings = new MappingPool(files);
  }

  /** Opens the directory, making it and its parents durably where they are missing. @throws InvalidDirectoryError */
  static async create(files: FileSystem, directory: string): Promise<SegmentDirectory> {
    const path = resolve(directory);
    try {
      await makeDurably(files, path);
    } catch (error) {
      throw unusable(path, error);
    }
    return SegmentDirectory.open(files, path);
  }

  /** @throws InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`) */
  static open(files: FileSystem, directory: string): SegmentDirectory {
    const path = resolve(directory);
    try {
      return new SegmentDirectory(files, path, files.openDirectory(path));
    } catch (error) {
      throw unusable(path, error);
    }
  }

  /**
   * One writer: locks the directory's own inode, so that there is no lock file to delete, every path to the directory
   * means the same lock, and it goes when the process does.
   * @throws JournalLockedError (`JOURNAL_LOCKED`) after `timeoutMs`
   */
  async lock(timeoutMs: number): Promise<void> {
    const startedMs = monotonicMs();
    while (!this.files.tryLockExclusive(this.fd, this.path)) {
      const waitedMs = monotonicMs() - startedMs;
      if (waitedMs >= timeoutMs) throw new JournalLockedError(this.path, Math.round(waitedMs));
      await delay(Math.min(LOCK_RETRY_MS, timeoutMs - waitedMs));
    }
  }

  /** Start sequences of the segments, ascending. @throws InvalidDirectoryError for something that only looks like one */
  listSegments(): bigint[] {
    const starts: bigint[] = [];
    for (const { name, isFile } of this.files.list(this.path)) {
      const start = parseSegmentName(name);
      if (start === null) continue;
      if (!isFile) {
        throw new InvalidDirectoryError(this.path, `${name} is no regular file; move it away`);
      }
      starts.push(start);
    }
    return starts.sort((a, b) => (a < b ? -1 : 1));
  }

  /** For a reader of a segment; closed with the directory at the latest. @throws IoError (`JOURNAL_IO`) */
  openForReading(path: string): SegmentFile {
    return SegmentFile.openForReading(this.files, path, this.#readerFiles);
  }

  /** Allocates the file that will be the next segment. @throws IoError (`JOURNAL_IO`), and leaves no half-made file */
  async prepareSegment(sizeBytes: number, writer: WriterName): Promise<SegmentFile> {
    this.#assertInPlace();
    const path = join(this.path, PREPARED_SEGMENT_NAME);
    try {
      return await SegmentFile.create(this.files, path, sizeBytes, writer);
    } catch (error) {
      this.#unlinkIfThere(path);
      throw error;
    }
  }

  discardPrepared(): void {
    if (this.#isInPlace()) this.#unlinkIfThere(join(this.path, PREPARED_SEGMENT_NAME));
  }

  /** Removes a file that could not be completed. */
  discard(path: string): void {
    if (this.#isInPlace()) this.#unlinkIfThere(path);
  }

  /** Gives the prepared file its name, durably. */
  async installPrepared(startSequence: bigint): Promise<void> {
    this.#assertInPlace();
    this.files.rename(join(this.path, PREPARED_SEGMENT_NAME), join(this.path, segmentName(startSequence)));
    await this.sync();
  }

  archive(startSequence: bigint): void {
    this.#assertInPlace();
    const name = segmentName(startSequence);
    this.files.rename(join(this.path, name), join(this.path, archivedName(name)));
  }

  /** The forms of the archived segments that are still here, by start sequence, ascending. */
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

  /** Gives the compressed file its name; to be synced. */
  installCompressed(startSequence: bigint, form: ArchiveCompression): void {
    this.#assertInPlace();
    const path = join(this.path, archiveFileName(startSequence, form));
    this.files.rename(join(this.path, COMPRESSING_NAME), path);
  }

  /** Deletes the plain form; to be synced. */
  dropPlainArchive(startSequence: bigint): void {
    this.#assertInPlace();
    this.files.unlink(join(this.path, archiveFileName(startSequence, 'plain')));
  }

  discardCompressing(): void {
    if (this.#isInPlace()) this.#unlinkIfThere(join(this.path, COMPRESSING_NAME));
  }

  /** Makes the names in the directory durable. */
  sync(): Promise<void> {
    return this.files.syncDirectory(this.fd, this.path);
  }

  /** Releases what readers have mapped or open, also those that were dropped or stand still, and the lock, if it was taken. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.mappings.close();
    for (const descriptor of this.#readerFiles) descriptor.closeQuietly();
    this.files.closeFile(this.fd, this.path);
  }

  /** The lock is on the directory, names go by its path: once that means another directory, it may be another writer's. */
  #assertInPlace(): void {
    if (this.#isInPlace()) return;
    throw new IoError('open', this.path, 'ESTALE', {
      hint: 'the directory was moved or removed while the journal was open; put it back, or close the journal',
    });
  }

  #isInPlace(): boolean {
    return this.files.isAt?.(this.fd, this.path) ?? true;
  }

  #unlinkIfThere(path: string): void {
    try {
      this.files.unlink(path);
    } catch {
      // not there, or no longer ours to remove; the next preparation empties it
    }
  }
}

/** Creates what is missing, from the top down, and makes each new name durable in its parent. */
async function makeDurably(files: FileSystem, path: string): Promise<void> {
  const missing: string[] = [];
  let lowest = path;
  for (; !isThere(files, lowest) && dirname(lowest) !== lowest; lowest = dirname(lowest)) {
    missing.unshift(lowest);
  }
  // The lowest one there may have been made by a predecessor that died before it synced its name.
  await syncName(files, lowest).catch(ignoreNotOurs);
  for (const directory of missing) {
    try {
      files.makeDirectory(directory);
    } catch (error) {
      if (!(error instanceof IoError) || error.osCode !== 'EEXIST') throw error;
    }
    await syncName(files, directory);
  }
}

/** Makes a directory's own name durable. */
async function syncName(files: FileSystem, directory: string): Promise<void> {
  const parent = dirname(directory);
  const fd = files.openDirectory(parent);
  try {
    await files.syncDirectory(fd, parent);
  } finally {
    files.closeFile(fd, parent);
  }
}

/** A directory that somebody else made, where this process may not read or its file system does not sync, is theirs to keep. */
function ignoreNotOurs(error: unknown): void {
  const notOurs = ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EROFS'];
  if (!(error instanceof IoError) || !notOurs.includes(error.osCode)) throw error;
}

function isThere(files: FileSystem, path: string): boolean {
  try {
    files.closeFile(files.openDirectory(path), path);
    return true;
  } catch (error) {
    if (error instanceof IoError && error.osCode === 'ENOENT') return false;
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTDIR: 'it (or a parent) is not a directory',
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

/** Codes by which the system says that this process may not use what is there. */
const NOT_PERMITTED = ['EACCES', 'EPERM', 'EROFS'];

/**
 * What opening a journal throws for a directory that is there, but whose files this process may not write or read: an
 * InvalidDirectoryError that names the first refused file. Every other error as it is.
 */
export function notPermitted(path: string, error: unknown): unknown {
  if (!(error instanceof IoError) || !NOT_PERMITTED.includes(error.osCode)) return error;
  const user = process.geteuid?.();
  const what = error.path === path ? 'the directory' : relative(path, error.path);
  const who = user === undefined ? '' : `; this process runs as user ${user}`;
  const reason = `${REASONS[error.osCode]}: ${error.operation} of ${what} (${error.osCode})${who}`;
  return new InvalidDirectoryError(path, reason, { cause: error });
}

/** For a reader: how its user may be let in. */
export function withRemedy(error: unknown): unknown {
  if (!(error instanceof InvalidDirectoryError)) return error;
  const { path, reason, cause } = error;
  if (!(cause instanceof IoError) || cause.osCode !== 'EACCES') return error;
  return new InvalidDirectoryError(path, `${reason}; ${READ_HINT}`, { cause });
}

function unusable(path: string, error: unknown): unknown {
  if (!(error instanceof IoError)) return error;
  const reason = REASONS[error.osCode];
  return reason === undefined ? error : new InvalidDirectoryError(path, reason, { cause: error });
}
