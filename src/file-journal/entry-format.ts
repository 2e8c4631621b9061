/**
 * One entry as bytes. Pure functions over a Buffer; no I/O.
 *
 * Little-endian, one entry after the other from offset 0 of a segment, no file header (as orderbook-rs 0.7.0 … 0.12.1
 * writes it, src/orderbook/sequencer/file_journal.rs):
 *
 *     offset  0        4               12              20                20+N      24+N
 *             +--------+---------------+---------------+-----------------+---------+
 *             | length | sequence_num  | timestamp_ns  | payload (JSON)  | crc32   |
 *             | u32    | u64           | u64           | N bytes         | u32     |
 *             +--------+---------------+---------------+-----------------+---------+
 *                      |<--------- covered by crc32 (IEEE) ------------->|
 *                      |<------------------ length = 20 + N ----------------------->|
 *
 * A length of 0 is the end of the written data.
 */
import { crc32 } from '../serialization/crc32.js';

export const LENGTH_BYTES = 4;
/** Length, sequence and timestamp. */
export const HEADER_BYTES = 20;
export const CRC_BYTES = 4;
/** What an entry takes beside its payload. */
export const ENTRY_OVERHEAD_BYTES = HEADER_BYTES + CRC_BYTES;
/** The smallest value a length field can have (an empty payload). */
export const MIN_ENTRY_LENGTH = ENTRY_OVERHEAD_BYTES - LENGTH_BYTES;

const SEQUENCE_OFFSET = 4;
const TIMESTAMP_OFFSET = 12;

/** Bytes an entry takes in a segment. */
export function entrySizeBytes(payloadBytes: number): number {
  return ENTRY_OVERHEAD_BYTES + payloadBytes;
}

/** Writes a whole entry at `offset`. @returns the offset after it */
export function writeEntry(
  target: Buffer,
  offset: number,
  sequenceNum: bigint,
  timestampNs: bigint,
  payload: Uint8Array,
): number {
  const length = MIN_ENTRY_LENGTH + payload.length;
  target.writeUInt32LE(length, offset);
  target.writeBigUInt64LE(sequenceNum, offset + SEQUENCE_OFFSET);
  target.writeBigUInt64LE(timestampNs, offset + TIMESTAMP_OFFSET);
  target.set(payload, offset + HEADER_BYTES);
  const crcOffset = offset + length;
  target.writeUInt32LE(crc32(target, offset + LENGTH_BYTES, crcOffset), crcOffset);
  return crcOffset + CRC_BYTES;
}

export function readLength(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset);
}

export function readSequence(bytes: Buffer, offset: number): bigint {
  return bytes.readBigUInt64LE(offset + SEQUENCE_OFFSET);
}

export function readTimestamp(bytes: Buffer, offset: number): bigint {
  return bytes.readBigUInt64LE(offset + TIMESTAMP_OFFSET);
}

/** @param length the entry's length field */
export function readStoredCrc(bytes: Buffer, offset: number, length: number): number {
  return bytes.readUInt32LE(offset + length);
}

/** @param length the entry's length field */
export function computeCrc(bytes: Buffer, offset: number, length: number): number {
  return crc32(bytes, offset + LENGTH_BYTES, offset + length);
}

/** The payload as a view. @param length the entry's length field */
export function payloadView(bytes: Buffer, offset: number, length: number): Buffer {
  return bytes.subarray(offset + HEADER_BYTES, offset + length);
}

/** What no intact entry's length field can be, said in words; null for a possible one. */
export function lengthFault(length: number, availableBytes: number): string | null {
  if (length < MIN_ENTRY_LENGTH) return `entry_length ${length} is below the minimum of ${MIN_ENTRY_LENGTH}`;
  if (LENGTH_BYTES + length > availableBytes) {
    return `entry_length ${length} reaches beyond the segment (${availableBytes} bytes left)`;
  }
  return null;
}
