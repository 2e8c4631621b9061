import { InvalidArgumentError } from './errors.js';

/** The longest id of a command, in bytes of UTF-8. */
export const MAX_COMMAND_ID_BYTES = 128;

const HALF_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Whether a value can be the id of a command: 1 to 128 bytes of UTF-8. */
export function isCommandId(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_COMMAND_ID_BYTES) return false;
  // No character takes more than three bytes per UTF-16 unit.
  if (value.length * 3 > MAX_COMMAND_ID_BYTES && Buffer.byteLength(value) > MAX_COMMAND_ID_BYTES)
    return false;
  return !HALF_SURROGATE.test(value);
}

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for what {@link isCommandId} refuses */
export function assertCommandId(value: unknown): asserts value is string {
  if (isCommandId(value)) return;
  const expected = `a non-empty, well-formed string of at most ${MAX_COMMAND_ID_BYTES} bytes in UTF-8`;
  throw new InvalidArgumentError('commandId', value, expected);
}

const KEY = Buffer.from('"command_id"');
const BEFORE = Buffer.from(',"command_id":');
const QUOTE = 0x22;
const CLOSE = 0x7d;
const BACKSLASH = 0x5c;

/**
 * The id that a payload ends with, found without decoding it, as this package writes it: `…,"command_id":"7f3a"}`. Null when
 * it has none. `'unclear'` when something in it is called so, elsewhere or spelled otherwise (in a command,
 * behind a space); then the decoded event tells.
 */
export function trailingCommandId(payload: Uint8Array): { readonly id: string } | 'unclear' | null {
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const end = bytes.length - 2;
  if (bytes[end + 1] === CLOSE && bytes[end] === QUOTE) {
    const start = openingQuote(bytes, end);
    const keyStart = start - BEFORE.length;
    if (keyStart >= 0 && bytes.compare(BEFORE, 0, BEFORE.length, keyStart, start) === 0) {
      return idOf(bytes.toString('utf8', start, end + 1));
    }
  }
  return bytes.includes(KEY) ? 'unclear' : null;
}

function idOf(text: string): { readonly id: string } | 'unclear' | null {
  try {
    const id: unknown = JSON.parse(text);
    return isCommandId(id) ? { id } : null;
  } catch {
    return 'unclear';
  }
}

/** Within a JSON string, and only there, every quote has an odd number of backslashes before it. */
function openingQuote(bytes: Buffer, closing: number): number {
  for (let at = closing - 1; at >= 0; at--) {
    if (bytes[at] !== QUOTE) continue;
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}
