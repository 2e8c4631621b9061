import { createHash } from 'node:crypto';
import type { FileSystem } from '../os/file-system.js';

/** Size of the pieces in which files are read and written. */
export const COPY_BLOCK_BYTES = 1024 * 1024;

/** What was written to a file. */
export interface WrittenFile {
  readonly dataBytes: number;
  /** SHA-256 of these bytes. */
  readonly sha256: string;
}

/** A new file, written from start to end. It is durable, except for its name, once `finish` has resolved. */
export class FileCopy {
  private readonly hash = createHash('sha256');
  private fd: number | null;
  private written = 0;

  /** Creates the file; replaces a leftover. @throws IoError (`JOURNAL_IO`) */
  constructor(
    private readonly files: FileSystem,
    readonly path: string,
  ) {
    this.fd = files.openFile(path, 'create');
  }

  async append(bytes: Buffer): Promise<void> {
    this.hash.update(bytes);
    await this.files.writeInBackground(this.open(), bytes, this.written, this.path);
    this.written += bytes.length;
  }

  /**
   * Completes the file.
   * @param sizeBytes of the whole file: zeros follow the data, and take no space where the file system has
   * sparse files.
   * @default the data
   */
  async finish(sizeBytes = this.written): Promise<WrittenFile> {
    const fd = this.open();
    // One zero byte at the end instead of a call that sets the size: fault injection covers writes.
    if (sizeBytes > this.written) this.files.write(fd, Buffer.alloc(1), sizeBytes - 1, this.path);
    await this.files.sync(fd, this.path);
    this.close();
    return { dataBytes: this.written, sha256: this.hash.digest('hex') };
  }

  /** Closes the file and deletes it, if it is not complete. Never throws. */
  discardIncomplete(): void {
    if (this.fd === null) return;
    try {
      this.close();
      this.files.unlink(this.path);
    } catch {
      // The next run removes it.
    }
  }

  private open(): number {
    return this.fd as number; // until `finish`
  }

  private close(): void {
    const fd = this.open();
    this.fd = null;
    this.files.closeFile(fd, this.path);
  }
}

/** Writes a whole file. */
export async function writeFile(
  files: FileSystem,
  path: string,
  write: (copy: FileCopy) => Promise<WrittenFile>,
): Promise<WrittenFile> {
  const copy = new FileCopy(files, path);
  try {
    return await write(copy);
  } finally {
    copy.discardIncomplete();
  }
}
