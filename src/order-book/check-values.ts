import { DeserializationError } from '../journal/index.js';
import { isWellFormed, pathOf, refuse } from '../serialization/index.js';
import type { Trail } from '../serialization/index.js';
import { ULID_LENGTH, isOrderId, isReadAsNumber, isUserId } from './ids.js';
import type { IntegerType, StringType } from './schema-elements.js';
import { isKnownUserId } from './user-id-cache.js';
import type { WriteRules } from './write-rules.js';

/**
 * Checks a value and returns it in its usual shape: plain objects with their fields in schema order and
 * unknown fields last, integers as `bigint`, enums in their usual spelling. The result shares no object with
 * a value of the application.
 */
export type Check = (value: unknown, trail: Trail) => unknown;

export type Fail = (reason: string, trail: Trail) => never;

export function failToRead(reason: string, trail: Trail): never {
  throw new DeserializationError(`${pathOf(trail)}: ${reason}`);
}

export function readIntegerCheck(type: IntegerType): Check {
  return (value, trail) => {
    if (typeof value !== 'bigint') {
      return failToRead(`expected an integer (${type.name}), got ${describe(value)}`, trail);
    }
    if (value < type.min || value > type.max) failToRead(`${value} is out of range for ${type.name}`, trail);
    return type.as === 'number' ? Number(value) : value;
  };
}

export function writtenIntegerCheck(type: IntegerType): Check {
  return (value, trail) => {
    if (typeof value !== 'bigint') {
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        refuse(
          `expected an integer (${type.name}), as a bigint or a safe number, got ${describe(value)}`,
          trail,
        );
      }
      if (!Number.isSafeInteger(value)) refuse(`${value} is not a safe integer; use a bigint`, trail);
    }
    // A comparison of a number with a bigint is exact.
    if (value < type.minWritten || value > type.max)
      refuse(`${value} is out of range for ${type.name}`, trail);
    if (type.as === 'number') return Number(value);
    return typeof value === 'bigint' ? value : BigInt(value);
  };
}

export function stringCheck({ of }: StringType, rules: WriteRules | null, fail: Fail): Check {
  const idKind = rules?.ids === 'checked' ? of : 'text';
  return (value, trail) => {
    if (typeof value !== 'string') return fail(`expected a string, got ${describe(value)}`, trail);
    if (idKind === 'order-id') {
      if (value.length === ULID_LENGTH && isReadAsNumber(value))
        fail(`orderbook-rs before 0.14 reads the ULID ${value} as a number`, trail);
      if (!isOrderId(value)) {
        fail(
          `expected an id that Rust can read: a UUID, a ULID or a decimal u64, got ${describe(value)}`,
          trail,
        );
      }
    } else if (idKind === 'user-id') {
      if (!isKnownUserId(value) && !isUserId(value)) {
        fail(
          `expected a user id that Rust can read: 64 lower-case hex digits, got ${describe(value)}`,
          trail,
        );
      }
    } else if (!isWellFormed(value)) {
      fail('half a surrogate pair, which UTF-8 cannot encode', trail);
    }
    return value;
  };
}

export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') {
    return `an object with ${Object.keys(value).slice(0, 3).join(', ') || 'no keys'}`;
  }
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `the integer ${value}`;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
