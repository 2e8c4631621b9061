import { Matches, ValidateBy } from 'class-validator';
import { parseUint, U64_MAX } from './uint.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const USER_ID = /^[0-9a-f]{64}$/;

/** Owner of orders that nobody owns. */
export const NOBODY = '0'.repeat(64);

export const ORDER_ID_EXPECTATION =
  'a UUID in lower case, a ULID in upper case, or a decimal integer of 0 … 2^64 - 1, as a string';

/** An id in the one spelling that the journal, and the Rust engine behind it, gives back. */
export function isOrderId(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const number = parseUint(value);
  return number === null ? UUID.test(value) || ULID.test(value) : number <= U64_MAX;
}

export function IsOrderId(): PropertyDecorator {
  return ValidateBy({
    name: 'isOrderId',
    validator: { validate: isOrderId, defaultMessage: () => `$property must be ${ORDER_ID_EXPECTATION}` },
  });
}

export function IsUserId(): PropertyDecorator {
  return Matches(USER_ID, { message: '$property must be 32 bytes as 64 hex digits in lower case' });
}
