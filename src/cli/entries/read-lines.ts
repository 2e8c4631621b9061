import { DeserializationError } from '../../journal/index.js';

const NEWLINE = 0x0a;

/** One line without its line break. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer;
}

/**
 * Splits a stream into lines. The last one may have no line break.
 * @param maxBytes a longer line cannot be an entry, and would fill the memory
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) for a longer line
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array | string>,
  maxBytes: number,
): AsyncIterable<readonly Line[]> {
  let number = 1;
  /** The pieces of the line that is not complete yet. */
  let pieces: Buffer[] = [];
  let length = 0;
  const take = (piece: Buffer): Line => {
    const bytes = pieces.length === 0 ? piece : Buffer.concat([...pieces, piece]);
    pieces = [];
    length = 0;
    const line = { number, bytes };
    number += 1;
    return line;
  };
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    const lines: Line[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      lines.push(take(bytes.subarray(start, end)));
      start = end + 1;
    }
    if (start < bytes.length) {
      pieces.push(bytes.subarray(start));
      length += bytes.length - start;
    }
    if (length > maxBytes) {
      throw new DeserializationError(`line ${number} is longer than an entry can be, ${maxBytes} bytes`);
    }
    if (lines.length > 0) yield lines;
  }
  if (length > 0) yield [take(Buffer.alloc(0))];
}
