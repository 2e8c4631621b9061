import { Matches, ValidateBy } from 'class-validator';
import { isOrderId as isCanonicalId } from 'nestjs-file-journal/order-book';

const USER_ID = /^[0-9a-f]{64}$/;

/** The owner of orders without an owner. */
export const NOBODY = '0'.repeat(64);

export const ORDER_ID_EXPECTATION =
  'a UUID in lower case, a ULID in upper case, or a decimal integer of 0 … 2^64 - 1, as a string';

/** Requires an id in the only spelling that the journal and the Rust engine keep. */
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
