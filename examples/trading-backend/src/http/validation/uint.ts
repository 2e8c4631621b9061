/** Largest quantity, u64. */
export const U64_MAX = (1n << 64n) - 1n;
/** Largest price or amount, u128. */
export const U128_MAX = (1n << 128n) - 1n;

const DECIMAL = /^(?:0|[1-9]\d*)$/;
/** No integer of the API has more digits than the largest u128. */
const MAX_DIGITS = U128_MAX.toString().length;

/**
 * An integer as JSON may carry it without loss: a decimal string, or a number that is safe. A number beyond
 * 2^53 was rounded by JSON.parse before we saw it.
 *
 * @returns null for anything else
 */
export function parseUint(value: unknown): bigint | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null;
  if (typeof value !== 'string' || value.length > MAX_DIGITS || !DECIMAL.test(value)) return null;
  return BigInt(value);
}
