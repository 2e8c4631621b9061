import { asBuffer } from '../../common/index.js';
import { endOfPlainString, labelBytes, RESULT_LABEL, skipBytes, startOfCommand } from './payload-layout.js';

const RESULT = labelBytes(RESULT_LABEL);

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The text of a result without a name, by its first byte. */
const LITERALS: Readonly<Record<number, string>> = { 0x6e: 'null', 0x74: 'true', 0x66: 'false' };

/**
 * Returns the kind of the result in a payload without decoding it, as `commandKindOf` does for the command:
 * `'OrderAdded'` for `{"OrderAdded":…}`, `'Rejected'` for `"Rejected"`, and `'null'` for `null`. Returns null
 * if only decoding can give the answer. The function skips the command and does not check that it is JSON.
 */
export function resultKindOf(payload: Uint8Array): string | null {
  const at = skipBytes(payload, endOfValue(payload, startOfCommand(payload)), RESULT);
  if (at < 0) return null;
  const first = payload[at] as number;
  if (first !== OPEN && first !== QUOTE) return LITERALS[first] ?? null;
  const start = (first === OPEN ? at + 1 : at) + 1;
  if (payload[start - 1] !== QUOTE) return null;
  const end = endOfPlainString(payload, start);
  if (end < 0 || (first === OPEN && payload[end + 1] !== COLON)) return null;
  return asBuffer(payload).toString('latin1', start, end);
}

/** Returns the index after the value that starts at `at`; -1 if it does not end. */
function endOfValue(payload: Uint8Array, at: number): number {
  if (at < 0) return -1;
  let depth = 0;
  for (let index = at; index < payload.length; index += 1) {
    const byte = payload[index] as number;
    if (byte === QUOTE) {
      index = endOfString(payload, index);
      if (depth === 0) return index + 1;
    } else if (isOpening(byte)) {
      depth += 1;
    } else if (isClosing(byte)) {
      // The end of the object around a number or a literal.
      if (depth === 0) return index;
      depth -= 1;
      if (depth === 0) return index + 1;
    } else if (byte === COMMA && depth === 0) {
      return index;
    }
  }
  return -1;
}

/** `{` 0x7b and `[` 0x5b differ in one bit, as do `}` 0x7d and `]` 0x5d. */
function isOpening(byte: number): boolean {
  return (byte & 0xdf) === (OPEN & 0xdf);
}

function isClosing(byte: number): boolean {
  return (byte & 0xdf) === (CLOSE & 0xdf);
}

/** Returns the index of the quote that ends the string; the length if it does not end. */
function endOfString(payload: Uint8Array, start: number): number {
  for (let index = start + 1; index < payload.length; index += 1) {
    const byte = payload[index] as number;
    if (byte === QUOTE) return index;
    if (byte === BACKSLASH) index += 1;
  }
  return payload.length;
}
