/**
 * The CRC-32 of short ranges, sixteen bytes at a time from tables ("slicing by 16", Kounavis and Berry,
 * 2005).
 *
 * Measured on V8 11.3 to 14.6: 30 ns and 0.55 ns a byte. The native call takes 140 ns and 0.25 ns a byte, and
 * 35 ns and 112 bytes of garbage for the object that describes the range.
 */

const SLICE_BYTES = 16;
const BYTE_VALUES = 256;
/** Reversed, as in zlib. */
const POLYNOMIAL = 0xedb88320;

/**
 * What each value of a byte adds to the register: one table for each byte of a slice, that of its last byte
 * first.
 */
const TABLES = makeTables();

/** Returns the checksum of the bytes from `start` to `end`, as an unsigned number. */
export function slicedCrc32(view: DataView, start: number, end: number): number {
  let register = -1;
  let at = start;
  for (const last = end - SLICE_BYTES; at <= last; at += SLICE_BYTES) {
    const a = view.getInt32(at, true) ^ register;
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    register =
      added(15, a) ^
      added(14, a >>> 8) ^
      added(13, a >>> 16) ^
      added(12, a >>> 24) ^
      (added(11, b) ^ added(10, b >>> 8) ^ added(9, b >>> 16) ^ added(8, b >>> 24)) ^
      (added(7, c) ^ added(6, c >>> 8) ^ added(5, c >>> 16) ^ added(4, c >>> 24)) ^
      (added(3, d) ^ added(2, d >>> 8) ^ added(1, d >>> 16) ^ added(0, d >>> 24));
  }
  for (; at < end; at += 1) register = (register >>> 8) ^ added(0, register ^ view.getUint8(at));
  return ~register >>> 0;
}

/** What the lowest byte of `word` adds when `behind` bytes of its slice follow it. */
function added(behind: number, word: number): number {
  return TABLES[behind * BYTE_VALUES + (word & 0xff)] as number;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(SLICE_BYTES * BYTE_VALUES);
  for (let value = 0; value < BYTE_VALUES; value += 1) {
    let register = value;
    for (let bit = 0; bit < 8; bit += 1)
      register = (register & 1) === 1 ? (register >>> 1) ^ POLYNOMIAL : register >>> 1;
    tables[value] = register;
  }
  // The entry of the previous table, followed by one zero byte.
  for (let index = BYTE_VALUES; index < tables.length; index += 1) {
    const before = tables[index - BYTE_VALUES] as number;
    tables[index] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}
