import { CorruptEntryError, type EntryLocation } from '../journal/index.js';
import { crc32 } from '../common/index.js';

/** A stored event. Only the journal holds `payload` before it is read. */
export interface MemoryRecord {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  readonly storedCrc: number;
  readonly payload: Uint8Array;
}

/** The CRC-32 of this entry in a segment file: over sequence, timestamp (u64, little-endian) and payload. */
export function entryCrc(sequenceNum: bigint, timestampNs: bigint, payload: Uint8Array): number {
  const covered = new Uint8Array(16 + payload.byteLength);
  const header = new DataView(covered.buffer);
  header.setBigUint64(0, sequenceNum, true);
  header.setBigUint64(8, timestampNs, true);
  covered.set(payload, 16);
  return crc32(covered);
}

/** Detects that a reader has modified the stored bytes, which readers get without a copy. */
export function verifyCrc(record: MemoryRecord, location: EntryLocation): void {
  const actual = entryCrc(record.sequenceNum, record.timestampNs, record.payload);
  if (actual !== record.storedCrc) throw new CorruptEntryError(location, record.storedCrc, actual);
}
