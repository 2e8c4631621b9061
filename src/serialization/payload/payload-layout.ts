/**
 * The layout of a payload as this package and serde write it: one JSON object, its members in this order, no
 * spaces.
 *
 *     {"sequence_num":1,"timestamp_ns":2,"command":…,"result":…,"command_id":"…"}
 *                                                              ^ optional
 *
 * The functions here scan the bytes without decoding them. Each takes an index and returns the index after
 * the skipped bytes, or -1. Given -1 they return -1, so calls can be chained. A payload in another layout may
 * also be valid; then it must be decoded.
 */
import { asBuffer } from '../../common/index.js';
import { isCommandId } from '../../journal/index.js';

export const SEQUENCE_LABEL = '{"sequence_num":';
export const TIMESTAMP_LABEL = ',"timestamp_ns":';
export const COMMAND_LABEL = ',"command":';
export const RESULT_LABEL = ',"result":';
export const COMMAND_ID_LABEL = ',"command_id":';

const SEQUENCE = labelBytes(SEQUENCE_LABEL);
const TIMESTAMP = labelBytes(TIMESTAMP_LABEL);
const COMMAND = labelBytes(COMMAND_LABEL);
const COMMAND_ID = labelBytes(COMMAND_ID_LABEL);
const COMMAND_ID_KEY = Buffer.from(COMMAND_ID_LABEL.slice(1, -1));

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const CLOSE = 0x7d;

/**
 * Returns the bytes of a constant text for {@link skipBytes}. They do not come from the shared pool, because
 * they live as long as the process.
 */
export function labelBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Skips exactly these bytes. */
export function skipBytes(payload: Uint8Array, at: number, expected: Uint8Array): number {
  if (at < 0) return -1;
  for (let index = 0; index < expected.length; index += 1) {
    if (payload[at + index] !== expected[index]) return -1;
  }
  return at + expected.length;
}

/** Skips one or more decimal digits. */
export function skipDigits(payload: Uint8Array, at: number): number {
  if (at < 0) return -1;
  let end = at;
  // In this form undefined, past the end, ends the loop too.
  while ((payload[end] as number) >= 0x30 && (payload[end] as number) <= 0x39) end += 1;
  return end > at ? end : -1;
}

/** The index of the quote that ends a string of printable ASCII without escapes; -1 for any other string. */
export function endOfPlainString(payload: Uint8Array, at: number): number {
  if (at < 0) return -1;
  for (let end = at; end < payload.length; end += 1) {
    const byte = payload[end] as number;
    if (byte === QUOTE) return end;
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return -1;
  }
  return -1;
}

/**
 * Returns the index where the command starts, whatever the two numbers before it are; -1 in another layout.
 */
export function startOfCommand(payload: Uint8Array): number {
  const sequenceEnd = skipDigits(payload, skipBytes(payload, 0, SEQUENCE));
  return skipBytes(payload, skipDigits(payload, skipBytes(payload, sequenceEnd, TIMESTAMP)), COMMAND);
}

/** Returns the index where the command starts; -1 if the payload begins with another sequence or time. */
export function skipHeader(payload: Uint8Array, sequenceNum: bigint, timestampNs: bigint): number {
  const sequenceEnd = skipInteger(payload, skipBytes(payload, 0, SEQUENCE), sequenceNum);
  return skipBytes(
    payload,
    skipInteger(payload, skipBytes(payload, sequenceEnd, TIMESTAMP), timestampNs),
    COMMAND,
  );
}

function skipInteger(payload: Uint8Array, at: number, value: bigint): number {
  if (at < 0) return -1;
  const digits = value.toString();
  for (let index = 0; index < digits.length; index += 1) {
    if (payload[at + index] !== digits.charCodeAt(index)) return -1;
  }
  return at + digits.length;
}

/** The digits of the two numbers at the beginning of a payload. */
interface StatedNumbers {
  readonly sequenceNum: string;
  readonly timestampNs: string;
  /** The index after the two numbers. */
  readonly end: number;
}

/** Two u64 numbers and their labels take 71 bytes. A longer beginning is not in this layout. */
const MAX_STATED_BYTES = 96;

/** Returns the sequence and time that a payload states; null in another layout. */
export function statedNumbers(payload: Uint8Array): StatedNumbers | null {
  const sequenceEnd = skipDigits(payload, SEQUENCE_LABEL.length);
  const timestampAt = skipBytes(payload, sequenceEnd, TIMESTAMP);
  const end = skipDigits(payload, timestampAt);
  if (end < 0 || end > MAX_STATED_BYTES || skipBytes(payload, 0, SEQUENCE) < 0) return null;
  // With any other byte the number continues: `2.5`, `2e3`.
  if (payload[end] !== COMMA && payload[end] !== CLOSE) return null;
  const bytes = asBuffer(payload);
  return {
    sequenceNum: bytes.toString('latin1', SEQUENCE_LABEL.length, sequenceEnd),
    timestampNs: bytes.toString('latin1', timestampAt, end),
    end,
  };
}

/**
 * The numbers at the beginning of a payload that {@link skipHeader} accepts, and the index where the command
 * starts.
 */
interface PayloadHeader {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  readonly commandOffset: number;
}

/** JSON has no leading zeros, and a u64 has at most 20 digits. */
const U64_DIGITS = /^(?:0|[1-9][0-9]{0,19})$/;

/** Returns the header of a payload; null in another layout. */
export function headerOf(payload: Uint8Array): PayloadHeader | null {
  const stated = statedNumbers(payload);
  if (stated === null) return null;
  const { sequenceNum, timestampNs, end } = stated;
  const commandOffset = skipBytes(payload, end, COMMAND);
  if (commandOffset < 0 || !U64_DIGITS.test(sequenceNum) || !U64_DIGITS.test(timestampNs)) return null;
  return { sequenceNum: BigInt(sequenceNum), timestampNs: BigInt(timestampNs), commandOffset };
}

/**
 * Returns the command id at the end of a payload: `…,"command_id":"7f3a"}`. Null if the payload has none.
 * `'unclear'` if the bytes `"command_id"` occur elsewhere, in a command or after a space; then the caller
 * must decode the event.
 */
export function trailingCommandId(payload: Uint8Array): { readonly id: string } | 'unclear' | null {
  const bytes = asBuffer(payload);
  const end = bytes.length - 2;
  if (bytes[end + 1] === CLOSE && bytes[end] === QUOTE) {
    const start = openingQuote(bytes, end);
    const labelAt = start - COMMAND_ID.length;
    if (labelAt >= 0 && bytes.compare(COMMAND_ID, 0, COMMAND_ID.length, labelAt, start) === 0) {
      return parseId(bytes.toString('utf8', start, end + 1));
    }
  }
  return bytes.includes(COMMAND_ID_KEY) ? 'unclear' : null;
}

function parseId(text: string): { readonly id: string } | 'unclear' | null {
  try {
    const id: unknown = JSON.parse(text);
    return isCommandId(id) ? { id } : null;
  } catch {
    return 'unclear';
  }
}

/**
 * Returns the index of the opening quote. Inside a JSON string, and only there, every quote follows an odd
 * number of backslashes.
 */
function openingQuote(bytes: Uint8Array, closing: number): number {
  for (let at = closing - 1; at >= 0; at -= 1) {
    if (bytes[at] !== QUOTE) continue;
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}
