import { Matches, ValidateBy } from 'class-validator';
import { isOrderId as isCanonicalId } from 'nestjs-file-journal/order-book';

const USER_ID = /^[0-9a-f]{64}$/;

/** Owner of orders that nobody owns. */
export const NOBODY = '0'.repeat(64);

export const ORDER_ID_EXPECTATION =
  'a UUID in lower case, a ULID in upper case, or a decimal integer of 0 … 2^64 - 1, as a string';

/** An id in the one spelling that the journal, and the Rust engine behind it, gives back. */
export function isOrderId(value: unknown): value is string {
  return typeof value === 'string' && isCanonicalId(value);
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
