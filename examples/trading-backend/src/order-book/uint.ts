/** Largest value of a quantity (u64). */
export const U64_MAX = (1n << 64n) - 1n;
/** Largest value of a price or a notional (u128). */
export const U128_MAX = (1n << 128n) - 1n;

/**
 * Largest magnitude of a fee that the Rust engine computes: its product with the basis points saturates at
 * u128.
 */
export const MAX_FEE = U128_MAX / 10_000n;
/** Largest value of a sum of fees (i128). */
export const I128_MAX = (1n << 127n) - 1n;

export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** `a - b`, or 0 if that would be negative: unsigned subtraction that saturates. */
export function saturatingSub(a: bigint, b: bigint): bigint {
  return a > b ? a - b : 0n;
}
