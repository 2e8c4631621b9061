import { gettersOf, isOrdinary } from './ordinary-class.js';
import { isObjectPrototype, type Trail } from '../index.js';
import { reasonFor } from './difference-reason.js';

/** A difference between a value and its reloaded value: where it is, and why. */
interface Difference {
  /** The keys from the compared value to the difference. */
  readonly trail: Trail;
  readonly reason: string;
}

/** JSON holds no deeper nesting. The limit also ends cycles that the stored form does not show. */
const MAX_DEPTH = 200;

/**
 * Returns the first difference between a live value and its reloaded value; null if both are equal. Equal
 * values have the same primitives (`-0` is not `0`), classes, properties, times and bytes, and the same
 * entries of Maps and Sets in the same order.
 *
 * A property that is `undefined` equals a missing one, because JSON cannot distinguish them. Getters and text
 * conversions of a class count, too: they show the content of private fields. Other native objects are
 * compared by their text, if they have one.
 */
export function differenceOf(live: unknown, reloaded: unknown): Difference | null {
  return compare(live, reloaded, [], true);
}

/** @param trail of the values; unchanged afterwards, unless there is a difference */
function compare(live: unknown, reloaded: unknown, trail: Trail, withGetters: boolean): Difference | null {
  if (Object.is(live, reloaded)) return null;
  if (!isObject(live) || !isObject(reloaded)) return difference(live, reloaded, trail);
  if (!haveSameClass(live, reloaded)) return difference(live, reloaded, trail);
  if (trail.length > MAX_DEPTH) return { trail: trail.slice(0, 8), reason: 'it is nested too deeply' };
  if (!hasSameContent(live, reloaded)) return difference(live, reloaded, trail);
  return (
    compareEntries(live, reloaded, trail, withGetters) ??
    compareProperties(live, reloaded, trail, withGetters) ??
    (withGetters ? compareGetters(live, reloaded, trail) : null)
  );
}

function compareAt(
  key: string | number,
  live: unknown,
  reloaded: unknown,
  trail: Trail,
  withGetters: boolean,
): Difference | null {
  if (Object.is(live, reloaded)) return null;
  trail.push(key);
  const found = compare(live, reloaded, trail, withGetters);
  trail.pop();
  return found;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Whether two objects have the same class. Plain objects and arrays are the same in every realm: in Jest,
 * `structuredClone` returns objects of another realm.
 */
function haveSameClass(live: object, reloaded: object): boolean {
  const prototype = Object.getPrototypeOf(live) as object | null;
  const other = Object.getPrototypeOf(reloaded) as object | null;
  if (prototype === other) return true;
  if (prototype === null || other === null) return false;
  // `Array.prototype` is an array, too; the prototype of a subclass is not.
  if (Array.isArray(prototype) && Array.isArray(other)) return true;
  return isObjectPrototype(prototype) && isObjectPrototype(other);
}

/** Compares content that is neither in properties nor in entries. */
function hasSameContent(live: object, reloaded: object): boolean {
  if (Array.isArray(live)) return live.length === (reloaded as unknown[]).length;
  if (live instanceof Date) return Object.is(live.getTime(), (reloaded as Date).getTime());
  if (live instanceof Map || live instanceof Set) return live.size === (reloaded as Set<unknown>).size;
  if (ArrayBuffer.isView(live) || live instanceof ArrayBuffer) {
    return bytesOf(live).equals(bytesOf(reloaded as ArrayBuffer));
  }
  const prototype = Object.getPrototypeOf(live) as { constructor?: unknown; toString?: unknown } | null;
  if (prototype === null || isObjectPrototype(prototype) || isOrdinary(prototype.constructor)) return true;
  // Without its own toString(), the object does not show its content.
  return prototype.toString !== Object.prototype.toString && textOf(live) === textOf(reloaded);
}

function bytesOf(value: ArrayBufferView | ArrayBuffer): Buffer {
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
}

function textOf(value: object): string | null {
  try {
    return String(value);
  } catch {
    return null;
  }
}

function compareEntries(
  live: object,
  reloaded: object,
  trail: Trail,
  withGetters: boolean,
): Difference | null {
  if (live instanceof Map) {
    const others = [...(reloaded as Map<unknown, unknown>)];
    for (const [index, [key, item]] of [...(live as Map<unknown, unknown>)].entries()) {
      const [otherKey, other] = others[index] as [unknown, unknown];
      if (!Object.is(key, otherKey)) return { trail: [...trail], reason: reasonForKey(key, otherKey) };
      const found = compareAt(String(key), item, other, trail, withGetters);
      if (found !== null) return found;
    }
  } else if (live instanceof Set) {
    const others = [...(reloaded as Set<unknown>)];
    for (const [index, item] of [...(live as Set<unknown>)].entries()) {
      const found = compareAt(index, item, others[index], trail, withGetters);
      if (found !== null) return found;
    }
  }
  return null;
}

function reasonForKey(key: unknown, other: unknown): string {
  return typeof key === 'string'
    ? `the keys of a Map that look like array indexes read back in numeric order (${JSON.stringify(String(other))} before ` +
        `${JSON.stringify(key)}); store an array of pairs`
    : `a key of type ${typeof key} reads back as a string; use strings as keys, or store an array of pairs`;
}

function compareProperties(
  live: object,
  reloaded: object,
  trail: Trail,
  withGetters: boolean,
): Difference | null {
  // The bytes are already compared.
  if (ArrayBuffer.isView(live)) return null;
  const isList = Array.isArray(live);
  for (const key of enumerableKeys(live)) {
    const at = typeof key === 'string' && !(isList && /^[0-9]+$/.test(key)) ? key : placeOf(key);
    const item = (live as Record<PropertyKey, unknown>)[key];
    const found = compareAt(at, item, ownValue(reloaded, key), trail, withGetters);
    if (found !== null) return found;
  }
  for (const key of enumerableKeys(reloaded)) {
    if (Object.hasOwn(live, key)) continue;
    const item = (reloaded as Record<PropertyKey, unknown>)[key];
    const found = compareAt(placeOf(key), undefined, item, trail, withGetters);
    if (found !== null) return found;
  }
  return null;
}

function placeOf(key: string | symbol): string | number {
  if (typeof key === 'symbol') return String(key);
  return /^[0-9]+$/.test(key) ? Number(key) : key;
}

function enumerableKeys(object: object): (string | symbol)[] {
  const keys: (string | symbol)[] = Object.keys(object);
  for (const symbol of Object.getOwnPropertySymbols(object)) {
    if (Object.prototype.propertyIsEnumerable.call(object, symbol)) keys.push(symbol);
  }
  return keys;
}

function ownValue(object: object, key: PropertyKey): unknown {
  return Object.hasOwn(object, key) ? (object as Record<PropertyKey, unknown>)[key] : undefined;
}

/**
 * Compares the results of getters and conversions, except those that give two different results for the live
 * object.
 */
function compareGetters(live: object, reloaded: object, trail: Trail): Difference | null {
  for (const [name, read] of gettersOf(Object.getPrototypeOf(live) as object | null)) {
    const before = outcomeOf(() => read(live));
    const now = outcomeOf(() => read(reloaded));
    const after = outcomeOf(() => read(live));
    if (compare(before, after, [], false) !== null || compare(before, now, [], false) === null) continue;
    return {
      trail: [...trail, name],
      reason:
        'it has another value after a reload, because it reads data outside the stored properties (private fields are not stored)',
    };
  }
  return null;
}

function outcomeOf(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch {
    return { threw: true };
  }
}

function difference(live: unknown, reloaded: unknown, trail: Trail): Difference {
  return { trail: [...trail], reason: reasonFor(live, reloaded) };
}
