import { piece } from '../serialization/index.js';
import type { AsciiWriter, Piece } from '../serialization/index.js';
import { isPlain, isWellFormed } from '../serialization/index.js';
import { isOrderId } from './ids.js';
import { USER_ID_LENGTH, USER_ID_WORDS, findUserId, learnUserId, userIdWords } from './known-users.js';
import type { Side, TimeInForce } from './order.js';
import { U64 } from './schema.js';
import type { IntegerType } from './schema.js';

/**
 * Thrown as it is by the fast writers for a value they do not write: a wrong one, or one of unusual shape (a
 * `number` for a bigint, unknown fields). The careful writer then writes it, or says what is wrong and where.
 */
export const UNUSUAL = Symbol('not the usual shape');

/** The name of the only property, which is the variant. */
export function tagOf(value: object): string {
  // Not Object.keys: it makes an array. What is inherited counts, too, and then is unusual.
  let tag: string | null = null;
  for (const key in value) {
    if (tag !== null) throw UNUSUAL;
    tag = key;
  }
  if (tag === null) throw UNUSUAL;
  return tag;
}

/**
 * The same object, if it has this number of properties: with all known fields read from it, it then has no
 * others.
 */
export function withFields<T extends object>(value: T, count: number): T {
  if (typeof value !== 'object' || value === null) throw UNUSUAL;
  let properties = 0;
  for (const _ in value) properties++;
  if (properties !== count) throw UNUSUAL;
  return value;
}

/** An integer behind `before`. */
export function integer(w: AsciiWriter, before: Piece, value: bigint, type: IntegerType): void {
  if (typeof value !== 'bigint') throw UNUSUAL;
  w.piece(before);
  // Nearly all are, and comparing bigints costs as much as writing them.
  if (type.holdsU64 && w.u64(value)) return;
  if (value > type.max || value < type.minWritten) throw UNUSUAL;
  w.integer(value);
}

/** By character code: nothing for a lower-case hex digit, 1 for a dash, more than all dashes of an id for others. */
const HEX_WEIGHTS = new Uint8Array(256).fill(0xff);
for (const digit of '0123456789abcdef') HEX_WEIGHTS[digit.charCodeAt(0)] = 0;
const DASH = 0x2d;
HEX_WEIGHTS[DASH] = 1;

/** By character code: nothing for a decimal digit. */
const DECIMAL_WEIGHTS = new Uint8Array(256).fill(0xff);
for (const digit of '0123456789') DECIMAL_WEIGHTS[digit.charCodeAt(0)] = 0;
const ZERO = 0x30;
/** So many digits are a u64, whatever they are. */
const U64_SAFE_DIGITS = 19;

const UUID_LENGTH = 36;
/** Where the dashes of a UUID stand, counted from its end. */
const UUID_DASHES = [13, 18, 23, 28] as const;

/** An id behind `before`, which ends with the opening quote: no id needs an escape. The closing one is for what follows. */
export function orderId(w: AsciiWriter, before: Piece, value: string): void {
  if (typeof value !== 'string') throw UNUSUAL;
  w.piece(before);
  if (w.again(value)) return;
  if (value.length === UUID_LENGTH) {
    // As many dashes as there are places for them, and one in each of these.
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

/** A user id behind `before`, which ends with the opening quote. */
export function userId(w: AsciiWriter, before: Piece, value: string): void {
  if (typeof value !== 'string' || value.length !== USER_ID_LENGTH) throw UNUSUAL;
  w.piece(before);
  const place = findUserId(value);
  if (place >= 0) {
    w.words(userIdWords, place * USER_ID_WORDS, USER_ID_WORDS);
    return;
  }
  if (w.weighed(value, HEX_WEIGHTS) !== 0) throw UNUSUAL;
  const learned = learnUserId(value);
  if (learned >= 0) w.lastWords(userIdWords, learned * USER_ID_WORDS, USER_ID_WORDS);
}

/** By character code: nothing for what stands in JSON as it is. */
const PLAIN_WEIGHTS = Uint8Array.from({ length: 256 }, (_, code) =>
  code < 0x80 && isPlain(String.fromCharCode(code)) ? 0 : 1,
);
/** Longer texts are written by one call into native code. */
const SHORT_TEXT = 64;
const QUOTE = piece('"');

/** Any text behind `before`, with its quotes. */
export function text(w: AsciiWriter, before: Piece, value: string): void {
  if (typeof value !== 'string') throw UNUSUAL;
  w.piece(before);
  if (value.length <= SHORT_TEXT) {
    const start = w.writtenBytes;
    w.piece(QUOTE);
    if (w.weighed(value, PLAIN_WEIGHTS) === 0) {
      w.piece(QUOTE);
      return;
    }
    w.rewind(start);
  }
  if (!isPlain(value) && !isWellFormed(value)) throw UNUSUAL;
  w.text(JSON.stringify(value));
}

const TRUE = piece('true');
const FALSE = piece('false');
export const NULL = piece('null');

/** A boolean behind `before`. */
export function boolean(w: AsciiWriter, before: Piece, value: boolean): void {
  if (typeof value !== 'boolean') throw UNUSUAL;
  w.piece(before);
  w.piece(value ? TRUE : FALSE);
}

const COMMA = piece(',');
const CLOSE_LIST = piece(']');

/** A list behind `before`, which ends with the opening bracket. */
export function list<T>(
  w: AsciiWriter,
  before: Piece,
  items: readonly T[],
  write: (w: AsciiWriter, item: T) => void,
): void {
  if (!Array.isArray(items)) throw UNUSUAL;
  w.piece(before);
  for (let index = 0; index < items.length; index++) {
    if (index > 0) w.piece(COMMA);
    write(w, items[index] as T);
  }
  w.piece(CLOSE_LIST);
}

export function quotedOrderId(w: AsciiWriter, value: string): void {
  orderId(w, QUOTE, value);
  w.piece(QUOTE);
}

const BUY = piece('"BUY"');
const SELL = piece('"SELL"');

/** A side behind `before`. */
export function side(w: AsciiWriter, before: Piece, value: Side): void {
  if (value !== 'BUY' && value !== 'SELL') throw UNUSUAL;
  w.piece(before);
  w.piece(value === 'BUY' ? BUY : SELL);
}

/** Variants without content, and how they are written. */
export function writtenWords<T extends string>(...words: T[]): ReadonlyMap<T, Piece> {
  return new Map(words.map((word) => [word, piece(`"${word}"`)]));
}

/** One of `words` behind `before`. */
export function word<T extends string>(
  w: AsciiWriter,
  before: Piece,
  value: T,
  words: ReadonlyMap<T, Piece>,
): void {
  const written = words.get(value);
  if (written === undefined) throw UNUSUAL;
  w.piece(before);
  w.piece(written);
}

const GTC = piece('"GTC"');
const IOC = piece('"IOC"');
const FOK = piece('"FOK"');
const DAY = piece('"DAY"');
const GTD = piece('{"GTD":');
const CLOSE = piece('}');

/** A time in force behind `before`. */
export function timeInForce(w: AsciiWriter, before: Piece, value: TimeInForce): void {
  w.piece(before);
  switch (value) {
    case 'GTC':
      return w.piece(GTC);
    case 'IOC':
      return w.piece(IOC);
    case 'FOK':
      return w.piece(FOK);
    case 'DAY':
      return w.piece(DAY);
    default:
      integer(w, GTD, withFields(value, 1).GTD, U64);
      return w.piece(CLOSE);
  }
}
