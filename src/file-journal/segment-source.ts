/** How the bytes of a segment reach a reader: through a mapping, or in blocks of their own. */
import { IoError } from '../journal/index.js';
import type { SegmentFile } from './segment-file.js';

/** Which of the two a journal reads with. */
export type ReaderName = 'mapped' | 'positioned';

const BLOCK_BYTES = 256 * 1024;
/** As much as is stepped through to find a place, and a few more entries. */
const FIRST_BLOCK_BYTES = 64 * 1024;
const FIRST_BLOCKS = 4;
const NOTHING = Buffer.alloc(0);
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/**
 * A window onto a segment. `bytes` holds a part of the file (all of it when mapped); it is never written to again, so
 * that views of it stay valid for ever.
 */
export interface SegmentSource {
  readonly sizeBytes: number;
  /** The window. Replaced, not overwritten, by `locate`. */
  readonly bytes: Buffer;
  /**
   * Makes sure that the window holds `[offset, offset + lengthBytes)`.
   * @returns where in `bytes` the offset lies
   * @throws IoError (`JOURNAL_IO`) where the medium cannot be read (a mapping gets SIGBUS), or there is no memory for
   * the window; a later call tries again
   */
  locate(offset: number, lengthBytes: number): number;
  /** Drops the window, where it may be older than what has been written since. */
  forget(): void;
  /** Gives back what the source holds open. Views of its windows stay valid. */
  close(): void;
}

/** The whole file at once; a window that is always up to date. */
export class MappedSource implements SegmentSource {
  readonly sizeBytes: number;

  constructor(readonly bytes: Buffer) {
    this.sizeBytes = bytes.length;
  }

  locate(offset: number): number {
    return offset;
  }

  forget(): void {}

  close(): void {}
}

export class PositionedSource implements SegmentSource {
  readonly sizeBytes: number;
  bytes: Buffer = NOTHING;
  /** File offset of `bytes[0]`. */
  #start = 0;

  /** @param file belongs to the source when `owned`, and is closed with it */
  constructor(
    private readonly file: SegmentFile,
    private readonly owned = false,
  ) {
    this.sizeBytes = file.sizeBytes;
  }

  locate(offset: number, lengthBytes: number): number {
    const index = offset - this.#start;
    if (index >= 0 && index + lengthBytes <= this.bytes.length) return index;
    const wanted = Math.min(Math.max(lengthBytes, BLOCK_BYTES), this.sizeBytes - offset);
    const block = this.#allocate(wanted);
    this.file.read(block, offset);
    this.bytes = block;
    this.#start = offset;
    return 0;
  }

  forget(): void {
    this.bytes = NOTHING;
  }

  /** A new buffer each time: entries that were handed out are views of the old one. */
  #allocate(lengthBytes: number): Buffer {
    try {
      return Buffer.allocUnsafeSlow(lengthBytes);
    } catch (cause) {
      throw new IoError('read', this.file.path, 'ENOMEM', {
        cause,
        hint: `an entry takes ${lengthBytes} bytes of memory; read it with the mapped reader`,
      });
    }
  }

  close(): void {
    if (this.owned) this.file.close();
  }
}

/**
 * Blocks at first, then the whole file at once. Who reads one entry does not pay for a mapping: V8 counts its bytes as memory that
 * the process has taken, and collects garbage for milliseconds.
 */
export class GrowingSource implements SegmentSource {
  readonly sizeBytes: number;
  bytes: Buffer = NOTHING;
  /** File offset of `bytes[0]`. */
  #start = 0;
  #blocks = 0;
  /** Null once it is mapped, or closed. */
  #file: SegmentFile | null;

  /**
   * @param file belongs to the source
   * @param map the whole file
   * @param onUnmapped told when it is closed and was never mapped
   */
  constructor(
    file: SegmentFile,
    private readonly map: (file: SegmentFile) => Buffer,
    private readonly onUnmapped: () => void,
  ) {
    this.#file = file;
    this.sizeBytes = file.sizeBytes;
  }

  locate(offset: number, lengthBytes: number): number {
    const index = offset - this.#start;
    const file = this.#file;
    if (file === null || (index >= 0 && index + lengthBytes <= this.bytes.length)) return index;
    if (lengthBytes > FIRST_BLOCK_BYTES || this.#blocks === FIRST_BLOCKS) {
      this.bytes = this.map(file);
      this.#start = 0;
      this.#file = null;
      file.close();
      return offset;
    }
    const block = Buffer.allocUnsafeSlow(Math.min(FIRST_BLOCK_BYTES, this.sizeBytes - offset));
    file.read(block, offset);
    this.bytes = block;
    this.#start = offset;
    this.#blocks += 1;
    return 0;
  }

  forget(): void {
    if (this.#file !== null) this.bytes = NOTHING;
  }

  close(): void {
    if (this.#file === null) return;
    this.#file.close();
    this.#file = null;
    this.onUnmapped();
  }
}

/** The first offset at or behind `from` whose byte is not zero; null when there is none. */
export function firstNonZero(source: SegmentSource, from: number): number | null {
  for (let at = from; at < source.sizeBytes; at += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES, source.sizeBytes - at);
    const index = source.locate(at, length);
    const block = source.bytes.subarray(index, index + length);
    if (block.equals(ZEROS.subarray(0, length))) continue;
    return at + block.findIndex((byte) => byte !== 0);
  }
  return null;
}
