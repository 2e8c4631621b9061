/**
 * Payload to event and back. The engine knows nothing of it but `PayloadCodec` and the checksum.
 *
 * `class-instances.js` is not re-exported here: it loads class-transformer, which an application without
 * classes need not.
 */
export { commandKindOf } from './command-kind.js';
export { jsonCodec } from './json-codec.js';
export { parseJson, stringifyJson } from './lossless-json.js';
export * from './order-book/index.js';
export { crc32 } from './crc32.js';
