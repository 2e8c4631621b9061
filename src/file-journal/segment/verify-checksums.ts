/**
 * Verifies the checksums of many entries with one call of the native CRC-32.
 *
 * The call itself costs as much as checksumming 700 bytes, so one call per entry is mostly overhead. But the
 * value of the CRC register after a run of intact entries follows from their lengths alone. After data and
 * its checksum the register always holds the same value, and CRC-32 is linear, so its value before only has
 * to be shifted. One call over all bytes shows whether the register holds the expected value.
 *
 * Damage in one entry always shows, because shifting is a bijection. Damage in several shows as surely as
 * CRC-32 shows any.
 */
import { crc32 } from '../../common/index.js';
import { LENGTH_BYTES, MIN_ENTRY_LENGTH } from '../format/entry-format.js';

/** Entries, length field included, are below 2^SHIFTS bytes. */
const SHIFTS = 16;
export const MAX_RUN_ENTRY_BYTES = 2 ** SHIFTS - 1 - LENGTH_BYTES;
const BYTE_VALUES = 256;
const WORD_VALUES = 4 * BYTE_VALUES;
/** Reversed, as in zlib. */
const POLYNOMIAL = 0xedb88320;

/**
 * Finds the end of the run of entries from `index` on, before `limit` and within `maxBytes`, if all of them
 * are intact.
 * @param view a view of the same bytes
 * @returns `index` if an entry is damaged, or if there are fewer than two
 */
export function verifyChecksums(
  bytes: Buffer,
  view: DataView,
  index: number,
  limit: number,
  maxBytes: number,
): number {
  const stop = Math.min(limit, index + maxBytes);
  fetch(bytes, index, stop);
  let register = ONES;
  let count = 0;
  let at = index;
  while (at + LENGTH_BYTES + MIN_ENTRY_LENGTH <= stop) {
    const length = view.getUint32(at, true);
    const next = at + LENGTH_BYTES + length;
    if (length < MIN_ENTRY_LENGTH || length > MAX_RUN_ENTRY_BYTES || next > stop) break;
    register = shift(register ^ length, LENGTH_BYTES + length) ^ ofIntact(length);
    at = next;
    count += 1;
  }
  return count > 1 && crc32(bytes, index, at) === ~register >>> 0 ? at : index;
}

const CACHE_LINE_BYTES = 64;
let _fetched = 0;

/**
 * Loads bytes into the processor's cache, all lines in parallel. Stepping from length to length waits for the
 * line of each one before it knows the next; that took a third of a scan.
 */
function fetch(bytes: Buffer, from: number, to: number): void {
  let sum = 0;
  for (let at = from; at < to; at += CACHE_LINE_BYTES) sum ^= bytes[at] as number;
  _fetched = sum; // so that the loop is not optimized away
}

/** The register after intact data and its checksum (RFC 1662, C.3: PPPGOODFCS32). */
const GOOD = 0xdebb20e3 | 0;
const ONES = -1;

/**
 * By length field: what an intact entry adds to the register. Filled on demand; 0 is a length not seen yet.
 */
const ADDED = new Int32Array(MAX_RUN_ENTRY_BYTES + 1);

function ofIntact(length: number): number {
  let added = ADDED[length] as number;
  if (added === 0) {
    added = shift(ONES, length) ^ GOOD;
    ADDED[length] = added;
  }
  return added;
}

/** The value of a register after `byteCount` zero bytes. */
function shift(register: number, byteCount: number): number {
  let shifted = register;
  for (let left = byteCount, power = 0; left > 0; left >>>= 1, power += WORD_VALUES) {
    if ((left & 1) === 1) {
      shifted =
        (TABLES[power + (shifted & 0xff)] as number) ^
        (TABLES[power + 256 + ((shifted >>> 8) & 0xff)] as number) ^
        (TABLES[power + 512 + ((shifted >>> 16) & 0xff)] as number) ^
        (TABLES[power + 768 + (shifted >>> 24)] as number);
    }
  }
  return shifted;
}

/**
 * For each power of two of zero bytes, and each byte of a register: the value of that byte after them. 64
 * KiB.
 */
const TABLES = shiftTables();

function shiftTables(): Int32Array {
  const tables = new Int32Array(SHIFTS * WORD_VALUES);
  // By bit of a register; first for one zero byte.
  let bits = Array.from({ length: 32 }, (_, bit) => shiftByOneByte(1 << bit));
  for (let table = 0; table < tables.length; table += WORD_VALUES) {
    for (let value = 0; value < WORD_VALUES; value += 1) {
      const firstBit = (value >>> 8) * 8;
      let shifted = 0;
      for (let bit = 0; bit < 8; bit += 1)
        if (((value >>> bit) & 1) === 1) shifted ^= bits[firstBit + bit] as number;
      tables[table + value] = shifted;
    }
    const apply = (crc: number): number =>
      (tables[table + (crc & 0xff)] as number) ^
      (tables[table + 256 + ((crc >>> 8) & 0xff)] as number) ^
      (tables[table + 512 + ((crc >>> 16) & 0xff)] as number) ^
      (tables[table + 768 + (crc >>> 24)] as number);
    bits = bits.map(apply); // twice as many bytes
  }
  return tables;
}

function shiftByOneByte(crc: number): number {
  let shifted = crc;
  for (let bit = 0; bit < 8; bit += 1)
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  return shifted;
}
