/**
 * Returns the only key of an object; null if it has none, or more than one. The result is that of
 * `Object.keys`, without the list.
 */
export function onlyKeyOf(value: object): string | null {
  let only: string | null = null;
  for (const key in value) {
    // Inherited keys come last; a plain object has none.
    if (!Object.hasOwn(value, key)) continue;
    if (only !== null) return null;
    only = key;
  }
  return only;
}
