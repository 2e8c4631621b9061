/**
 * The layout of a compressed segment: a sequence of blocks, each compressed by itself. Reading an entry
 * decompresses only the one or two blocks that contain it. To other programs the file is an ordinary `.gz` or
 * `.zst`: `gunzip` and `zstd -d` restore the segment byte for byte. Little-endian:
 *
 *     gzip: one member per block, the table of contents in its extra field (RFC 1952, 2.3.1.1)
 *     | 1f 8b 08 04 | time, flags, system 6 | extra length 2 = 20 | "FJ" | length 2 = 16 | sizes 16 |
 *     | deflated … | CRC 4 | size 4 |
 *
 *     zstd: a skippable frame (RFC 8878, 3.1.2), then the frame of the block
 *     | 50 2a 4d 18 | length 4 = 20 | "FJA1" | sizes 16 | frame … |
 *
 *     sizes: | bytes of the block in this file 4 | bytes decompressed 4 | bytes of the whole segment 8 |
 */
import type { ArchiveCompression } from './archive-name.js';

/** As large as the blocks of an ordinary reader. Decompressing one takes about a millisecond. */
export const BLOCK_BYTES = 256 * 1024;
/** Only a damaged header states more. */
const MAX_BLOCK_BYTES = 2 * BLOCK_BYTES;
/** The largest possible segment. */
const MAX_SEGMENT_BYTES = 2 ** 32;
const SIZES_BYTES = 16;

const GZIP_HEADER_BYTES = 10;
const GZIP_PREFIX = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 20, 0, 0x46, 0x4a, SIZES_BYTES, 0]);
const ZSTD_PREFIX = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 20, 0, 0, 0, 0x46, 0x4a, 0x41, 0x31]);
const PREFIXES: Readonly<Record<ArchiveCompression, Buffer>> = { gzip: GZIP_PREFIX, zstd: ZSTD_PREFIX };

export interface BlockSizes {
  /** Size of the block in the compressed file, this header included. */
  readonly compressedBytes: number;
  readonly rawBytes: number;
  readonly segmentBytes: number;
}

export function blockHeaderBytes(compression: ArchiveCompression): number {
  return PREFIXES[compression].length + SIZES_BYTES;
}

/**
 * Puts the header of a block around compressed data.
 * @param compressed a gzip member as zlib makes it (its header has no optional fields), or a zstd frame
 */
export function frameBlock(
  compression: ArchiveCompression,
  compressed: Buffer,
  rawBytes: number,
  segmentBytes: number,
): Buffer {
  const prefix = PREFIXES[compression];
  const data = compression === 'gzip' ? compressed.subarray(GZIP_HEADER_BYTES) : compressed;
  const block = Buffer.allocUnsafe(prefix.length + SIZES_BYTES + data.length);
  let at = prefix.copy(block);
  at = block.writeUInt32LE(block.length, at);
  at = block.writeUInt32LE(rawBytes, at);
  at = block.writeBigUInt64LE(BigInt(segmentBytes), at);
  data.copy(block, at);
  return block;
}

/** Reads the header of a block; null for a damaged one, and for anything else. */
export function parseBlockHeader(compression: ArchiveCompression, header: Buffer): BlockSizes | null {
  const prefix = PREFIXES[compression];
  if (header.length < prefix.length + SIZES_BYTES || !header.subarray(0, prefix.length).equals(prefix)) {
    return null;
  }
  const at = prefix.length;
  const compressedBytes = header.readUInt32LE(at);
  const rawBytes = header.readUInt32LE(at + 4);
  const segmentBytes = Number(header.readBigUInt64LE(at + 8));
  const isPossible =
    compressedBytes > header.length &&
    compressedBytes <= MAX_BLOCK_BYTES &&
    rawBytes > 0 &&
    rawBytes <= MAX_BLOCK_BYTES &&
    segmentBytes > 0 &&
    segmentBytes <= MAX_SEGMENT_BYTES;
  return isPossible ? { compressedBytes, rawBytes, segmentBytes } : null;
}
