/**
 * Whether two values are equal once they are stored as JSON. A bigint equals the number of the same value, an
 * undefined property equals a missing one, null equals undefined, and a class instance equals its own
 * enumerable properties. For comparing the result of an aggregate with the result that a codec decoded.
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

/** A codec may decode a stored number as a bigint, or a bigint as a number. */
function sameNumber(number: number, bigint: bigint): boolean {
  return Number.isInteger(number) && BigInt(number) === bigint;
}
