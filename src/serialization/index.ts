/**
 * Converts events to payloads and back. The engine depends only on `PayloadCodec`.
 *
 * - `json/` is lossless JSON: integers of any length, and the rules for what JSON can hold.
 * - `payload/` is the layout of a payload: the order of its fields, written and scanned as bytes.
 * - `classes/` creates instances of event classes. It is a separate room, because it loads class-transformer.
 */
export { jsonCodec } from './json-codec.js';
export { parseJson, stringifyJson } from './json/lossless-json.js';
export { commandKindOf } from './payload/command-kind.js';
export { resultKindOf } from './payload/result-kind.js';

export { AsciiWriter, NO_ROOM, piece, type Piece } from './json/ascii-writer.js';
export { parseJsonCarefully, setOwn } from './json/careful-parse.js';
export { copyWithin } from './json/copy-as-stored.js';
export { copyPlain } from './json/copy-plain.js';
export {
  assertNothingHidden,
  convertedBy,
  isObjectPrototype,
  isPlain,
  isWellFormed,
  pathOf,
  refuse,
  refuseUnreadable,
  toJsonOf,
  type Trail,
} from './json/json-rules.js';
export { parseJsonBytes } from './json/lossless-json.js';
export { writeJson } from './json/write.js';

export { isJsonCodec } from './json-codec.js';
export { copyInto, encodeAnew } from './payload/encode-into.js';
export { checkEventRecord, statedHeader, storedCommandId } from './payload/event-record.js';
export {
  COMMAND_ID_LABEL,
  RESULT_LABEL,
  endOfPlainString,
  labelBytes,
  skipBytes,
  skipDigits,
  skipHeader,
  startOfCommand,
  statedNumbers,
  trailingCommandId,
} from './payload/payload-layout.js';
export { writeHeader } from './payload/payload-text.js';
export { unchangedPayload } from './payload/unchanged-payload.js';
