import zlib from 'node:zlib';
import { promisify } from 'node:util';
import { blockHeaderBytes, parseBlockHeader } from './archive-format.js';
import type { ArchiveCompression } from './archive-name.js';
import { CompressionUnavailableError } from './compression-unavailable.error.js';

/** Compresses and decompresses one block at a time. */
export interface BlockCodec {
  /** Compresses on the thread pool. The result is a complete gzip member, or zstd frame, with a checksum. */
  compress(raw: Buffer): Promise<Buffer>;
  /** Decompresses on the calling thread, for synchronous iterations. Throws for damaged data. */
  decompressNow(bytes: Buffer, maxBytes?: number): Buffer;
  /** Decompresses on the thread pool. */
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** The zstd functions of zlib, which the types of Node.js 20 lack. */
interface Zstd {
  zstdCompress?: (
    bytes: Buffer,
    options: object,
    done: (error: Error | null, result: Buffer) => void,
  ) => void;
  zstdDecompress?: (bytes: Buffer, done: (error: Error | null, result: Buffer) => void) => void;
  zstdDecompressSync?: (bytes: Buffer, options: object) => Buffer;
  constants: { ZSTD_c_checksumFlag?: number };
}

const GZIP: BlockCodec = {
  compress: promisify((raw: Buffer, done: (error: Error | null, result: Buffer) => void) => {
    zlib.gzip(raw, done);
  }),
  decompressNow: (bytes, maxOutputLength) => zlib.gunzipSync(bytes, { maxOutputLength }),
  decompress: promisify((bytes: Buffer, done: (error: Error | null, result: Buffer) => void) => {
    zlib.gunzip(bytes, done);
  }),
};

/**
 * The codec of a compression.
 * @param path of the file that needs it, for the message
 * @throws CompressionUnavailableError (`JOURNAL_COMPRESSION_UNAVAILABLE`)
 */
export function blockCodec(compression: ArchiveCompression, path: string | null = null): BlockCodec {
  if (compression === 'gzip') return GZIP;
  const { zstdCompress, zstdDecompress, zstdDecompressSync, constants } = zlib as unknown as Zstd;
  if (zstdCompress === undefined || zstdDecompress === undefined || zstdDecompressSync === undefined) {
    throw new CompressionUnavailableError(compression, path);
  }
  const options = { params: { [constants.ZSTD_c_checksumFlag as number]: 1 } };
  return {
    compress: promisify((raw: Buffer, done: (error: Error | null, result: Buffer) => void) => {
      zstdCompress(raw, options, done);
    }),
    decompressNow: (bytes, maxOutputLength) =>
      zstdDecompressSync(withoutSkippable(bytes), { maxOutputLength }),
    decompress: promisify((bytes: Buffer, done: (error: Error | null, result: Buffer) => void) => {
      zstdDecompress(withoutSkippable(bytes), done);
    }),
  };
}

/**
 * Removes the header of a block, a skippable frame: Node.js stops after the first frame, even a skippable
 * one.
 */
function withoutSkippable(bytes: Buffer): Buffer {
  const headerBytes = blockHeaderBytes('zstd');
  const isBlock = parseBlockHeader('zstd', bytes.subarray(0, headerBytes)) !== null;
  return isBlock ? bytes.subarray(headerBytes) : bytes;
}
