type KeysOfUnion<T> = T extends string ? T : T extends object ? keyof T & string : never;

/**
 * Returns the name of the variant of an externally tagged value, which is how serde writes enums: the string
 * itself (`'CancelAll'`), or the only key of the object (`{ AddOrder: … }`).
 *
 * @example
 * switch (variantOf(command)) { case 'CancelAll': …; case 'AddOrder': … }
 * @publicApi
 */
export function variantOf<T extends string | object>(value: T): KeysOfUnion<T> {
  if (typeof value === 'string') return value as KeysOfUnion<T>;
  // The first own key without allocating the list of all of them.
  for (const key in value) return key as unknown as KeysOfUnion<T>;
  return '' as KeysOfUnion<T>;
}
