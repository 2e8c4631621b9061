import { SerializationError } from '../journal/index.js';
import { setOwn } from '../serialization/json-parse.js';
import { parseJson, stringifyJson } from '../serialization/index.js';

/**
 * State of an aggregate as JSON text that gives back the same types: a bigint stays a bigint whatever its value, which
 * plain JSON integers cannot promise. `5n` is written `{"$bigint":"5"}`.
 */

const BIGINT_KEY = '$bigint';
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** @throws SerializationError (`JOURNAL_SERIALIZATION`) for what JSON cannot hold: functions, Map, Set, NaN, cycles … */
export function encodeState(state: unknown): Uint8Array {
  return encoder.encode(stringifyJson(tagBigints(state, 'state', new Set())));
}

/** @throws DeserializationError (`JOURNAL_DESERIALIZATION`) */
export function decodeState(payload: Uint8Array): unknown {
  return untagBigints(parseJson(decoder.decode(payload)));
}

function tagBigints(value: unknown, path: string, parents: Set<object>): unknown {
  if (typeof value === 'bigint') return { [BIGINT_KEY]: value.toString() };
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  if (parents.has(value)) throw new SerializationError('it contains itself', path);
  parents.add(value);
  const copy = Array.isArray(value)
    ? value.map((item, index) => tagBigints(item, `${path}[${index}]`, parents))
    : tagProperties(value as Record<string, unknown>, path, parents);
  parents.delete(value);
  return copy;
}

function tagProperties(
  value: Record<string, unknown>,
  path: string,
  parents: Set<object>,
): Record<string, unknown> {
  if (Object.hasOwn(value, BIGINT_KEY)) {
    throw new SerializationError(`a snapshot has no room for a property named ${BIGINT_KEY}`, path);
  }
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value))
    setOwn(copy, key, tagBigints(item, `${path}.${key}`, parents));
  return copy;
}

/** Everything else (Map, Date, typed arrays …) is left to the writer, which refuses or converts it as documented there. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  return Object.prototype.toString.call(value) === '[object Object]';
}

function untagBigints(value: unknown): unknown {
  // Every bigint has its tag: this was a number, beyond 2^53.
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(untagBigints);
  const tagged = (value as Record<string, unknown>)[BIGINT_KEY];
  if (typeof tagged === 'string') return BigInt(tagged);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setOwn(copy, key, untagBigints(item));
  return copy;
}
