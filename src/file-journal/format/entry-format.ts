/**
 * The layout of one entry, as pure functions over a Buffer.
 *
 * Entries follow each other from offset 0 of a segment, without a file header, little-endian. This is the
 * format of orderbook-rs since 0.7.0 (src/orderbook/sequencer/file_journal.rs):
 *
 *     offset  0        4               12              20                20+N      24+N
 *             +--------+---------------+---------------+-----------------+---------+
 *             | length | sequence_num  | timestamp_ns  | payload (JSON)  | crc32   |
 *             | u32    | u64           | u64           | N bytes         | u32     |
 *             +--------+---------------+---------------+-----------------+---------+
 *                      |<--------- covered by crc32 (IEEE) ------------->|
 *                      |<------------------ length = 20 + N ----------------------->|
 *
 * A length of 0 marks the end of the written data.
 */
import { crc32OfView } from '../../common/index.js';
import { ENTRY_OVERHEAD_BYTES } from '../../journal-kit/index.js';

export { ENTRY_OVERHEAD_BYTES };
export const LENGTH_BYTES = 4;
/** Length, sequence and timestamp. */
export const HEADER_BYTES = 20;
export const CRC_BYTES = ENTRY_OVERHEAD_BYTES - HEADER_BYTES;
/** The smallest value of a length field: an empty payload. */
export const MIN_ENTRY_LENGTH = ENTRY_OVERHEAD_BYTES - LENGTH_BYTES;

export const SEQUENCE_OFFSET = 4;
export const TIMESTAMP_OFFSET = 12;

/**
 * Completes the entry at `offset`, whose payload is in place already: writes header and checksum around it.
 * @param view a DataView: its 64-bit stores cost a tenth of a Buffer's
 * @returns the offset after the entry
 */
export function finishEntry(
  view: DataView,
  offset: number,
  sequenceNum: bigint,
  timestampNs: bigint,
  payloadBytes: number,
): number {
  const length = MIN_ENTRY_LENGTH + payloadBytes;
  view.setUint32(offset, length, true);
  view.setBigUint64(offset + SEQUENCE_OFFSET, sequenceNum, true);
  view.setBigUint64(offset + TIMESTAMP_OFFSET, timestampNs, true);
  const crcOffset = offset + length;
  view.setUint32(crcOffset, computeCrc(view, offset, length), true);
  return crcOffset + CRC_BYTES;
}

/** Computes the checksum of the entry at `offset`. @param length the entry's length field */
export function computeCrc(view: DataView, offset: number, length: number): number {
  return crc32OfView(view, offset + LENGTH_BYTES, offset + length);
}

/** The payload as a view. @param length the entry's length field */
export function payloadView(bytes: Buffer, offset: number, length: number): Buffer {
  return bytes.subarray(offset + HEADER_BYTES, offset + length);
}

/** Describes why a length field cannot be that of an intact entry; null if it can. */
export function lengthFault(length: number, availableBytes: number): string | null {
  if (length < MIN_ENTRY_LENGTH) return `entry_length ${length} is below the minimum of ${MIN_ENTRY_LENGTH}`;
  if (LENGTH_BYTES + length > availableBytes) {
    return `entry_length ${length} reaches beyond the segment (${availableBytes} bytes left)`;
  }
  return null;
}
