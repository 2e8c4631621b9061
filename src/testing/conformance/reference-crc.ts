import type { JournalEntry } from '../../journal/index.js';

/** Reversed polynomial of the IEEE CRC-32. */
const POLYNOMIAL = 0xedb88320;

/**
 * The CRC-32 that an entry must have: over sequence and timestamp (u64, little-endian) and payload. Computed
 * bit by bit, independent of the library's CRC, so that a fault there cannot hide itself.
 */
export function referenceCrc({ sequenceNum, timestampNs, payload }: JournalEntry): number {
  const header = new DataView(new ArrayBuffer(16));
  header.setBigUint64(0, sequenceNum, true);
  header.setBigUint64(8, timestampNs, true);
  const state = [new Uint8Array(header.buffer), payload].reduce(advance, 0xffffffff);
  return ~state >>> 0;
}

function advance(state: number, bytes: Uint8Array): number {
  let crc = state;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return crc;
}
