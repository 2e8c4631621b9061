import { CorruptArchiveError } from '../../journal/index.js';
import { blockCodec, type BlockCodec } from '../format/block-codec.js';
import {
  BLOCK_BYTES,
  blockHeaderBytes,
  parseBlockHeader,
  type BlockSizes,
} from '../format/archive-format.js';
import type { ArchiveCompression } from '../format/archive-name.js';
import { decompressForeign, decompressNow } from './foreign-archive.js';
import type { SegmentFile } from './segment-file.js';
import { MemorySource, type SegmentSource } from './segment-source.js';

interface Block {
  /** Offset in the segment. */
  readonly offset: number;
  readonly rawBytes: number;
  /** Offset in the compressed file. */
  readonly fileOffset: number;
  readonly compressedBytes: number;
}

interface Damage {
  readonly fileOffset: number;
  readonly reason: string;
}

/**
 * Added to the known size after damage of unknown extent, so that a reader reaches the damage and reports
 * it.
 */
const UNKNOWN_REST_BYTES = 2 ** 32;

/**
 * Opens a compressed segment; the source owns `file`. A file that this package did not compress has no
 * blocks. It is decompressed as a whole, on the calling thread, up to 64 MiB.
 * @throws CompressionUnavailableError (`JOURNAL_COMPRESSION_UNAVAILABLE`)
 * @throws CorruptArchiveError (`JOURNAL_CORRUPT_ARCHIVE`)
 * @throws IoError (`JOURNAL_IO`)
 */
export function openCompressedSource(file: SegmentFile, compression: ArchiveCompression): SegmentSource {
  try {
    const codec = blockCodec(compression, file.path);
    if (hasBlocks(file, compression)) return new CompressedSource(file, compression, codec);
    const whole = decompressForeign(file, codec);
    file.close();
    return new MemorySource(whole);
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * A source of a compressed segment, whose window holds one decompressed block, or all blocks of a longer
 * entry.
 */
class CompressedSource implements SegmentSource {
  readonly sizeBytes: number;
  bytes: Buffer = Buffer.alloc(0);
  /** Offset in the segment of `bytes[0]`. */
  private start = 0;
  private readonly blocks: Block[] = [];
  /** Why the list of blocks is incomplete; null if it is complete. */
  private damage: Damage | null = null;
  /** The last decompressed block: its last entry may continue in the next one. */
  private latest: { readonly index: number; readonly raw: Buffer } | null = null;

  constructor(
    private readonly file: SegmentFile,
    compression: ArchiveCompression,
    private readonly codec: BlockCodec,
  ) {
    const knownBytes = this.findBlocks(compression);
    this.sizeBytes = this.damage === null ? knownBytes : knownBytes + UNKNOWN_REST_BYTES;
  }

  locate(offset: number, lengthBytes: number): number {
    const index = offset - this.start;
    if (index >= 0 && index + lengthBytes <= this.bytes.length) return index;
    const end = offset + lengthBytes;
    const parts: Buffer[] = [];
    let at = this.blockAt(offset);
    const first = this.blocks[at];
    for (let reached = offset; reached < end; at += 1) {
      const block = this.blocks[at];
      if (block === undefined) throw this.corrupt(this.damage);
      parts.push(this.decompressed(at, block));
      reached = block.offset + block.rawBytes;
    }
    this.bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    this.start = first?.offset ?? offset;
    return offset - this.start;
  }

  copyOf(offset: number, lengthBytes: number): Buffer {
    const index = this.locate(offset, lengthBytes);
    return this.bytes.subarray(index, index + lengthBytes);
  }

  forget(): void {} // archived segments do not change

  close(): void {
    this.file.close();
  }

  /** Lists the blocks. @returns how many bytes of the segment they hold */
  private findBlocks(compression: ArchiveCompression): number {
    const header = Buffer.alloc(blockHeaderBytes(compression));
    let fileOffset = 0;
    let offset = 0;
    let segmentBytes: number | null = null;
    while (fileOffset < this.file.sizeBytes && this.damage === null) {
      const left = this.file.sizeBytes - fileOffset;
      const sizes = left < header.length ? null : this.readHeader(header, fileOffset, compression);
      segmentBytes ??= sizes?.segmentBytes ?? null;
      if (sizes === null || sizes.compressedBytes > left || sizes.segmentBytes !== segmentBytes) {
        this.damage = { fileOffset, reason: 'no block begins there, or it is cut off' };
        return offset;
      }
      const { rawBytes, compressedBytes } = sizes;
      // Millions of tiny blocks would take minutes, and memory.
      if (rawBytes !== Math.min(BLOCK_BYTES, segmentBytes - offset)) {
        this.damage = {
          fileOffset,
          reason: `its header states ${rawBytes} bytes, which is not a valid block size`,
        };
        return offset;
      }
      this.blocks.push({ offset, rawBytes, fileOffset, compressedBytes });
      fileOffset += compressedBytes;
      offset += rawBytes;
    }
    if (offset !== segmentBytes)
      this.damage = { fileOffset, reason: `it ends there, and holds ${offset} of ${segmentBytes} bytes` };
    return offset;
  }

  private readHeader(target: Buffer, fileOffset: number, compression: ArchiveCompression): BlockSizes | null {
    this.file.read(target, fileOffset);
    return parseBlockHeader(compression, target);
  }

  /** Index of the block that holds `offset`; the number of blocks for an offset after them. */
  private blockAt(offset: number): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { offset: start, rawBytes } = this.blocks[middle] as Block;
      if (start + rawBytes <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private decompressed(index: number, { fileOffset, compressedBytes, rawBytes }: Block): Buffer {
    if (this.latest?.index === index) return this.latest.raw;
    const raw = decompressNow(this.file, this.codec, fileOffset, compressedBytes, rawBytes);
    if (raw.length !== rawBytes)
      throw this.corrupt({ fileOffset, reason: `the block has ${raw.length} bytes, not ${rawBytes}` });
    this.latest = { index, raw };
    return raw;
  }

  private corrupt(damage: Damage | null): CorruptArchiveError {
    const { fileOffset, reason } = damage ?? { fileOffset: this.file.sizeBytes, reason: 'it ends too early' };
    return new CorruptArchiveError(this.file.path, fileOffset, reason);
  }
}

function hasBlocks(file: SegmentFile, compression: ArchiveCompression): boolean {
  const header = Buffer.alloc(Math.min(blockHeaderBytes(compression), file.sizeBytes));
  file.read(header, 0);
  return parseBlockHeader(compression, header) !== null;
}
