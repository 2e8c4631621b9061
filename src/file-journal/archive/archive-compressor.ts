/**
 * Compresses archived segments, in an order that loses nothing when the process or the machine stops:
 *
 * 1. Write the compressed file under a temporary name, and sync it.
 * 2. Read it back from the device, decompress it, and compare length and CRC-32 with the original.
 * 3. Rename it, and sync the directory. From here on both forms exist, and readers use the plain one.
 * 4. Delete the plain file, and sync the directory.
 *
 * A stop before step 3 leaves a temporary file that the next run overwrites. A stop before step 4 repeats all
 * steps.
 */
import { IoError } from '../../journal/index.js';
import { crc32 } from '../../common/index.js';
import { blockCodec, type BlockCodec } from '../format/block-codec.js';
import { BLOCK_BYTES, blockHeaderBytes, frameBlock, parseBlockHeader } from '../format/archive-format.js';
import { archiveFileName, COMPRESSING_NAME, type ArchiveCompression } from '../format/archive-name.js';
import type { FileSystem } from '../os/file-system.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';

/** Size and checksum of the uncompressed content of a file. */
interface Digest {
  readonly bytes: number;
  readonly crc: number;
}

/** The sizes of a segment that was compressed. */
export interface CompressedSegment {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export interface CompressorHost {
  /** Called between blocks. If it returns true, `compress` stops and returns null. */
  isStopped(): boolean;
  /** Called if the directory cannot be synced: it is unknown which names in it survive a power cut. */
  onNamesUnsure(error: unknown): void;
}

export class ArchiveCompressor {
  private readonly files: FileSystem;
  private readonly codec: BlockCodec;
  private readonly temporary: string;

  /**
   * @throws CompressionUnavailableError (`JOURNAL_COMPRESSION_UNAVAILABLE`)
   */
  constructor(
    private readonly directory: SegmentDirectory,
    private readonly compression: ArchiveCompression,
    private readonly host: CompressorHost,
  ) {
    this.files = directory.files;
    this.codec = blockCodec(compression);
    this.temporary = directory.pathOf(COMPRESSING_NAME);
  }

  /**
   * @returns null if the run was stopped before the segment was compressed
   * @throws (rejects) IoError (`JOURNAL_IO`); the plain file, or a verified compressed one, exists
   */
  async compress(startSequence: bigint): Promise<CompressedSegment | null> {
    let sizes: CompressedSegment | null;
    try {
      sizes = await this.writeVerified(startSequence);
      if (sizes === null) return null;
      this.directory.rename(COMPRESSING_NAME, archiveFileName(startSequence, this.compression));
    } finally {
      this.directory.discard(COMPRESSING_NAME); // unless it was renamed
    }
    await this.syncNames();
    this.directory.remove(archiveFileName(startSequence, 'plain'));
    await this.syncNames();
    return sizes;
  }

  private async syncNames(): Promise<void> {
    try {
      await this.directory.sync();
    } catch (error) {
      this.host.onNamesUnsure(error);
      throw error;
    }
  }

  private async writeVerified(startSequence: bigint): Promise<CompressedSegment | null> {
    const path = this.directory.pathOf(archiveFileName(startSequence, 'plain'));
    return this.withFile(path, 'read', (source) =>
      this.withFile(this.temporary, 'create', async (target) => {
        const bytesBefore = this.files.fileSize(source, path);
        const written = await this.writeBlocks(source, path, bytesBefore, target);
        if (written === null) return null;
        await this.files.sync(target, this.temporary);
        await this.files.evictCachedPages(target, this.temporary);
        const bytesAfter = this.files.fileSize(target, this.temporary);
        const stored = await this.readBlocks(target, bytesAfter);
        if (stored === null) return null;
        if (stored.bytes !== written.bytes || stored.crc !== written.crc) {
          throw new IoError('read', this.temporary, 'EIO', {
            hint: `it does not decompress to ${path}, which was kept; check the disk and the memory of this machine`,
          });
        }
        return { bytesBefore, bytesAfter };
      }),
    );
  }

  private async writeBlocks(
    source: number,
    path: string,
    sizeBytes: number,
    target: number,
  ): Promise<Digest | null> {
    let crc = 0;
    let written = 0;
    for (let at = 0; at < sizeBytes; at += BLOCK_BYTES) {
      if (this.host.isStopped()) return null;
      const raw = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, sizeBytes - at));
      this.files.read(source, raw, at, path);
      crc = crc32(raw, 0, raw.length, crc);
      const compressed = await this.codec.compress(raw);
      const block = frameBlock(this.compression, compressed, raw.length, sizeBytes);
      await this.files.writeInBackground(target, block, written, this.temporary);
      written += block.length;
    }
    return { bytes: sizeBytes, crc };
  }

  private async readBlocks(file: number, sizeBytes: number): Promise<Digest | null> {
    const headerBytes = blockHeaderBytes(this.compression);
    let crc = 0;
    let bytes = 0;
    for (let at = 0; at < sizeBytes;) {
      if (this.host.isStopped()) return null;
      const header = Buffer.allocUnsafe(Math.min(headerBytes, sizeBytes - at));
      this.files.read(file, header, at, this.temporary);
      const sizes = parseBlockHeader(this.compression, header);
      if (sizes === null) return { bytes, crc };
      const block = Buffer.allocUnsafe(Math.min(sizes.compressedBytes, sizeBytes - at));
      this.files.read(file, block, at, this.temporary);
      const raw = await this.codec.decompress(block);
      crc = crc32(raw, 0, raw.length, crc);
      bytes += raw.length;
      at += block.length;
    }
    return { bytes, crc };
  }

  private async withFile<T>(
    path: string,
    mode: 'read' | 'create',
    use: (fd: number) => Promise<T>,
  ): Promise<T> {
    const fd = this.files.openFile(path, mode);
    try {
      return await use(fd);
    } finally {
      this.files.closeFile(fd, path);
    }
  }
}
