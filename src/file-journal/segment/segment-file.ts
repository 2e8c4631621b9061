import { basename } from 'node:path';
import { JournalClosedError } from '../../journal/index.js';
import { LENGTH_BYTES } from '../format/entry-format.js';
import { allocateExisting, allocateWithZeros } from '../os/allocate.js';
import { releaseMapping, type FileSystem } from '../os/file-system.js';

/** How groups are written: one positioned write, or stores into a mapping (as orderbook-rs does). */
export type WriterName = 'positioned' | 'mapped';

/**
 * Up to this size, a write into the page cache (~0.2 us/KiB) runs on the calling thread. Its sync starts at
 * once, without another trip through the thread pool.
 */
const INLINE_WRITE_MAX_BYTES = 1024 * 1024;
/** *Measured*: a sync of 25 KB takes 170 us instead of 255 us; sizes from 256 KiB to 1 MiB are equal. */
const ZEROS_AHEAD = Buffer.alloc(256 * 1024);

/** Closes the descriptors of files that were abandoned without `close`, as by an abandoned iterator. */
const abandoned = new FinalizationRegistry<OpenDescriptor>((descriptor) => descriptor.closeQuietly());

/** A file descriptor that is closed once: its number may soon mean another file. */
export class OpenDescriptor {
  private isClosed = false;

  constructor(
    private readonly files: FileSystem,
    readonly fd: number,
    private readonly path: string,
    /** The list that holds it while it is open. */
    private readonly listedIn: Set<OpenDescriptor> | null,
  ) {
    listedIn?.add(this);
  }

  get isOpen(): boolean {
    return !this.isClosed;
  }

  /** @param path the present name, for messages */
  close(path = this.path): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.listedIn?.delete(this);
    this.files.closeFile(this.fd, path);
  }

  /** Closes it and ignores an error. */
  closeQuietly(): void {
    try {
      this.close();
    } catch {
      // Nothing was written through it.
    }
  }
}

/** One open segment file, with positioned and mapped I/O. */
export class SegmentFile {
  readonly sizeBytes: number;
  /** The mapping of the mapped writer, `sizeBytes` long. The file is never truncated while it exists. */
  private mapping: Buffer | null = null;
  /**
   * Bytes below this offset were written before, if only with zeros. Writing them again changes no metadata.
   */
  private overwritableTo = 0;

  private constructor(
    private readonly files: FileSystem,
    /** Owned by this object. */
    private readonly descriptor: OpenDescriptor,
    private filePath: string,
    sizeBytes: number,
    private readonly writer: WriterName | null,
  ) {
    this.sizeBytes = sizeBytes;
    abandoned.register(this, descriptor, this);
  }

  /** @param listedIn the list that holds the descriptor while it is open */
  static openForReading(
    files: FileSystem,
    path: string,
    listedIn: Set<OpenDescriptor> | null = null,
  ): SegmentFile {
    return SegmentFile.opened(files, files.openFile(path, 'read'), path, null, listedIn);
  }

  private get fd(): number {
    return this.descriptor.fd;
  }

  static openForWriting(files: FileSystem, path: string, writer: WriterName): SegmentFile {
    return SegmentFile.opened(files, files.openFile(path, 'write'), path, writer);
  }

  /**
   * Creates a file of `sizeBytes` zeros with all its blocks allocated. Replaces a leftover of the same name.
   */
  static async create(
    files: FileSystem,
    path: string,
    sizeBytes: number,
    writer: WriterName,
  ): Promise<SegmentFile> {
    const fd = files.openFile(path, 'create');
    let isWritten: boolean;
    try {
      isWritten = await allocateWithZeros(files, fd, 0, sizeBytes, path);
      await files.sync(fd, path);
    } catch (error) {
      closer(files, fd, path)();
      throw error;
    }
    const file = SegmentFile.opened(files, fd, path, writer);
    if (isWritten) file.overwritableTo = sizeBytes;
    return file;
  }

  private static opened(
    files: FileSystem,
    fd: number,
    path: string,
    writer: WriterName | null,
    listedIn: Set<OpenDescriptor> | null = null,
  ): SegmentFile {
    try {
      const sizeBytes = files.fileSize(fd, path);
      return new SegmentFile(files, new OpenDescriptor(files, fd, path, listedIn), path, sizeBytes, writer);
    } catch (error) {
      closer(files, fd, path)();
      throw error;
    }
  }

  /**
   * Maps the whole file for reading. The caller releases the mapping, which outlives `close`.
   * @throws IoError
   */
  map(): Buffer {
    return this.files.map(this.fd, this.sizeBytes, false, this.path);
  }

  /** The mapping of the mapped writer; made on first use, and released by `close`. */
  private mappingToWrite(): Buffer {
    this.mapping ??= this.files.map(this.fd, this.sizeBytes, true, this.path);
    return this.mapping;
  }

  /**
   * Fills `target` from `offset`.
   * @throws IoError (`JOURNAL_IO`)
   * @throws JournalClosedError (`JOURNAL_CLOSED`) once the journal is closed
   */
  read(target: Buffer, offset: number): void {
    if (!this.descriptor.isOpen) throw new JournalClosedError();
    this.files.read(this.fd, target, offset, this.path);
  }

  /**
   * Writes whole entries, and the length field of the first one last, which makes all of them visible. So a
   * reader in another process never follows a length into bytes that are not written yet. Only zeros may
   * follow the entries.
   * @returns null if the write is already done
   */
  writeEntries(entries: Buffer, offset: number): Promise<void> | null {
    const behindLength = entries.subarray(LENGTH_BYTES);
    const length = entries.subarray(0, LENGTH_BYTES);
    if (this.writer === 'mapped') {
      const mapping = this.mappingToWrite();
      mapping.set(behindLength, offset + LENGTH_BYTES);
      mapping.set(length, offset);
      return null;
    }
    this.makeOverwritable(offset, entries.length);
    if (entries.length > INLINE_WRITE_MAX_BYTES) return this.writeInBackground(behindLength, length, offset);
    this.files.write(this.fd, behindLength, offset + LENGTH_BYTES, this.path);
    this.files.write(this.fd, length, offset, this.path);
    return null;
  }

  private async writeInBackground(behindLength: Buffer, length: Buffer, offset: number): Promise<void> {
    await this.files.writeInBackground(this.fd, behindLength, offset + LENGTH_BYTES, this.path);
    this.files.write(this.fd, length, offset, this.path);
  }

  /**
   * Writes zeros over the zeros ahead of small groups. The first sync of a range that was allocated but never
   * written commits file system metadata. This pays that price once for many groups, and changes no readable
   * byte.
   */
  private makeOverwritable(offset: number, lengthBytes: number): void {
    const end = offset + lengthBytes;
    if (end <= this.overwritableTo) return;
    if (lengthBytes > ZEROS_AHEAD.length / 4) {
      this.overwritableTo = end;
      return;
    }
    const zeros = Math.min(ZEROS_AHEAD.length, this.sizeBytes - end);
    if (zeros > 0) this.files.write(this.fd, ZEROS_AHEAD.subarray(0, zeros), end, this.path);
    this.overwritableTo = end + zeros;
  }

  /** Makes everything written so far durable. */
  sync(): Promise<void> {
    return this.files.sync(this.fd, this.path);
  }

  syncNow(): void {
    this.files.syncNow(this.fd, this.path);
  }

  /** Allocates the free end of the file, so that a write into it cannot run out of space. */
  async allocateFrom(offset: number): Promise<void> {
    if (offset >= this.sizeBytes) return;
    if (await allocateExisting(this.files, this.fd, offset, this.sizeBytes, this.path))
      this.overwritableTo = this.sizeBytes;
  }

  /** Drops cached pages, so that the next read comes from the device. */
  async evictCachedPages(): Promise<void> {
    await this.files.evictCachedPages(this.fd, this.path);
  }

  /** The next offset that may hold bytes other than zeros; null if there is none. */
  nextData(offset: number): number | null {
    return this.files.nextData(this.fd, offset);
  }

  nextHole(offset: number): number | null {
    return this.files.nextHole(this.fd, offset);
  }

  /** Overwrites bytes on the calling thread; for recovery. */
  overwrite(bytes: Uint8Array, offset: number): void {
    this.files.write(this.fd, bytes, offset, this.path);
  }

  /** The present path, for messages. */
  get path(): string {
    return this.filePath;
  }

  get name(): string {
    return basename(this.filePath);
  }

  noteRenamed(path: string): void {
    this.filePath = path;
  }

  close(): void {
    abandoned.unregister(this);
    const mapping = this.mapping;
    this.mapping = null;
    if (mapping !== null) releaseMapping(this.files, mapping, this.path);
    this.descriptor.close(this.path);
  }
}

function closer(files: FileSystem, fd: number, path: string): () => void {
  return () => {
    try {
      files.closeFile(fd, path);
    } catch {
      // no caller is left that could handle it
    }
  };
}
