/**
 * Payload to event and back. The engine knows nothing of it but `PayloadCodec` and the checksum.
 *
 * `class-instances.js` is not re-exported here: it loads class-transformer, which an application without
 * classes need not.
 */
export { commandKindOf } from './command-kind.js';
export { jsonCodec } from './json-codec.js';
export { parseJson, stringifyJson } from './lossless-json.js';

export { AsciiWriter, NO_ROOM, piece, type Piece } from './ascii-writer.js';
export { copyInto, encodeAnew, textInto } from './encode-into.js';
export { isJsonCodec } from './json-codec.js';
export { copyAsStored } from './json-copy.js';
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
} from './json-form.js';
export { parseJsonCarefully, setOwn } from './json-parse.js';
export { writeJson, writeString } from './json-write.js';
export { parseJsonBytes } from './lossless-json.js';
export { checkEventRecord, payloadText, skipHeader, storedCommandId, writeHeader } from './payload-header.js';
export { unchangedPayload } from './stored-payload.js';
