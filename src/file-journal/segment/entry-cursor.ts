import { crc32 } from '../../common/index.js';
import {
  computeCrc,
  CRC_BYTES,
  HEADER_BYTES,
  lengthFault,
  LENGTH_BYTES,
  MIN_ENTRY_LENGTH,
  payloadView,
  SEQUENCE_OFFSET,
  TIMESTAMP_OFFSET,
} from '../format/entry-format.js';
import { verifyChecksums } from './verify-checksums.js';
import type { SegmentSource } from './segment-source.js';

/**
 * What is at the cursor: an intact `entry`; the `end` of the written data (length 0, or no room for a
 * length); a `bad-length`, which ends the stepping; a `bad-crc`, which can be stepped over.
 */
export type CursorStep = 'entry' | 'end' | 'bad-length' | 'bad-crc';

/** A larger entry is checksummed in blocks before memory is allocated for it: its length may be wrong. */
const LARGE_BYTES = 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;
/**
 * Entries are checked ahead this far. Their bytes should still be in the processor's cache when they are
 * read. A reader of one entry should not wait for many: the distance is small after the first entry, and
 * doubles each time.
 */
const RUN_BYTES = 32 * 1024;
const FIRST_RUN_BYTES = 2 * 1024;

/** Steps through the entries of one segment, for reading, recovery and verification. */
export class EntryCursor {
  /** Offset of the current entry in the segment. */
  offset: number;
  /** Its length field. */
  length = 0;
  /** Offset after it. */
  private next: number;
  /** Index of the current entry in `source.bytes`; of a large entry, only its header is there. */
  private index = 0;
  private isLarge = false;
  private largeCrcs: { readonly computed: number; readonly stored: number } | null = null;
  /** Entries that end at or before this offset are intact. */
  private intactTo = 0;
  /** Other entries that start before this offset are checked one by one: one of them is damaged. */
  private doubtfulTo = 0;
  /** Distance of the next check ahead; 0 before the first entry, which is checked alone. */
  private runBytes = 0;
  /**
   * A view of the source's window `viewed`. A DataView reads 64-bit numbers ten times faster than a Buffer.
   */
  private view: DataView;
  private viewed: Buffer;

  /**
   * @param endOffset exclusive bound; the cursor reads nothing at or after it
   * @param checksAhead whether to verify checksums before their entries are reached; only where the entries
   * cannot change meanwhile
   */
  constructor(
    readonly source: SegmentSource,
    startOffset: number,
    private readonly endOffset: number = source.sizeBytes,
    private readonly checksAhead = false,
  ) {
    this.viewed = source.bytes;
    this.view = viewOf(source.bytes);
    this.offset = startOffset;
    this.next = startOffset;
  }

  /**
   * Moves past the current entry and classifies what follows.
   * @param verify whether to compare the checksum
   */
  advance(verify = true): CursorStep {
    const offset = this.next;
    this.offset = offset;
    this.length = 0;
    this.isLarge = false;
    this.largeCrcs = null;
    const available = this.endOffset - offset;
    if (available < LENGTH_BYTES) return 'end';
    const { source } = this;
    const index = source.locate(offset, LENGTH_BYTES);
    const length = this.window().getUint32(index, true);
    this.index = index;
    if (length === 0) return 'end';
    this.length = length;
    if (length < MIN_ENTRY_LENGTH || length > available - LENGTH_BYTES) return 'bad-length';
    const sizeBytes = LENGTH_BYTES + length;
    this.next = offset + sizeBytes;
    this.isLarge = sizeBytes > LARGE_BYTES;
    this.index = source.locate(offset, this.isLarge ? HEADER_BYTES : sizeBytes);
    return verify && !this.passesChecksum() ? 'bad-crc' : 'entry';
  }

  private passesChecksum(): boolean {
    if (this.next <= this.intactTo) return true;
    const { source, offset } = this;
    if (this.checksAhead && !this.isLarge && offset >= this.doubtfulTo) {
      const runBytes = this.runBytes;
      this.runBytes = runBytes === 0 ? FIRST_RUN_BYTES : Math.min(RUN_BYTES, runBytes * 2);
      const index = this.index;
      const limit = Math.min(source.bytes.length, index + this.endOffset - offset);
      const end =
        runBytes === 0 ? index : verifyChecksums(source.bytes, this.window(), index, limit, runBytes);
      if (end > index) {
        this.intactTo = offset + end - index;
        return true;
      }
      this.doubtfulTo = offset + runBytes;
    }
    return this.computedCrc === this.storedCrc;
  }

  private window(): DataView {
    const { bytes } = this.source;
    if (bytes !== this.viewed) {
      this.viewed = bytes;
      this.view = viewOf(bytes);
    }
    return this.view;
  }

  /** Offset after the last entry. */
  get nextOffset(): number {
    return this.next;
  }

  /** Makes the next `advance` read `offset` again: a writer may have completed an entry there. */
  rewindTo(offset: number): void {
    this.source.forget();
    this.next = offset;
    this.intactTo = 0;
    this.doubtfulTo = 0;
  }

  /** Describes the fault of the length field; only after `bad-length`. */
  get lengthFault(): string {
    return lengthFault(this.length, this.endOffset - this.offset) ?? 'entry_length is possible';
  }

  get sequenceNum(): bigint {
    return this.window().getBigUint64(this.index + SEQUENCE_OFFSET, true);
  }

  get timestampNs(): bigint {
    return this.window().getBigUint64(this.index + TIMESTAMP_OFFSET, true);
  }

  get storedCrc(): number {
    if (this.isLarge) return this.checksumInBlocks().stored;
    return this.window().getUint32(this.index + this.length, true);
  }

  get computedCrc(): number {
    if (this.isLarge) return this.checksumInBlocks().computed;
    return computeCrc(this.window(), this.index, this.length);
  }

  /** Whether the checksum matches, also after `advance(false)`. */
  get isIntact(): boolean {
    return this.computedCrc === this.storedCrc;
  }

  /** The verified payload in the source's window. Valid until the next step; callers must not keep it. */
  get payloadView(): Buffer {
    if (this.isLarge) this.index = this.source.locate(this.offset, LENGTH_BYTES + this.length);
    return payloadView(this.source.bytes, this.index, this.length);
  }

  /** A copy of the payload on the heap, which stays valid. Only if no writer changes the segment. */
  get payload(): Buffer {
    const { source, offset, length } = this;
    const payload = source.copyOf(offset + HEADER_BYTES, length - MIN_ENTRY_LENGTH);
    // The copy may have moved the window past the header.
    if (this.isLarge) this.index = source.locate(offset, HEADER_BYTES);
    return payload;
  }

  private checksumInBlocks(): { readonly computed: number; readonly stored: number } {
    if (this.largeCrcs !== null) return this.largeCrcs;
    const { source, offset, length } = this;
    const end = offset + length;
    let computed = 0;
    for (let at = offset + LENGTH_BYTES; at < end; at += BLOCK_BYTES) {
      const blockBytes = Math.min(BLOCK_BYTES, end - at);
      const index = source.locate(at, blockBytes);
      computed = crc32(source.bytes, index, index + blockBytes, computed);
    }
    const crcIndex = source.locate(end, CRC_BYTES);
    this.largeCrcs = { computed, stored: source.bytes.readUInt32LE(crcIndex) };
    this.index = source.locate(offset, HEADER_BYTES);
    return this.largeCrcs;
  }
}

/** Whether there is an intact entry with `sequence` at `offset`. */
export function isEntryAt(
  source: SegmentSource,
  sequence: bigint,
  offset: number,
  endOffset: number,
): boolean {
  const cursor = new EntryCursor(source, offset, endOffset);
  return cursor.advance() === 'entry' && cursor.sequenceNum === sequence;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
