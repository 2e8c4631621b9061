/**
 * Checks the checksums of many entries with one call.
 *
 * A call of the native CRC-32 costs as much as 700 bytes of its work, so one per entry is mostly calling. CRC-32 is linear: the
 * checksum of bytes that follow each other is `shift(crc(first), length of second) ^ crc(second)`. So what the stored
 * checksums of a run of entries claim can be put together to one checksum of the whole run, and compared with the one of the
 * bytes. Damage in one entry always shows (shifting is a bijection), damage in several as surely as CRC-32 shows it at all.
 */
import { crc32 } from '../serialization/crc32.js';
import { LENGTH_BYTES, MIN_ENTRY_LENGTH } from './entry-format.js';

/** Entries below 2^SHIFTS bytes. */
const SHIFTS = 16;
export const MAX_RUN_ENTRY_BYTES = 2 ** SHIFTS - 1;
const BYTE_VALUES = 256;
const WORD_VALUES = 4 * BYTE_VALUES;
/** Reversed, as in zlib. */
const POLYNOMIAL = 0xedb88320;

/**
 * The end of the entries from `index` on that lie before `limit` and within `maxBytes`, if all of them are intact.
 * @param view of the same bytes
 * @returns `index` where they are not, or where there are less than two
 */
export function intactRun(
  bytes: Buffer,
  view: DataView,
  index: number,
  limit: number,
  maxBytes: number,
): number {
  const stop = Math.min(limit, index + maxBytes);
  let claimed = 0;
  let count = 0;
  let at = index;
  while (at + LENGTH_BYTES + MIN_ENTRY_LENGTH <= stop) {
    const length = view.getUint32(at, true);
    const crcIndex = at + length;
    if (length < MIN_ENTRY_LENGTH || length > MAX_RUN_ENTRY_BYTES || crcIndex + LENGTH_BYTES > stop) break;
    const storedCrc = view.getInt32(crcIndex, true);
    claimed = appendWord(claimed, length);
    claimed = shift(claimed, length - LENGTH_BYTES) ^ storedCrc;
    claimed = appendWord(claimed, storedCrc);
    at = crcIndex + LENGTH_BYTES;
    count += 1;
  }
  return count > 1 && crc32(bytes, index, at) === claimed >>> 0 ? at : index;
}

/** The checksum of what has checksum `crc` and four more bytes. */
function appendWord(crc: number, word: number): number {
  return ~shiftBy(WORD_SHIFT, ~crc ^ word);
}

/** What `crc` contributes to a checksum when so many bytes follow. */
function shift(crc: number, byteCount: number): number {
  let shifted = crc;
  for (let left = byteCount, power = 0; left > 0; left >>>= 1, power += WORD_VALUES) {
    if ((left & 1) === 1) shifted = shiftBy(power, shifted);
  }
  return shifted;
}

/** The table of 2^2 bytes. */
const WORD_SHIFT = 2 * WORD_VALUES;

function shiftBy(table: number, crc: number): number {
  return (
    (TABLES[table + (crc & 0xff)] as number) ^
    (TABLES[table + 256 + ((crc >>> 8) & 0xff)] as number) ^
    (TABLES[table + 512 + ((crc >>> 16) & 0xff)] as number) ^
    (TABLES[table + 768 + (crc >>> 24)] as number)
  );
}

/** For each power of two of bytes, and each byte of a checksum: what that byte becomes. 64 KiB. */
const TABLES = shiftTables();

function shiftTables(): Int32Array {
  const tables = new Int32Array(SHIFTS * WORD_VALUES);
  // By bit of a checksum; first for one byte that follows.
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
