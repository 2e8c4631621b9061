/**
 * Two answers to "are these values the same?", for values that a journal stores:
 *
 * - {@link deepEqual} compares the values themselves, with their classes and types. It decides whether an
 *   event still matches its stored bytes.
 * - {@link sameJson} compares their JSON. It decides whether a live value matches the value that a codec
 *   decoded.
 */

/**
 * Whether two values are equal, including their types. Equal values are: the same primitives (`-0` is not
 * `0`); plain objects and instances of one class with equal enumerable properties in any order; arrays and
 * Dates; Maps and Sets in the same order. A property that is undefined equals a missing one. Any other object
 * is equal only to itself.
 *
 * The nesting of `original` must be bounded. That bound also ends the comparison of a cyclic `current`.
 */
export function deepEqual(original: unknown, current: unknown): boolean {
  if (original === current) return original !== 0 || Object.is(original, current);
  if (typeof original !== 'object' || typeof current !== 'object' || original === null || current === null) {
    return Number.isNaN(original) && Number.isNaN(current);
  }
  if (Array.isArray(original)) return Array.isArray(current) && equalLists(original, current);
  if (Object.getPrototypeOf(original) !== Object.getPrototypeOf(current)) return false;
  if (original instanceof Date) return current instanceof Date && original.getTime() === current.getTime();
  if (original instanceof Map || original instanceof Set) {
    return equalLists([...original], [...(current as Iterable<unknown>)]);
  }
  // The content of binary data is not in its properties, so equal properties prove nothing.
  if (ArrayBuffer.isView(original) || original instanceof ArrayBuffer) return false;
  return equalProperties(original as Record<string, unknown>, current as Record<string, unknown>);
}

function equalLists(original: readonly unknown[], current: readonly unknown[]): boolean {
  return (
    original.length === current.length && original.every((item, index) => deepEqual(item, current[index]))
  );
}

function equalProperties(original: Record<string, unknown>, current: Record<string, unknown>): boolean {
  for (const key of Object.keys(original)) {
    const mine = original[key];
    const other = Object.hasOwn(current, key) ? current[key] : undefined;
    if (!deepEqual(mine, other)) return false;
  }
  for (const key of Object.keys(current)) {
    if (current[key] !== undefined && !Object.hasOwn(original, key)) return false;
  }
  return true;
}

/**
 * Whether two values have the same JSON. A bigint equals the number of the same value, because a codec may
 * decode one as the other. A property that is undefined equals a missing one, and null equals undefined. A
 * class instance counts as its own enumerable properties.
 */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right || Object.is(left, right)) return true;
  const a = asJson(left);
  const b = asJson(right);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return samePrimitive(a, b);
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && sameItems(a, b);
  }
  return sameProperties(a as Record<string, unknown>, b as Record<string, unknown>);
}

function samePrimitive(a: unknown, b: unknown): boolean {
  if (typeof a === 'bigint' && typeof b === 'number') return sameNumber(b, a);
  if (typeof a === 'number' && typeof b === 'bigint') return sameNumber(a, b);
  return a === b;
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (!sameJson(a[index], b[index])) return false;
  return true;
}

function sameProperties(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keysOfA = Object.keys(a);
  const keysOfB = Object.keys(b);
  if (keysOfA.length !== keysOfB.length) return sameStoredProperties(a, b);
  // Usually both have the same properties in the same order.
  for (let index = 0; index < keysOfA.length; index += 1) {
    const key = keysOfA[index] as string;
    const mine = a[key];
    const other = b[key];
    if (key !== keysOfB[index] || mine === undefined || other === undefined)
      return sameStoredProperties(a, b);
    if (!sameJson(mine, other)) return false;
  }
  return true;
}

function sameStoredProperties(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keysOfA = storedKeys(a);
  if (keysOfA.length !== storedKeys(b).length) return false;
  return keysOfA.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
}

function storedKeys(value: Record<string, unknown>): string[] {
  return Object.keys(value).filter((key) => value[key] !== undefined);
}

function asJson(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  const toJSON = (value as { toJSON?: unknown }).toJSON;
  return typeof toJSON === 'function' ? (toJSON.call(value) as unknown) : value;
}

/**
 * Compares a number with a bigint: a codec may decode a stored number as a bigint, or a bigint as a number.
 */
function sameNumber(number: number, bigint: bigint): boolean {
  return Number.isInteger(number) && BigInt(number) === bigint;
}
