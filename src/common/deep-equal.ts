/**
 * Whether two values would be stored alike: the same primitives, plain objects and class instances (of the
 * same class) with equal enumerable properties in any order, arrays, Dates, Maps and Sets in order. A
 * property that is undefined counts as absent; `-0` is not `0`. Anything else is equal only to itself.
 *
 * The nesting of `original` must be bounded; a cycle in `current` then ends at it.
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
  // Their content is not in their properties, so equal properties prove nothing.
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
