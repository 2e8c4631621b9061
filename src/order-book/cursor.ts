import { isUtf8 } from 'node:buffer';
import { parseJsonBytes } from '../serialization/index.js';
import { USER_ID_LENGTH, knownUserIdAt, learnUserIdAt } from './user-id-cache.js';
import type { IntegerType } from './schema-elements.js';

/**
 * A position in a payload that is laid out exactly as serde writes it. The functions below throw {@link
 * NOT_AS_SERDE} for any other text, valid JSON or not. The codec then parses the payload as JSON.
 */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
  /** The first and the last id that was read, and where their bytes start. An event repeats its ids. */
  firstId: string;
  firstIdAt: number;
  lastId: string;
  lastIdAt: number;
}

export function cursorAt(bytes: Buffer, at: number): Cursor {
  return { bytes, at, firstId: '', firstIdAt: 0, lastId: '', lastIdAt: 0 };
}

/**
 * Thrown for any other layout. Not an Error, because making one costs more than parsing the payload as JSON.
 */
export const NOT_AS_SERDE = Symbol('not laid out as serde writes it');

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Skips `expected` and returns true if it is next. */
export function skip(cursor: Cursor, expected: Uint8Array): boolean {
  const { bytes, at } = cursor;
  const length = expected.length;
  for (let index = 0; index < length; index++) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  cursor.at = at + length;
  return true;
}

/** Skips `expected`, which must be next. */
export function take(cursor: Cursor, expected: Uint8Array): void {
  if (!skip(cursor, expected)) throw NOT_AS_SERDE;
}

/** Every number with at most this many digits is a safe integer. */
const SAFE_DIGITS = 15;

/** Reads an integer in the range of `type`. */
export function readInteger(cursor: Cursor, type: IntegerType): bigint {
  const { bytes, at: start } = cursor;
  const negative = bytes[start] === MINUS;
  const firstDigit = negative ? start + 1 : start;
  let at = firstDigit;
  let value = 0;
  for (;;) {
    const digit = (bytes[at] as number) - 0x30;
    // In this form `undefined - 0x30`, past the end, ends the loop too.
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
    at++;
  }
  cursor.at = at;
  const digits = at - firstDigit;
  // No digit, a leading zero, or `-0`, which serde does not accept as an integer. A fraction fails at the
  // text that must follow the number.
  if (digits === 0 || (bytes[firstDigit] === 0x30 && (negative || digits > 1))) throw NOT_AS_SERDE;
  if (negative && type.min === 0n) throw NOT_AS_SERDE;
  if (digits > type.maxDigits) throw NOT_AS_SERDE;
  const integer =
    digits <= SAFE_DIGITS ? BigInt(negative ? -value : value) : BigInt(bytes.toString('latin1', start, at));
  if (digits === type.maxDigits && (integer > type.max || integer < type.min)) throw NOT_AS_SERDE;
  return integer;
}

/** Reads a string after its opening quote, and its closing quote. */
export function readString(cursor: Cursor): string {
  const { bytes, at: start } = cursor;
  let at = start;
  let plain = true;
  for (;;) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) break;
    // In this form undefined, past the end, is rejected like a control character.
    if (!(byte >= 0x20)) throw NOT_AS_SERDE;
    if (byte === BACKSLASH) {
      plain = false;
      at++;
    } else if (byte > 0x7f) {
      plain = false;
    }
    at++;
  }
  cursor.at = at + 1;
  // A copy, because an id that lives for days must not keep its payload alive.
  return plain ? bytes.toString('latin1', start, at) : readUnusualString(bytes, start, at);
}

/** Reads an id like {@link readString}, and returns the same string for an id that the event repeats. */
export function readId(cursor: Cursor): string {
  const { at: start, firstId, lastId } = cursor;
  if (skipAgain(cursor, firstId, cursor.firstIdAt)) return firstId;
  if (skipAgain(cursor, lastId, cursor.lastIdAt)) return lastId;
  const id = readString(cursor);
  // Otherwise the bytes differ from the text, because it has escapes or is not ASCII.
  if (cursor.at - 1 - start === id.length) {
    cursor.lastId = id;
    cursor.lastIdAt = start;
    if (firstId === '') {
      cursor.firstId = id;
      cursor.firstIdAt = start;
    }
  }
  return id;
}

/** Reads a user id like {@link readString}, and returns the same string for an id that recurs. */
export function readUserId(cursor: Cursor): string {
  const { bytes, at: start } = cursor;
  const end = start + USER_ID_LENGTH;
  const known = bytes[end] === QUOTE ? knownUserIdAt(bytes, start) : null;
  if (known !== null) {
    cursor.at = end + 1;
    return known;
  }
  const id = readString(cursor);
  if (cursor.at === end + 1) learnUserIdAt(id, bytes, start);
  return id;
}

/**
 * Skips `id` and its closing quote and returns true if they are next. The bytes of the id start at `from`.
 */
function skipAgain(cursor: Cursor, id: string, from: number): boolean {
  const { bytes, at } = cursor;
  const length = id.length;
  if (length === 0 || bytes[at + length] !== QUOTE) return false;
  for (let index = 0; index < length; index++) {
    if (bytes[at + index] !== bytes[from + index]) return false;
  }
  cursor.at = at + length + 1;
  return true;
}

function readUnusualString(bytes: Buffer, start: number, end: number): string {
  if (!isUtf8(bytes.subarray(start, end))) throw NOT_AS_SERDE;
  const text = bytes.toString('utf8', start, end);
  if (!text.includes('\\')) return text;
  // The JSON parser judges escapes such as `\ud800`.
  if (/\\u[dD][89a-fA-F]/.test(text)) throw NOT_AS_SERDE;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    throw NOT_AS_SERDE;
  }
}

/**
 * Reads any JSON value by the rules of the generic codec.
 * @param nesting the number of open brackets around it
 */
export function readAny(cursor: Cursor, nesting: number): unknown {
  return parseJsonBytes(takeValue(cursor), 0, nesting);
}

/** Returns the bytes of any value, without checking that they are JSON. */
function takeValue(cursor: Cursor): Buffer {
  const { bytes, at: start } = cursor;
  let open = 0;
  let at = start;
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if (byte === OPEN || byte === OPEN_LIST) {
      open++;
    } else if (byte === COMMA || byte === CLOSE || byte === CLOSE_LIST) {
      if (open === 0) break;
      if (byte !== COMMA) open--;
    }
  }
  cursor.at = at;
  return bytes.subarray(start, at);
}

/** Returns the index of the closing quote. */
function endOfString(bytes: Buffer, quote: number): number {
  let at = quote + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
