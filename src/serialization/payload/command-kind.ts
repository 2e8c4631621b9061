import { asBuffer } from '../../common/index.js';
import { endOfPlainString, startOfCommand } from './payload-layout.js';

const QUOTE = 0x22;
const OPEN = 0x7b;
const COLON = 0x3a;

/**
 * The kind of command in a payload, without decoding it: `'CancelOrder'` for `{"CancelOrder":…}`,
 * `'CancelAll'` for `"CancelAll"`. To filter entries by it costs a small part of `entry.event`.
 *
 * Null where that cannot be said so: the payload does not begin as this package and serde write it (spaces,
 * another order of fields), the command is neither a string nor an object with a key, or the name has escapes
 * or is not ASCII. Then decode it. Of a command with several keys it is the one that is written first.
 * Nothing behind the name is looked at: that it is JSON at all is for whoever decodes it.
 *
 * @example
 * for (const entry of journal.readFrom(0n)) if (commandKindOf(entry.payload) === 'AddOrder') …
 * @publicApi
 */
export function commandKindOf(payload: Uint8Array): string | null {
  const at = startOfCommand(payload);
  if (at < 0) return null;
  const isObject = payload[at] === OPEN;
  const start = (isObject ? at + 1 : at) + 1;
  if (payload[start - 1] !== QUOTE) return null;
  const end = endOfPlainString(payload, start);
  if (end < 0 || (isObject && payload[end + 1] !== COLON)) return null;
  return asBuffer(payload).toString('latin1', start, end);
}
