/**
 * Payload to event and back. The engine knows nothing of it but `PayloadCodec`.
 *
 * - `json/` is JSON without loss: integers of any length, and what JSON can hold.
 * - `payload/` is the layout of a payload: its fields in their order, written and scanned as bytes.
 * - `classes/` makes instances of event classes. It is a room of its own, because it loads class-transformer.
 */
export { jsonCodec } from './json-codec.js';
export { parseJson, stringifyJson } from './json/lossless-json.js';
export { commandKindOf } from './payload/command-kind.js';

export { AsciiWriter, NO_ROOM, piece, type Piece } from './json/ascii-writer.js';
export { parseJsonCarefully, setOwn } from './json/careful-parse.js';
export { copyAsStored, copyWithin } from './json/copy-as-stored.js';
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
export { writeJson, writeString } from './json/write.js';

export { isJsonCodec } from './json-codec.js';
export { copyInto, encodeAnew, textInto } from './payload/encode-into.js';
export { checkEventRecord, storedCommandId } from './payload/event-record.js';
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
export { payloadText, writeHeader } from './payload/payload-text.js';
export { unchangedPayload } from './payload/unchanged-payload.js';
