/**
 * Maximum nesting that serde_json reads: its recursion limit is 128, and the 128th level fails. Arrays and
 * objects count alike.
 */
export const MAX_NESTING = 127;

/** Digits of the smallest integers that a double may not represent exactly: 2^53 has 16. */
const UNSAFE_DIGITS = 16;

/**
 * A number with fewer digits before its decimal point cannot overflow to Infinity; overflow takes 309 digits.
 */
const OVERFLOW_DIGITS = 300;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DOT = 0x2e;
const LETTER_E = 0x65;
const COLON = 0x3a;

/**
 * The accuracy of `JSON.parse` for a text. `exact`: the result is exact. A list of positions (start, end,
 * start, end …, in bytes): it is exact once the integers there are tagged. `careful`: it is not exact.
 */
type Scan = 'exact' | 'careful' | readonly number[];

/**
 * Scans JSON once, from byte `from`, for input that `JSON.parse` reads inexactly or accepts without limit:
 * integers beyond 2^53, numbers with an exponent or hundreds of digits, which may overflow to Infinity, and
 * nesting beyond {@link MAX_NESTING}. The scan does not check the syntax; the parser that follows does. It
 * reads bytes, because that is twice as fast as reading a string.
 * @param nesting the number of open brackets at `from`
 */
export function scanJson(bytes: Uint8Array, from = 0, nesting = 0): Scan {
  const length = bytes.length;
  let longIntegers: number[] | null = null;
  let at = from;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if (byte === MINUS || isDigit(byte)) {
      const start = at;
      at = endOfDigits(bytes, at + 1);
      const integerEnd = at;
      if (bytes[at] === DOT) {
        if (at - start >= OVERFLOW_DIGITS) return 'careful';
        at = endOfDigits(bytes, at + 1);
      }
      // `|= 0x20` turns E into e; undefined becomes 0x20.
      if (((bytes[at] as number) | 0x20) === LETTER_E) return 'careful';
      if (at === integerEnd && at - start >= UNSAFE_DIGITS && isLongInteger(bytes, start, at)) {
        (longIntegers ??= []).push(start, at);
      }
    } else {
      // `{` 0x7b and `[` 0x5b differ in one bit, as do `}` 0x7d and `]` 0x5d.
      const bracket = byte & 0xdf;
      if (bracket === 0x5b) {
        if (++nesting > MAX_NESTING) return 'careful';
      } else if (bracket === 0x5d) {
        nesting--;
      }
      at++;
    }
  }
  return longIntegers ?? 'exact';
}

/**
 * Returns the index after the string that starts at `at`; the length, or the length plus one, if the string
 * does not end.
 */
function endOfString(bytes: Uint8Array, at: number): number {
  const length = bytes.length;
  at++;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return at;
}

function endOfDigits(bytes: Uint8Array, at: number): number {
  const length = bytes.length;
  while (at < length && isDigit(bytes[at] as number)) at++;
  return at;
}

/**
 * Whether a number is a long integer to tag. Invalid numbers (leading zeros, numbers as keys) stay untagged,
 * so that `JSON.parse` rejects them.
 */
function isLongInteger(bytes: Uint8Array, start: number, end: number): boolean {
  const digits = bytes[start] === MINUS ? start + 1 : start;
  if (end - digits < UNSAFE_DIGITS || bytes[digits] === 0x30) return false;
  let next = end;
  while (isWhitespace(bytes[next])) next++;
  return bytes[next] !== COLON;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isWhitespace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
