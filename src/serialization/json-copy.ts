import { MAX_NESTING } from './json-scan.js';
import { isPlain, isWellFormed, writeJson } from './json-write.js';
import { parseJsonBytes } from './lossless-json.js';

/** Thrown as it is, for values that need to be written to know what is read back. */
const UNUSUAL = Symbol('no plain data');

/**
 * What a value is once it was written and read back, with `nesting` brackets around it: what `writeJson` and
 * `parseJsonBytes` make of it, without the text where it is plain data. A test holds both alike.
 * @param name of the value, for errors
 * @throws SerializationError (`JOURNAL_SERIALIZATION`)
 */
export function copyAsStored(value: unknown, name: string, nesting = 1): unknown {
  try {
    return copyOf(value, nesting);
  } catch (error) {
    if (error !== UNUSUAL) throw error;
    return parseJsonBytes(Buffer.from(writeJson(value, [name])), 0, nesting);
  }
}

function copyOf(value: unknown, nesting: number): unknown {
  switch (typeof value) {
    case 'string':
      if (!isPlain(value) && !isWellFormed(value)) throw UNUSUAL;
      return value;
    case 'number':
      return copyOfNumber(value);
    case 'bigint': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    }
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      if (nesting >= MAX_NESTING) throw UNUSUAL;
      return Array.isArray(value) ? copyOfList(value, nesting + 1) : copyOfObject(value, nesting + 1);
    default:
      throw UNUSUAL;
  }
}

function copyOfNumber(value: number): number {
  // `-0` is written without its sign; a large integer is read as a bigint.
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) throw UNUSUAL;
  return value === 0 ? 0 : value;
}

function copyOfList(list: readonly unknown[], nesting: number): unknown[] {
  const copy: unknown[] = [];
  for (let index = 0; index < list.length; index++) copy.push(copyOf(list[index], nesting));
  return copy;
}

function copyOfObject(value: object, nesting: number): Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw UNUSUAL;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') throw UNUSUAL;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    if (key === '__proto__' || (!isPlain(key) && !isWellFormed(key))) throw UNUSUAL;
    copy[key] = copyOf(item, nesting);
  }
  return copy;
}
