import { DeserializationError, messageOf } from '../../journal/index.js';
import { parseJsonCarefully } from './careful-parse.js';
import { scanJson } from './scan.js';
import { writeJson } from './write.js';
import { decodeUtf8 } from '../../common/index.js';

/**
 * Marks a string that represents a long integer. DEL is one byte, is allowed in JSON strings, and rarely
 * occurs in them.
 */
const TAG = '\u007f';
const TAG_CODE = 0x7f;

/**
 * Parses JSON without losing integers: a `number` while safe (up to 2^53 - 1), a `bigint` beyond. Other
 * numbers are doubles, as in JavaScript; `-0` stays `-0`.
 *
 * Stricter than `JSON.parse`: a number too large for a double (`1e400`) and nesting beyond 127 levels (the
 * limit of serde_json) are errors. Like it: the last of two equal keys wins, keys that look like array
 * indices come first and in numeric order, `__proto__` becomes a plain own property.
 *
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
 * @publicApi
 */
export function parseJson(text: string): unknown {
  return parseScanned(text, Buffer.from(text), 0, 0);
}

/**
 * {@link parseJson} for UTF-8 bytes. The bytes before `from` are already checked: integers in them may lose
 * their last digits.
 * @param nesting the number of open brackets at `from`
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`), also when the bytes are not UTF-8
 */
export function parseJsonBytes(bytes: Uint8Array, from = 0, nesting = 0): unknown {
  return parseScanned(decodeUtf8(bytes), bytes, from, nesting);
}

function parseScanned(text: string, bytes: Uint8Array, from: number, nesting: number): unknown {
  const scan = scanJson(bytes, from, nesting);
  if (scan === 'exact') return parseNatively(text);
  // The positions count bytes. They equal character positions only in ASCII.
  if (scan === 'careful' || text.length !== bytes.length || mayHoldTag(text)) {
    return parseJsonCarefully(text, 'safe-numbers', from === 0 ? nesting : 0);
  }
  return untag(parseNatively(tagged(text, scan)));
}

/**
 * Returns the JSON text of a value, without spaces; `bigint`s are plain integers of any length. `parseJson`
 * reads every number back as the same number, including `-0`, and any other value as plain data.
 *
 * The following rules are those of `JSON.stringify`. Properties that are `undefined` and symbol keys are left
 * out. `toJSON` is called once; a Date is an ISO string. A class instance is stored as its own enumerable
 * properties. Doubles have their shortest form (`1e+21`). Two rules are those of serde_json: `-0` is written
 * `-0.0`, and a double below `0.00001` has an exponent (`1e-6`).
 *
 * Values that `JSON.stringify` loses silently are errors:
 * - functions, symbols, `undefined` at the top or in an array, NaN, Infinity, half a surrogate pair;
 * - an integer between `Number.MAX_SAFE_INTEGER` and 10^21 as a `number`, which would read back as a
 *   `bigint`: use a `bigint`;
 * - objects whose content is not in their own enumerable properties: Map, Set, Error, binary data, Headers,
 *   Intl objects, an invalid Date, an instance whose only data is private. `toJSON` gives such an object a
 *   form;
 * - cycles, and nesting beyond 127 levels.
 *
 * A class with private fields beside public ones is stored without the private ones.
 *
 * @throws SerializationError (`JOURNAL_SERIALIZATION`), with the path of the value
 * @publicApi
 */
export function stringifyJson(value: unknown): string {
  return writeJson(value, []);
}

function parseNatively(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DeserializationError(`not valid JSON: ${messageOf(cause)}`, { cause });
  }
}

/** Whether a string in the text may start with the tag, either raw or as an escape. */
function mayHoldTag(text: string): boolean {
  return text.includes(TAG) || text.includes('\\u007');
}

/**
 * Returns the text with the integers at `positions` (start, end, …) as strings, so that `JSON.parse` keeps
 * their digits.
 */
function tagged(text: string, positions: readonly number[]): string {
  let result = '';
  let done = 0;
  for (let index = 0; index < positions.length; index += 2) {
    const start = positions[index] as number;
    const end = positions[index + 1] as number;
    result += `${text.slice(done, start)}"${TAG}${text.slice(start, end)}"`;
    done = end;
  }
  return result + text.slice(done);
}

/** Converts tagged strings to integers, in place. The scan has already limited the nesting. */
function untag(value: unknown): unknown {
  if (typeof value === 'string') return value.charCodeAt(0) === TAG_CODE ? integerOf(value.slice(1)) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === 'object' || typeof item === 'string') value[index] = untag(item);
    }
    return value;
  }
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    const item = record[key];
    if (typeof item === 'object') untag(item);
    else if (typeof item === 'string' && item.charCodeAt(0) === TAG_CODE)
      record[key] = integerOf(item.slice(1));
  }
  return record;
}

function integerOf(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}
