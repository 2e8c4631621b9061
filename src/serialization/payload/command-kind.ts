import { asBuffer } from '../../common/index.js';

const SEQUENCE = Buffer.from('{"sequence_num":');
const TIMESTAMP = Buffer.from(',"timestamp_ns":');
const COMMAND = Buffer.from(',"command":');
const QUOTE = 0x22;
const OPEN = 0x7b;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/**
 * The kind of command in a payload, without decoding it: `'CancelOrder'` for `{"CancelOrder":…}`, `'CancelAll'` for
 * `"CancelAll"`. To filter entries by it costs a small part of `entry.event`.
 *
 * Null where that cannot be said so: the payload does not begin as this package and serde write it (spaces, another order of
 * fields), the command is neither a string nor an object with a key, or the name has escapes or is not ASCII. Then decode it. Of
 * a command with several keys it is the one that is written first. Nothing behind the name is looked at: that it is JSON at
 * all is for whoever decodes it.
 *
 * @example
 * for (const entry of journal.readFrom(0n)) if (commandKindOf(entry.payload) === 'AddOrder') …
 * @publicApi
 */
export function commandKindOf(payload: Uint8Array): string | null {
  let at = skipText(payload, 0, SEQUENCE);
  at = skipText(payload, skipDigits(payload, at), TIMESTAMP);
  at = skipText(payload, skipDigits(payload, at), COMMAND);
  if (at < 0) return null;
  const isObject = payload[at] === OPEN;
  const start = (isObject ? at + 1 : at) + 1;
  if (payload[start - 1] !== QUOTE) return null;
  let end = start;
  for (; end < payload.length; end++) {
    const byte = payload[end] as number;
    if (byte === QUOTE) break;
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return null;
  }
  if (end >= payload.length || (isObject && payload[end + 1] !== COLON)) return null;
  return asBuffer(payload).toString('latin1', start, end);
}

/** The index behind `text`, or -1 when something else is there (or was before). */
function skipText(payload: Uint8Array, at: number, text: Uint8Array): number {
  if (at < 0 || payload.length - at < text.length) return -1;
  for (let index = 0; index < text.length; index++) {
    if (payload[at + index] !== text[index]) return -1;
  }
  return at + text.length;
}

/** The index behind at least one digit, or -1. */
function skipDigits(payload: Uint8Array, at: number): number {
  if (at < 0) return -1;
  let end = at;
  while (end < payload.length && isDigit(payload[end] as number)) end++;
  return end > at ? end : -1;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
