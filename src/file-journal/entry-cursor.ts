/** Steps through the entries of one segment; the one loop behind reading, recovery and verification. */
import {
  computeCrc,
  lengthFault,
  LENGTH_BYTES,
  payloadView,
  readLength,
  readSequence,
  readStoredCrc,
  readTimestamp,
} from './entry-format.js';
import type { SegmentSource } from './segment-source.js';

/**
 * What lies at the cursor: an intact `entry`; the `end` of written data (length 0, or no room for a length); a
 * `bad-length`, behind which nothing can be found by stepping; a `bad-crc`, which can be stepped over.
 */
export type CursorStep = 'entry' | 'end' | 'bad-length' | 'bad-crc';

export class EntryCursor {
  /** Offset of the current entry in the segment. */
  offset: number;
  /** Its length field. */
  length = 0;
  /** Offset of what follows it. */
  #next: number;
  /** Where the current entry lies in `source.bytes`. */
  #index = 0;

  /**
   * @param endOffset exclusive bound; nothing at or behind it is looked at
   */
  constructor(
    readonly source: SegmentSource,
    startOffset: number,
    private readonly endOffset: number = source.sizeBytes,
  ) {
    this.offset = startOffset;
    this.#next = startOffset;
  }

  /** Moves behind the current entry and looks at what is there. With `verify` false the CRC is not computed. */
  advance(verify = true): CursorStep {
    const offset = this.#next;
    this.offset = offset;
    this.length = 0;
    const available = this.endOffset - offset;
    if (available < LENGTH_BYTES) return 'end';
    const { source } = this;
    let index = source.locate(offset, LENGTH_BYTES);
    const length = readLength(source.bytes, index);
    this.#index = index;
    if (length === 0) return 'end';
    this.length = length;
    if (lengthFault(length, available) !== null) return 'bad-length';
    const sizeBytes = LENGTH_BYTES + length;
    index = source.locate(offset, sizeBytes);
    this.#index = index;
    this.#next = offset + sizeBytes;
    if (verify && computeCrc(source.bytes, index, length) !== readStoredCrc(source.bytes, index, length))
      return 'bad-crc';
    return 'entry';
  }

  /** Offset behind the last entry stepped on. */
  get nextOffset(): number {
    return this.#next;
  }

  /** The next `advance` looks at `offset` again: what is there may have been completed meanwhile. */
  rewindTo(offset: number): void {
    this.source.forget();
    this.#next = offset;
  }

  /** Says in words what is wrong with the length field; only after `bad-length`. */
  get lengthFault(): string {
    return lengthFault(this.length, this.endOffset - this.offset) ?? 'entry_length is possible';
  }

  get sequenceNum(): bigint {
    return readSequence(this.source.bytes, this.#index);
  }

  get timestampNs(): bigint {
    return readTimestamp(this.source.bytes, this.#index);
  }

  get storedCrc(): number {
    return readStoredCrc(this.source.bytes, this.#index, this.length);
  }

  get computedCrc(): number {
    return computeCrc(this.source.bytes, this.#index, this.length);
  }

  /** The payload; a view of the source's window. */
  get payload(): Buffer {
    return payloadView(this.source.bytes, this.#index, this.length);
  }
}
