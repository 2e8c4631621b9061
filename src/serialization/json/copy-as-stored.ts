import {
  assertNothingHidden,
  convertedBy,
  isWellFormed,
  readsBackAsNumber,
  refuseMalformed,
  refuseNesting,
  refuseNumber,
  refuseType,
  refuseUnreadable,
  toJsonOf,
  type Trail,
} from './json-rules.js';
import { setOwn } from './careful-parse.js';
import { MAX_NESTING } from './scan.js';

/**
 * Returns the value as it would read back: the result of `writeJson` and `parseJsonBytes`, without the text.
 * Each value is read once, so the copy holds one result of each getter and `toJSON`. A test compares the copy
 * with the text.
 * @param name of the value, for errors
 * @throws SerializationError (`JOURNAL_SERIALIZATION`)
 */
export function copyAsStored(value: unknown, name: string): unknown {
  return copyFrom(value, [name], 'as-read');
}

/**
 * {@link copyAsStored} for a value inside an event.
 * @param trail the path to the value, one key for each bracket around it
 */
export function copyWithin(value: unknown, trail: Trail): unknown {
  return copyFrom(value, [...trail], 'as-read');
}

/** {@link copyAsStored}, except that every bigint stays a bigint. */
export function copyAsPlain(value: unknown, name: string): unknown {
  return copyFrom(value, [name], 'kept');
}

/** The type of a bigint that is a safe integer. `as-read`: a number. `kept`: a bigint. */
export type Bigints = 'as-read' | 'kept';

function copyFrom(value: unknown, trail: Trail, bigints: Bigints): unknown {
  try {
    return copyOf(value, trail, bigints);
  } catch (error) {
    return refuseUnreadable(error, trail);
  }
}

function copyOf(value: unknown, trail: Trail, bigints: Bigints): unknown {
  switch (typeof value) {
    case 'string':
      if (!isWellFormed(value)) refuseMalformed(trail);
      return value;
    case 'number':
      if (!readsBackAsNumber(value)) refuseNumber(value, trail);
      return value;
    case 'bigint': {
      if (bigints === 'kept') return value;
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    }
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyOfObject(value, trail, bigints);
    default:
      return refuseType(value, trail);
  }
}

function copyOfObject(value: object, trail: Trail, bigints: Bigints): unknown {
  if (trail.length >= MAX_NESTING) refuseNesting(trail);
  return Array.isArray(value) ? copyOfList(value, trail, bigints) : copyOfProperties(value, trail, bigints);
}

function copyOfList(list: readonly unknown[], trail: Trail, bigints: Bigints): unknown[] {
  const copy: unknown[] = [];
  for (let index = 0; index < list.length; index++) {
    trail.push(index);
    copy.push(copyOf(list[index], trail, bigints));
    trail.pop();
  }
  return copy;
}

function copyOfProperties(value: object, trail: Trail, bigints: Bigints): unknown {
  const toJSON = toJsonOf(value, trail);
  if (toJSON !== null) return copyOf(convertedBy(toJSON, value, trail), trail, bigints);

  const keys = Object.keys(value);
  if (keys.length === 0) assertNothingHidden(value, trail);
  const copy: Record<string, unknown> = {};
  for (const key of keys) {
    trail.push(key);
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) {
      if (!isWellFormed(key)) refuseMalformed(trail);
      setOwn(copy, key, copyOf(item, trail, bigints));
    }
    trail.pop();
  }
  return copy;
}
