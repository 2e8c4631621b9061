import { SerializationError } from '../journal/index.js';
import {
  assertNothingHidden,
  convertedBy,
  pathOf,
  refuseUnreadable,
  toJsonOf,
  type Trail,
} from '../serialization/index.js';
import { setOwn } from '../serialization/index.js';
import { parseJson, stringifyJson } from '../serialization/index.js';

/**
 * State of an aggregate as JSON text that restores the same types. A bigint of any value stays a bigint,
 * which plain JSON integers cannot guarantee: `5n` is written as `{"$bigint":"5"}`, and a plain integer is
 * always a number.
 */

const BIGINT_KEY = '$bigint';
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * @throws SerializationError (`JOURNAL_SERIALIZATION`) for values that JSON cannot hold: functions, Map, Set,
 * NaN, cycles …
 */
export function encodeState(state: unknown): Uint8Array {
  return encoder.encode(stringifyJson(tagBigints(state, ['state'], new Set())));
}

/** @throws DeserializationError (`JOURNAL_DESERIALIZATION`) */
export function decodeState(payload: Uint8Array): unknown {
  return untagBigints(parseJson(decoder.decode(payload)));
}

function tagBigints(value: unknown, trail: Trail, parents: Set<object>): unknown {
  if (typeof value === 'bigint') return { [BIGINT_KEY]: value.toString() };
  // The JSON writer accepts a large integer only as a bigint. Bigints of the state are tagged, so this
  // untagged one is read back as a number.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return BigInt(value);
  if (typeof value !== 'object' || value === null) return value;
  if (parents.has(value)) throw new SerializationError('it contains itself', pathOf(trail));
  parents.add(value);
  const copy = tagWithin(value, trail, parents);
  parents.delete(value);
  return copy;
}

function tagWithin(value: object, trail: Trail, parents: Set<object>): unknown {
  try {
    if (Array.isArray(value)) {
      return Array.from(value, (item, index) => tagBigints(item, [...trail, index], parents));
    }
    const toJSON = toJsonOf(value, trail);
    if (toJSON !== null) return tagBigints(convertedBy(toJSON, value, trail), trail, parents);
    return tagProperties(value as Record<string, unknown>, trail, parents);
  } catch (error) {
    return refuseUnreadable(error, trail);
  }
}

function tagProperties(
  value: Record<string, unknown>,
  trail: Trail,
  parents: Set<object>,
): Record<string, unknown> {
  if (Object.hasOwn(value, BIGINT_KEY)) {
    throw new SerializationError(`a snapshot cannot contain a property named ${BIGINT_KEY}`, pathOf(trail));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) assertNothingHidden(value, trail);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of entries) setOwn(copy, key, tagBigints(item, [...trail, key], parents));
  return copy;
}

function untagBigints(value: unknown): unknown {
  // Bigints of the state are tagged, so this value was a number beyond 2^53.
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(untagBigints);
  const tagged = (value as Record<string, unknown>)[BIGINT_KEY];
  if (typeof tagged === 'string') return BigInt(tagged);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setOwn(copy, key, untagBigints(item));
  return copy;
}
