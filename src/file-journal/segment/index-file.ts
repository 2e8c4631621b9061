/**
 * The file of a sparse index, beside its sealed segment, so that readers need not step through the segment.
 *
 * A missing, unreadable or wrong index costs time and no event: its checksum is verified when it is read, and
 * each place is compared with the segment when it is used. So the file is written without a sync.
 *
 *     magic 8 | segment start u64 | segment size u64 | places u64 |
 *     (sequence u64 | offset u64) x places | crc32 u32
 */
import { join } from 'node:path';
import { crc32 } from '../../common/index.js';
import type { FileSystem } from '../os/file-system.js';
import { indexName } from '../format/segment-name.js';
import { PLACE_BYTES, SparseIndex, STRIDE_BYTES } from './sparse-index.js';

const MAGIC = Buffer.from('NFJINDX1', 'latin1');
const HEADER_BYTES = 32;
const CRC_BYTES = 4;

/** The segment that an index belongs to. */
export interface IndexedSegment {
  /** From the file name. */
  readonly startSequence: bigint;
  readonly sizeBytes: number;
}

/** Reads the index of a segment. @returns null if there is no intact index for this segment */
export function loadIndex(files: FileSystem, directory: string, segment: IndexedSegment): SparseIndex | null {
  const path = join(directory, indexName(segment.startSequence));
  try {
    const fd = files.openFile(path, 'read');
    try {
      const sizeBytes = files.fileSize(fd, path);
      if (sizeBytes < HEADER_BYTES + CRC_BYTES || sizeBytes > maxBytes(segment)) return null;
      const bytes = Buffer.allocUnsafe(sizeBytes);
      files.read(fd, bytes, 0, path);
      return decodeIndex(bytes, segment);
    } finally {
      files.closeFile(fd, path);
    }
  } catch {
    return null; // missing or unreadable: reading the segment takes longer
  }
}

/** Writes the index of a segment on the thread pool. @throws (rejects) IoError (`JOURNAL_IO`) */
export async function storeIndex(
  files: FileSystem,
  directory: string,
  segment: IndexedSegment,
  index: SparseIndex,
): Promise<void> {
  const path = join(directory, indexName(segment.startSequence));
  const fd = files.openFile(path, 'create');
  try {
    await files.writeInBackground(fd, encodeIndex(index, segment), 0, path);
  } catch (error) {
    removeIndex(files, directory, segment.startSequence); // a partial index is useless
    throw error;
  } finally {
    files.closeFile(fd, path);
  }
}

/** Deletes the index of a segment that leaves the journal. */
export function removeIndex(files: FileSystem, directory: string, startSequence: bigint): void {
  try {
    files.unlink(join(directory, indexName(startSequence)));
  } catch {
    // does not exist; a leftover is never read
  }
}

export function encodeIndex(index: SparseIndex, segment: IndexedSegment): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + index.size * PLACE_BYTES + CRC_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeBigUInt64LE(segment.startSequence, 8);
  bytes.writeBigUInt64LE(BigInt(segment.sizeBytes), 16);
  bytes.writeBigUInt64LE(BigInt(index.size), 24);
  let at = HEADER_BYTES;
  for (const { sequence, offset } of index.places()) {
    bytes.writeBigUInt64LE(sequence, at);
    bytes.writeBigUInt64LE(BigInt(offset), at + 8);
    at += PLACE_BYTES;
  }
  bytes.writeUInt32LE(crc32(bytes, 0, at), at);
  return bytes;
}

/** @returns null for anything but an intact index of this segment */
export function decodeIndex(bytes: Buffer, segment: IndexedSegment): SparseIndex | null {
  const crcOffset = bytes.length - CRC_BYTES;
  if (crcOffset < HEADER_BYTES || (crcOffset - HEADER_BYTES) % PLACE_BYTES !== 0) return null;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  if (crc32(bytes, 0, crcOffset) !== bytes.readUInt32LE(crcOffset)) return null;
  if (bytes.readBigUInt64LE(8) !== segment.startSequence) return null;
  if (bytes.readBigUInt64LE(16) !== BigInt(segment.sizeBytes)) return null;
  const places = (crcOffset - HEADER_BYTES) / PLACE_BYTES;
  if (bytes.readBigUInt64LE(24) !== BigInt(places)) return null;
  return new SparseIndex(bytes.subarray(HEADER_BYTES, crcOffset));
}

function maxBytes({ sizeBytes }: IndexedSegment): number {
  return HEADER_BYTES + Math.ceil(sizeBytes / STRIDE_BYTES) * PLACE_BYTES + CRC_BYTES;
}
