import { isUtf8 } from 'node:buffer';
import { DeserializationError } from '../journal/index.js';

/** Returns the same bytes as a Buffer, without copying them. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Returns the text of UTF-8 bytes. A byte order mark stays in the text, which is then not valid JSON.
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) when the bytes are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new DeserializationError('the payload is not valid UTF-8');
  return asBuffer(bytes).toString('utf8');
}

/**
 * Returns the same text as a string of its own, for a text that is kept for a long time. V8 stores a part of
 * a string as a reference to the whole, which may be a large request.
 * @param text well-formed, as every stored text is
 */
export function copyText(text: string): string {
  return Buffer.from(text).toString();
}
