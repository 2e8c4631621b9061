import { asBuffer } from '../../common/index.js';
import { endOfPlainString, startOfCommand } from './payload-layout.js';

const QUOTE = 0x22;
const OPEN = 0x7b;
const COLON = 0x3a;

/**
 * Returns the kind of the command in a payload without decoding it: `'CancelOrder'` for `{"CancelOrder":…}`,
 * `'CancelAll'` for `"CancelAll"`. Filtering entries this way costs a fraction of reading `entry.event`.
 *
 * Returns null if only decoding can give the answer: the payload does not begin as this package and serde
 * write it (it has spaces or another order of fields); the command is neither a string nor an object with a
 * key; or the name has escapes or characters beyond ASCII. For a command with several keys, the result is the
 * first key. The function does not check that the rest of the payload is JSON.
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
