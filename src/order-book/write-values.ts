import { isPlain, isWellFormed, writeJson } from '../serialization/index.js';
import type { AsciiWriter, Piece } from '../serialization/index.js';
import { isOrderId } from './ids.js';
import { USER_ID_LENGTH, USER_ID_WORDS, findUserId, learnUserId, userIdWords } from './user-id-cache.js';
import type { IntegerType, StringType } from './schema-elements.js';

/** Writes a value and the text around it. Throws {@link UNUSUAL}, or NO_ROOM. */
export type Write = (w: AsciiWriter, value: unknown) => void;

/**
 * Thrown by a writer for a value that it does not write: a wrong one, or one in an unusual shape, such as a
 * `number` for a bigint. The check then brings the value into its usual shape, or reports what is wrong and
 * where.
 */
export const UNUSUAL = Symbol('not the usual shape');

export function integerWriter(type: IntegerType, after: Piece): Write {
  if (type.as === 'number') {
    return (w, value) => {
      if (typeof value !== 'number' || !Number.isInteger(value)) throw UNUSUAL;
      if (value < type.minWritten || value > type.max) throw UNUSUAL;
      w.small(value);
      w.piece(after);
    };
  }
  if (!type.holdsU64) {
    return (w, value) => {
      if (typeof value !== 'bigint') throw UNUSUAL;
      writeInRange(w, value, type);
      w.piece(after);
    };
  }
  return (w, value) => {
    if (typeof value !== 'bigint') throw UNUSUAL;
    // Nearly all values are a u64, and comparing bigints costs as much as writing them.
    if (!w.u64(value)) writeInRange(w, value, type);
    w.piece(after);
  };
}

function writeInRange(w: AsciiWriter, value: bigint, { minWritten, max }: IntegerType): void {
  if (value < minWritten || value > max) throw UNUSUAL;
  w.integer(value);
}

export function booleanWriter(whenTrue: Piece, whenFalse: Piece): Write {
  return (w, value) => {
    if (typeof value !== 'boolean') throw UNUSUAL;
    w.piece(value ? whenTrue : whenFalse);
  };
}

/** Returns the writer of any JSON value except null. */
export function anyWriter(after: Piece, nesting: number): Write {
  return (w, value) => {
    if (value === undefined) throw UNUSUAL;
    w.text(jsonOf(value, nesting));
    w.piece(after);
  };
}

export function jsonOf(value: unknown, nesting: number): string {
  try {
    return writeJson(value, Array<string>(nesting).fill(''));
  } catch {
    // The check rejects the value again and reports the path.
    throw UNUSUAL;
  }
}

/**
 * Returns the writer of a text, between an opening that ends with its first quote and an `after` that begins
 * with its last quote. Each kind has its own closure, so that V8 inlines what it calls.
 */
export function stringWriter(of: StringType['of'], opening: Piece | null, after: Piece): Write {
  switch (of) {
    case 'order-id':
      return (w, value) => {
        if (typeof value !== 'string') throw UNUSUAL;
        if (opening !== null) w.piece(opening);
        writeOrderId(w, value);
        w.piece(after);
      };
    case 'user-id':
      return (w, value) => {
        if (typeof value !== 'string') throw UNUSUAL;
        if (opening !== null) w.piece(opening);
        writeUserId(w, value);
        w.piece(after);
      };
    case 'text':
      return (w, value) => {
        if (typeof value !== 'string') throw UNUSUAL;
        if (opening !== null) w.piece(opening);
        writeText(w, value);
        w.piece(after);
      };
  }
}

/**
 * Weights by character code: 0 for a lower-case hex digit, 1 for a dash, more than the sum of all dashes of
 * an id for others.
 */
const HEX_WEIGHTS = new Uint8Array(256).fill(0xff);
for (const digit of '0123456789abcdef') HEX_WEIGHTS[digit.charCodeAt(0)] = 0;
const DASH = 0x2d;
HEX_WEIGHTS[DASH] = 1;

/** Weights by character code: 0 for a decimal digit. */
const DECIMAL_WEIGHTS = new Uint8Array(256).fill(0xff);
for (const digit of '0123456789') DECIMAL_WEIGHTS[digit.charCodeAt(0)] = 0;
const ZERO = 0x30;
/** Every integer with at most this many digits is a u64. */
const U64_SAFE_DIGITS = 19;

const UUID_LENGTH = 36;
/** Positions of the dashes in a UUID, counted from its end. */
const UUID_DASHES = [13, 18, 23, 28] as const;

/** Writes an id. An id never requires an escape; the texts around it include its quotes. */
function writeOrderId(w: AsciiWriter, value: string): void {
  if (w.again(value)) return;
  if (value.length === UUID_LENGTH) {
    // The number of dashes is right, and each of their positions has one.
    if (w.weighed(value, HEX_WEIGHTS) !== UUID_DASHES.length) throw UNUSUAL;
    for (const back of UUID_DASHES) if (w.byteBefore(back) !== DASH) throw UNUSUAL;
  } else if (value.length <= U64_SAFE_DIGITS && value.length > 1 && value.charCodeAt(0) !== ZERO) {
    if (w.weighed(value, DECIMAL_WEIGHTS) !== 0) throw UNUSUAL;
  } else {
    if (!isOrderId(value)) throw UNUSUAL;
    w.text(value);
  }
  w.remember(value);
}

/** Writes a user id. The texts around it include its quotes. */
function writeUserId(w: AsciiWriter, value: string): void {
  if (value.length !== USER_ID_LENGTH) throw UNUSUAL;
  const place = findUserId(value);
  if (place >= 0) {
    w.words(userIdWords, place * USER_ID_WORDS, USER_ID_WORDS);
    return;
  }
  if (w.weighed(value, HEX_WEIGHTS) !== 0) throw UNUSUAL;
  const learned = learnUserId(value);
  if (learned >= 0) w.lastWords(userIdWords, learned * USER_ID_WORDS, USER_ID_WORDS);
}

/** Weights by character code: 0 for a character that needs no escape in JSON. */
const PLAIN_WEIGHTS = Uint8Array.from({ length: 256 }, (_, code) =>
  code < 0x80 && isPlain(String.fromCharCode(code)) ? 0 : 1,
);
/** Maximum length of a text that is written character by character; one native call writes longer texts. */
const SHORT_TEXT = 64;

/** Writes any text without its quotes. */
export function writeText(w: AsciiWriter, value: string): void {
  if (value.length <= SHORT_TEXT) {
    const start = w.writtenBytes;
    if (w.weighed(value, PLAIN_WEIGHTS) === 0) return;
    w.rewind(start);
  }
  if (!isPlain(value) && !isWellFormed(value)) throw UNUSUAL;
  w.text(JSON.stringify(value).slice(1, -1));
}
