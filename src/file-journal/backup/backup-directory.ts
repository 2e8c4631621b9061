import { basename } from 'node:path';
import { BackupDirectoryError, CorruptBackupError } from './backup.errors.js';
import {
  copyName,
  IGNORED_NAMES,
  isBackupFile,
  isOfFirstRun,
  MANIFEST_NAME,
  MANIFEST_TEMPORARY_NAME,
  segmentCopyName,
} from './backup-names.js';
import type { BackupManifest, ManifestCompanion, ManifestSegment } from './manifest.js';
import { readManifest } from './manifest-reader.js';
import { encodeManifest } from './manifest-writer.js';
import { isNotFound, type FileSystem } from '../os/file-system.js';
import { SegmentDirectory } from '../segment/segment-directory.js';
import { SegmentFile } from '../segment/segment-file.js';
import { ignoreUnsupported, lockIfPossible } from './remote-disk.js';

/** Each segment takes about 600 bytes in a manifest. */
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

/** The directory of a backup: its manifest and the files that the manifest lists. */
export class BackupDirectory {
  private constructor(
    private readonly directory: SegmentDirectory,
    /** The last complete backup; null before the first one. */
    readonly manifest: BackupManifest | null,
  ) {}

  /**
   * Opens a backup for reading.
   * @throws InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
   * @throws CorruptBackupError (`JOURNAL_CORRUPT_BACKUP`) without a manifest, or with a damaged one
   */
  static open(files: FileSystem, path: string): BackupDirectory & { readonly manifest: BackupManifest } {
    const directory = SegmentDirectory.open(files, path);
    try {
      const manifest = loadManifest(directory);
      if (manifest === null)
        throw new CorruptBackupError(
          directory.path,
          `it holds no ${MANIFEST_NAME}: it is no backup, or the first run did not finish`,
        );
      return new BackupDirectory(directory, manifest) as BackupDirectory & { manifest: BackupManifest };
    } catch (error) {
      directory.close();
      throw error;
    }
  }

  /**
   * Opens a directory for a new run of a backup; creates a missing one. One run at a time may use it.
   * @throws (rejects) BackupDirectoryError (`JOURNAL_BACKUP_DIRECTORY`) for a directory with other files, or
   * one that another run uses
   * @throws (rejects) CorruptBackupError (`JOURNAL_CORRUPT_BACKUP`)
   * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
   */
  static async openForWriting(files: FileSystem, path: string): Promise<BackupDirectory> {
    const directory = await SegmentDirectory.create(files, path);
    try {
      if (!lockIfPossible(directory))
        throw new BackupDirectoryError(directory.path, 'another backup is being written to it');
      const manifest = loadManifest(directory);
      if (manifest === null) assertOnlyLeftovers(directory);
      return new BackupDirectory(directory, manifest);
    } catch (error) {
      directory.close();
      throw error;
    }
  }

  get path(): string {
    return this.directory.path;
  }

  /** The number of the run that is being made. */
  get nextGeneration(): number {
    return (this.manifest?.generation ?? 0) + 1;
  }

  get files(): FileSystem {
    return this.directory.files;
  }

  pathOf(name: string): string {
    return this.directory.pathOf(name);
  }

  segmentPath({
    generation,
    startSequence,
    form,
  }: Pick<ManifestSegment, 'generation' | 'startSequence' | 'form'>): string {
    return this.pathOf(segmentCopyName(generation, startSequence, form));
  }

  companionPath({ generation, name }: Pick<ManifestCompanion, 'generation' | 'name'>): string {
    return this.pathOf(copyName(generation, name));
  }

  /**
   * Opens a copy, and checks its size.
   * @throws CorruptBackupError (`JOURNAL_CORRUPT_BACKUP`)
   * @throws IoError (`JOURNAL_IO`)
   */
  openCopy(path: string, sizeBytes: number): SegmentFile {
    let file: SegmentFile;
    try {
      file = this.directory.openForReading(path);
    } catch (cause) {
      if (isNotFound(cause)) throw new CorruptBackupError(path, 'it is missing', { cause });
      throw cause;
    }
    if (file.sizeBytes === sizeBytes) return file;
    file.close();
    throw new CorruptBackupError(path, `it has ${file.sizeBytes} bytes, not ${sizeBytes}`);
  }

  /** Whether a file is there with its size. */
  hasFile(path: string, sizeBytes: number): boolean {
    try {
      this.openCopy(path, sizeBytes).close();
      return true;
    } catch (error) {
      if (error instanceof CorruptBackupError) return false;
      throw error;
    }
  }

  /**
   * Makes the names of all copies durable, and writes the new manifest beside the present one.
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  async prepare(manifest: BackupManifest): Promise<void> {
    const { files } = this;
    await this.syncNames();
    const temporary = this.pathOf(MANIFEST_TEMPORARY_NAME);
    const fd = files.openFile(temporary, 'create');
    try {
      await files.writeInBackground(fd, Buffer.from(encodeManifest(manifest)), 0, temporary);
      await files.sync(fd, temporary);
    } finally {
      files.closeFile(fd, temporary);
    }
  }

  /**
   * Replaces the manifest by the prepared one: the backup changes in the moment of the rename. After an error
   * either may be there, so no file may be deleted.
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  async commit(): Promise<void> {
    this.directory.rename(MANIFEST_TEMPORARY_NAME, MANIFEST_NAME);
    await this.syncNames();
  }

  private async syncNames(): Promise<void> {
    const { files, path } = this;
    const fd = files.openDirectory(path);
    try {
      await files.syncDirectory(fd, path).catch(ignoreUnsupported);
    } finally {
      files.closeFile(fd, path);
    }
  }

  /**
   * Deletes the files of earlier runs, and of interrupted ones, that a manifest does not list. A file that
   * cannot be deleted stays for the next run.
   */
  removeUnlisted(manifest: BackupManifest | null): void {
    const listed = new Set([
      MANIFEST_NAME,
      ...(manifest?.segments ?? []).map((segment) => basename(this.segmentPath(segment))),
      ...(manifest?.companions ?? []).map(({ generation, name }) => copyName(generation, name)),
    ]);
    for (const { name, isFile } of this.files.list(this.path))
      if (isFile && isBackupFile(name) && !listed.has(name)) this.directory.discard(name);
  }

  close(): void {
    this.directory.close();
  }
}

/**
 * An interrupted first run leaves files without a manifest. Files of later runs belong to a backup that lost
 * its manifest, and everything else is not ours.
 */
function assertOnlyLeftovers(directory: SegmentDirectory): void {
  const others = directory.files
    .list(directory.path)
    .filter(({ name, isFile }) => !IGNORED_NAMES.has(name) && !(isFile && isOfFirstRun(name)));
  const foreign = others.find(({ name, isFile }) => !isFile || !isBackupFile(name));
  if (foreign !== undefined) {
    const reason = `it holds ${foreign.name} and no backup; use an empty directory, or one with an earlier backup`;
    throw new BackupDirectoryError(directory.path, reason);
  }
  const [copy] = others;
  if (copy !== undefined) {
    const reason = `${MANIFEST_NAME} is missing, but ${copy.name} belongs to an earlier backup`;
    throw new CorruptBackupError(directory.path, reason);
  }
}

function loadManifest(directory: SegmentDirectory): BackupManifest | null {
  const { files } = directory;
  const manifestPath = directory.pathOf(MANIFEST_NAME);
  let fd: number;
  try {
    fd = files.openFile(manifestPath, 'read');
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
  try {
    const sizeBytes = files.fileSize(fd, manifestPath);
    if (sizeBytes > MAX_MANIFEST_BYTES) throw new CorruptBackupError(manifestPath, 'it is too large');
    const bytes = Buffer.alloc(sizeBytes);
    files.read(fd, bytes, 0, manifestPath);
    return readManifest(bytes.toString('utf8'), manifestPath);
  } finally {
    files.closeFile(fd, manifestPath);
  }
}
