import {
  assertNothingHidden,
  convertedBy,
  isPlain,
  isWellFormed,
  readsBackAsNumber,
  refuseMalformed,
  refuseNesting,
  refuseNumber,
  refuseType,
  refuseUnreadable,
  toJsonOf,
  type Trail,
} from './json-form.js';
import { setOwn } from './json-parse.js';
import { MAX_NESTING } from './json-scan.js';

/**
 * What a value is once it was written and read back, with `nesting` brackets around it: what `writeJson` and
 * `parseJsonBytes` make of it, without the text. Reads everything once: the copy is what a getter or a `toJSON` gave
 * that one time. A test compares it with the text.
 * @param name of the value, for errors
 * @throws SerializationError (`JOURNAL_SERIALIZATION`)
 */
export function copyAsStored(value: unknown, name: string, nesting = 1): unknown {
  // As long as there are brackets around the value: its length is the nesting.
  const trail: Trail = nesting === 1 ? [name] : Array<string>(nesting).fill(name);
  try {
    return copyOf(value, trail);
  } catch (error) {
    return refuseUnreadable(error, trail);
  }
}

function copyOf(value: unknown, trail: Trail): unknown {
  switch (typeof value) {
    case 'string':
      if (!isPlain(value) && !isWellFormed(value)) refuseMalformed(trail);
      return value;
    case 'number':
      if (!readsBackAsNumber(value)) refuseNumber(value, trail);
      return value;
    case 'bigint': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    }
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyOfObject(value, trail);
    default:
      return refuseType(value, trail);
  }
}

function copyOfObject(value: object, trail: Trail): unknown {
  if (trail.length >= MAX_NESTING) refuseNesting(trail);
  return Array.isArray(value) ? copyOfList(value, trail) : copyOfProperties(value, trail);
}

function copyOfList(list: readonly unknown[], trail: Trail): unknown[] {
  const copy: unknown[] = [];
  for (let index = 0; index < list.length; index++) {
    trail.push(index);
    copy.push(copyOf(list[index], trail));
    trail.pop();
  }
  return copy;
}

function copyOfProperties(value: object, trail: Trail): unknown {
  const toJSON = toJsonOf(value, trail);
  if (toJSON !== null) return copyOf(convertedBy(toJSON, value, trail), trail);

  const keys = Object.keys(value);
  if (keys.length === 0) assertNothingHidden(value, trail);
  const copy: Record<string, unknown> = {};
  for (const key of keys) {
    trail.push(key);
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) {
      if (!isPlain(key) && !isWellFormed(key)) refuseMalformed(trail);
      setOwn(copy, key, copyOf(item, trail));
    }
    trail.pop();
  }
  return copy;
}
