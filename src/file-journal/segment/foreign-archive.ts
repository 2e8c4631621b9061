import { CorruptArchiveError, messageOf } from '../../journal/index.js';
import type { BlockCodec } from '../format/block-codec.js';
import type { SegmentFile } from './segment-file.js';

/** A few kilobytes can hold gigabytes of zeros. */
const MAX_FOREIGN_BYTES = 64 * 1024 * 1024;

/**
 * Decompresses an archive that another program compressed, such as gzip. It has no blocks, so it is
 * decompressed as a whole.
 * @throws CorruptArchiveError (`JOURNAL_CORRUPT_ARCHIVE`) also for a segment that is larger than the limit
 */
export function decompressForeign(file: SegmentFile, codec: BlockCodec): Buffer {
  if (file.sizeBytes > MAX_FOREIGN_BYTES) throw tooLarge(file);
  try {
    return decompressNow(file, codec, 0, file.sizeBytes, MAX_FOREIGN_BYTES);
  } catch (error) {
    const { cause } = error as { cause?: { code?: unknown } };
    throw cause?.code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(file, error) : error;
  }
}

function tooLarge(file: SegmentFile, cause?: unknown): CorruptArchiveError {
  const reason =
    `it was not compressed by this package, and holds more than ${MAX_FOREIGN_BYTES} bytes; ` +
    'decompress it, for example with gunzip, and let compressArchived() compress it';
  return new CorruptArchiveError(file.path, 0, reason, { cause });
}

/** @throws CorruptArchiveError (`JOURNAL_CORRUPT_ARCHIVE`) */
export function decompressNow(
  file: SegmentFile,
  codec: BlockCodec,
  offset: number,
  lengthBytes: number,
  maxBytes?: number,
): Buffer {
  const compressed = Buffer.allocUnsafe(lengthBytes);
  file.read(compressed, offset);
  try {
    return codec.decompressNow(compressed, maxBytes);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new CorruptArchiveError(file.path, offset, `it cannot be decompressed: ${reason}`, { cause });
  }
}
