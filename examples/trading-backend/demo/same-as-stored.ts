import { isDeepStrictEqual } from 'node:util';
import { parseJson, stringifyJson } from 'nestjs-file-journal';

/**
 * Whether two values are stored as the same JSON: a bigint equals the number of the same value, and undefined
 * equals a missing property.
 */
export function sameAsStored(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(asStored(left), asStored(right));
}

function asStored(value: unknown): unknown {
  return value === undefined ? null : parseJson(stringifyJson(value));
}
