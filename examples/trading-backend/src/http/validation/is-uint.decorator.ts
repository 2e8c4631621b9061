import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { parseUint, U128_MAX, U64_MAX } from './uint.js';

/**
 * Declares a property that is a bigint here, and a decimal string or a safe integer in JSON. Any other value
 * stays unchanged and fails the validation.
 */
function IsUint(type: string, min: bigint, max: bigint): PropertyDecorator {
  const range = `${min} … ${max}`;
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => parseUint(value) ?? value),
    ValidateBy({
      name: `is${type}`,
      validator: {
        validate: (value: unknown) => typeof value === 'bigint' && value >= min && value <= max,
        defaultMessage: () =>
          `$property must be an integer of ${range} (${type}): a decimal string, or a number up to 2^53 - 1`,
      },
    }),
  );
}

/** A quantity in lots. */
export const IsQuantity = (): PropertyDecorator => IsUint('u64', 1n, U64_MAX);

/** A quantity that may be 0. */
export const IsQuantityOrZero = (): PropertyDecorator => IsUint('u64', 0n, U64_MAX);

/** Unix milliseconds. */
export const IsUnixMs = (): PropertyDecorator => IsUint('u64', 0n, U64_MAX);

/** A price in ticks, or an amount in ticks × lots. */
export const IsPrice = (): PropertyDecorator => IsUint('u128', 1n, U128_MAX);

/** One end of a range of prices. */
export const IsPriceBound = (): PropertyDecorator => IsUint('u128', 0n, U128_MAX);

/** A sequence of the journal. */
export const IsSequence = (): PropertyDecorator => IsUint('u64', 0n, U64_MAX);

/** A small count in a query string. A `number` here. */
export function IsCount(max: number): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => {
      const count = parseUint(value);
      return count === null ? value : Number(count);
    }),
    ValidateBy({
      name: 'isCount',
      validator: {
        validate: (value: unknown) => typeof value === 'number' && value >= 1 && value <= max,
        defaultMessage: () => `$property must be an integer of 1 … ${max}`,
      },
    }),
  );
}
