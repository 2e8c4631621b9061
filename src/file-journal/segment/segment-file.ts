/** One open segment file: positioned and mapped I/O behind one class. */
import { basename } from 'node:path';
import { JournalClosedError } from '../../journal/index.js';
import { LENGTH_BYTES } from '../format/entry-format.js';
import { releaseMapping, type FileSystem } from '../os/file-system.js';

/** How groups reach the file: one positioned write, or stores into a mapping (as orderbook-rs does). */
export type WriterName = 'positioned' | 'mapped';

/** Up to this size a write into the page cache (~0.2 us/KiB) holds nobody up, and its sync starts without another trip through the thread pool. */
const INLINE_WRITE_MAX_BYTES = 1024 * 1024;
/** *Measured*: a sync of 25 KB into it 170 us instead of 255 us; from 256 KiB to 1 MiB alike. */
const ZEROS_AHEAD = Buffer.alloc(256 * 1024);
const ZERO_BLOCK = Buffer.alloc(4096);

/** Closes the descriptors of files that were dropped without closing (an abandoned iterator's). */
const abandoned = new FinalizationRegistry<OpenDescriptor>((descriptor) => descriptor.closeQuietly());

/** A file descriptor that is closed only once: its number may soon mean another file. */
export class OpenDescriptor {
  private isClosed = false;

  constructor(
    private readonly files: FileSystem,
    readonly fd: number,
    private readonly path: string,
    /** Where it is listed while it is open. */
    private readonly listedIn: Set<OpenDescriptor> | null,
  ) {
    listedIn?.add(this);
  }

  get isOpen(): boolean {
    return !this.isClosed;
  }

  /** @param path its name now, where that has changed; for messages */
  close(path = this.path): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.listedIn?.delete(this);
    this.files.closeFile(this.fd, path);
  }

  /** For cases in which an error is of no use. */
  closeQuietly(): void {
    try {
      this.close();
    } catch {
      // Nothing was written through it.
    }
  }
}

export class SegmentFile {
  readonly sizeBytes: number;
  /** The mapped writer's, once there is one. Its length is `sizeBytes`; the file is never truncated while it lives. */
  private mapping: Buffer | null = null;
  /** Written before, if only with zeros: what lies below is stored without a change of metadata. */
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

  /** @param listedIn where its descriptor is listed while it is open */
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

  /** A new file of `sizeBytes` zeros, really allocated; replaces a leftover of the same name. */
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

  /** Maps the whole file for reading. The caller releases the mapping, which outlives `close`. @throws IoError */
  map(): Buffer {
    return this.files.map(this.fd, this.sizeBytes, false, this.path);
  }

  /** Where the mapped writer stores; made on first use, and released by `close`. */
  private mappingToWrite(): Buffer {
    this.mapping ??= this.files.map(this.fd, this.sizeBytes, true, this.path);
    return this.mapping;
  }

  /** Fills `target` from `offset`. @throws IoError (`JOURNAL_IO`), JournalClosedError once the journal is closed */
  read(target: Buffer, offset: number): void {
    if (!this.descriptor.isOpen) throw new JournalClosedError();
    this.files.read(this.fd, target, offset, this.path);
  }

  /**
   * Writes whole entries so that the first one's length field, which makes all of them visible, comes last.
   * A reader in another process so never follows a length into bytes that are not there yet. Behind them there must be
   * nothing but zeros.
   * @returns null where that is done at once
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
   * Writes zeros over the zeros ahead of small groups: what was allocated but never written costs its first sync a commit of
   * the file system's metadata, and this pays for many groups at once. Changes nothing that anybody could read.
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

  /** Makes the file's free end real, so that writing into it cannot run out of space. */
  async allocateFrom(offset: number): Promise<void> {
    if (offset >= this.sizeBytes) return;
    if (await allocateExisting(this.files, this.fd, offset, this.sizeBytes, this.path))
      this.overwritableTo = this.sizeBytes;
  }

  /** Drops cached pages, so that the next read comes from the device. */
  async evictCachedPages(): Promise<void> {
    await this.files.evictCachedPages(this.fd, this.path);
  }

  /** The next offset that may hold something other than zeros; null when there is none. */
  nextData(offset: number): number | null {
    return this.files.nextData(this.fd, offset);
  }

  nextHole(offset: number): number | null {
    return this.files.nextHole(this.fd, offset);
  }

  /** Plain overwrite on the calling thread; for recovery. */
  overwrite(bytes: Uint8Array, offset: number): void {
    this.files.write(this.fd, bytes, offset, this.path);
  }

  /** For messages; where it was opened, or what it was renamed to since. */
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
      // nobody is left who could do anything about it
    }
  };
}

/**
 * Where the file system cannot allocate: zeros, in 4 KiB writes so that later writes stay small (no large folios).
 * @returns whether that was needed
 */
async function allocateWithZeros(
  files: FileSystem,
  fd: number,
  from: number,
  to: number,
  path: string,
): Promise<boolean> {
  if (files.allocate(fd, from, to - from, path)) return false;
  for (let offset = from; offset < to; offset += ZERO_BLOCK.length) {
    await files.writeInBackground(
      fd,
      ZERO_BLOCK.subarray(0, Math.min(ZERO_BLOCK.length, to - offset)),
      offset,
      path,
    );
  }
  return true;
}

/** The same for a tail that may hold data behind `from`: there only holes are filled. */
async function allocateExisting(
  files: FileSystem,
  fd: number,
  from: number,
  to: number,
  path: string,
): Promise<boolean> {
  if (files.allocate(fd, from, to - from, path)) return false;
  const block = Buffer.alloc(ZERO_BLOCK.length);
  for (let offset = from; offset < to; offset += block.length) {
    const part = block.subarray(0, Math.min(block.length, to - offset));
    files.read(fd, part, offset, path);
    await files.writeInBackground(fd, part, offset, path);
  }
  return true;
}
