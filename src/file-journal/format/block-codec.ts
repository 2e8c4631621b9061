/** The two compressions; each works on one block at a time. */
import zlib from 'node:zlib';
import { promisify } from 'node:util';
import { blockHeaderBytes, parseBlockHeader } from './archive-format.js';
import type { ArchiveCompression } from './archive-name.js';
import { CompressionUnavailableError } from './compression-unavailable.error.js';

export interface BlockCodec {
  /** On the thread pool. The result is a complete gzip member, or zstd frame, with a checksum. */
  compress(raw: Buffer): Promise<Buffer>;
  /** On the calling thread; for iterations that are not async. Throws for what is damaged. */
  decompressNow(bytes: Buffer, maxBytes?: number): Buffer;
  /** On the thread pool. */
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** What Node.js 20 has no types for. */
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

/** Node.js ends with the first frame, also where that is one to be skipped: the header of a block. */
function withoutSkippable(bytes: Buffer): Buffer {
  const headerBytes = blockHeaderBytes('zstd');
  const isBlock = parseBlockHeader('zstd', bytes.subarray(0, headerBytes)) !== null;
  return isBlock ? bytes.subarray(headerBytes) : bytes;
}
