const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;
const HASH32 = /^[0-9a-f]{64}$/;

const UUID_LENGTH = 36;
const ULID_LENGTH = 26;
const LARGEST_U64 = '18446744073709551615';

/**
 * Whether Rust reads this text as an id and writes it back the same: a lower-case UUID, an upper-case ULID,
 * or a u64 without leading zeros. Another spelling of an id would come back from Rust as a different string.
 */
export function isOrderId(text: string): boolean {
  if (text.length === UUID_LENGTH) return UUID.test(text);
  if (text.length === ULID_LENGTH) return ULID.test(text);
  return DECIMAL.test(text) && (text.length < LARGEST_U64.length || text <= LARGEST_U64);
}

/** Whether the text is 32 bytes in lower-case hex. */
export function isUserId(text: string): boolean {
  return HASH32.test(text);
}
