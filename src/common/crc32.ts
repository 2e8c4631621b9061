import * as zlib from 'node:zlib';
import CRC32 from 'crc-32';
import { slicedCrc32 } from './sliced-crc32.js';

/**
 * Available from Node.js 20.15 and 22.2 on. The import is a namespace import, because a named import would
 * fail to link in older versions.
 */
const native: ((data: Uint8Array, value?: number) => number) | undefined = zlib.crc32;

/**
 * Below this size the native call costs more than it saves. Measured: equal at 300 bytes, 3 times faster at
 * 64 KiB.
 */
const NATIVE_MIN_BYTES = 256;

/**
 * The IEEE CRC-32 (of zlib, PNG, the Rust crate crc32fast) of `bytes` from `start` to `end`, as an unsigned
 * number.
 * @param start @default 0
 * @param end exclusive @default the length
 * @param before the checksum of the preceding bytes @default no preceding bytes
 * @publicApi
 */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, before = 0): number {
  const whole = start === 0 && end === bytes.length;
  const range = whole ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
  return native !== undefined && range.length >= NATIVE_MIN_BYTES
    ? native(range, before)
    : portableCrc32(range, before);
}

/** Up to this size tables cost less than the native call. Measured: equal at 600 to 700 bytes. */
const SLICED_MAX_BYTES = 512;

/**
 * {@link crc32} of the bytes of a view from `start` to `end`. Makes no object for a short range: a writer
 * computes one for each entry.
 */
export function crc32OfView(view: DataView, start: number, end: number): number {
  if (end - start <= SLICED_MAX_BYTES || native === undefined) return slicedCrc32(view, start, end);
  // The `buffer` of a Buffer would be a call into the runtime; the view's is not.
  return native(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
}

/** The CRC-32 without native code: for Node.js versions whose zlib has no crc32, and for small inputs. */
export function portableCrc32(bytes: Uint8Array, before = 0): number {
  return CRC32.buf(bytes, before) >>> 0;
}
