/** The largest quantity, u64. */
export const U64_MAX = (1n << 64n) - 1n;
/** The largest price or amount, u128. */
export const U128_MAX = (1n << 128n) - 1n;

const DECIMAL = /^(?:0|[1-9]\d*)$/;
/** No integer of the API has more digits than the largest u128. */
const MAX_DIGITS = U128_MAX.toString().length;

/**
 * Reads an integer in a form that JSON carries without loss: a decimal string, or a safe number. `JSON.parse`
 * has rounded a number beyond 2^53 before this function sees it.
 *
 * @returns null for anything else
 */
export function parseUint(value: unknown): bigint | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null;
  if (typeof value !== 'string' || value.length > MAX_DIGITS || !DECIMAL.test(value)) return null;
  return BigInt(value);
}
