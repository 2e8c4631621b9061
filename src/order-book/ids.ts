const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const ULID_OF_DIGITS = /^0{6}([0-9]{20})$/;
const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;
const HASH32 = /^[0-9a-f]{64}$/;

const UUID_LENGTH = 36;
/** Characters of a ULID. */
export const ULID_LENGTH = 26;
const LARGEST_U64 = '18446744073709551615';

/**
 * Whether Rust reads this text as an id and writes it back unchanged: a lower-case UUID, an upper-case ULID,
 * or a u64 without leading zeros. Rust would write any other spelling differently, and also the nil ULID and
 * every other ULID whose digits are a u64.
 * @publicApi
 */
export function isOrderId(text: string): boolean {
  if (text.length === UUID_LENGTH) return UUID.test(text);
  if (text.length === ULID_LENGTH) return ULID.test(text) && !isReadAsNumber(text);
  return DECIMAL.test(text) && (text.length < LARGEST_U64.length || text <= LARGEST_U64);
}

/** Whether the text is a ULID that orderbook-rs before 0.14 reads as a decimal u64, such as the nil ULID. */
export function isReadAsNumber(text: string): boolean {
  const digits = ULID_OF_DIGITS.exec(text)?.[1];
  return digits !== undefined && digits <= LARGEST_U64;
}

/**
 * Whether the text is 32 bytes in lower-case hex.
 * @publicApi
 */
export function isUserId(text: string): boolean {
  return HASH32.test(text);
}
