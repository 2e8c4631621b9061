/** How the bytes of a segment reach a reader: through a mapping, or in blocks of its own. */
import { IoError, JournalClosedError } from '../../journal/index.js';
import type { MappingUse } from './mapping-pool.js';
import type { SegmentFile } from './segment-file.js';

/** Which of the two a journal reads with. */
export type ReaderName = 'mapped' | 'positioned';

/** A read of one entry does not pay for a large block; a long read needs few blocks. */
const FIRST_BLOCK_BYTES = 4 * 1024;
const BLOCK_GROWTH = 4;
const BLOCK_BYTES = 256 * 1024;
/** Of what is copied out of a mapping. A payload that is kept keeps its block. */
const COPIED_BLOCK_BYTES = 64 * 1024;
/** As much as is stepped through to find a place, and some entries more. */
const MAX_UNMAPPED_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** A window onto a segment. `bytes` holds a part of the file; all of it when mapped. */
export interface SegmentSource {
  readonly sizeBytes: number;
  /** The window. Replaced, not overwritten, by `locate`. Not to be handed out: a mapping ends with its journal. */
  readonly bytes: Buffer;
  /**
   * Makes sure that the window holds `[offset, offset + lengthBytes)`.
   * @returns where in `bytes` the offset lies
   * @throws IoError (`JOURNAL_IO`) where the medium cannot be read (a mapping gets SIGBUS), or there is no memory for
   * the window; a later call tries again. JournalClosedError (`JOURNAL_CLOSED`) where the journal was closed meanwhile
   */
  locate(offset: number, lengthBytes: number): number;
  /** The same bytes on the heap, to be handed out: they stay as they are for ever. @throws as `locate` */
  copyOf(offset: number, lengthBytes: number): Buffer;
  /** Drops the window, where it may be older than what has been written since. */
  forget(): void;
  /** Releases the file or mapping of the source. */
  close(): void;
}

/** What is in memory as a whole. */
export class MemorySource implements SegmentSource {
  readonly sizeBytes: number;

  constructor(readonly bytes: Buffer) {
    this.sizeBytes = bytes.length;
  }

  locate(offset: number): number {
    return offset;
  }

  copyOf(offset: number, lengthBytes: number): Buffer {
    return this.bytes.subarray(offset, offset + lengthBytes);
  }

  forget(): void {}

  close(): void {}
}

/** The whole file at once; a window that is always up to date. */
export class MappedSource implements SegmentSource {
  readonly sizeBytes: number;
  readonly bytes: Buffer;
  private readonly copies: BlockSource;

  /** @param mapping belongs to the source */
  constructor(private readonly mapping: MappingUse) {
    const { memory, path } = mapping;
    this.bytes = memory;
    this.sizeBytes = memory.length;
    const reader = {
      read: (target: Buffer, offset: number) => void memory.copy(target, 0, offset, offset + target.length),
      close: () => undefined,
    };
    this.copies = new BlockSource(reader, memory.length, path, COPIED_BLOCK_BYTES);
  }

  locate(offset: number): number {
    if (this.mapping.isReleased) throw new JournalClosedError();
    return offset;
  }

  copyOf(offset: number, lengthBytes: number): Buffer {
    if (this.mapping.isReleased) throw new JournalClosedError();
    return this.copies.copyOf(offset, lengthBytes);
  }

  forget(): void {
    this.copies.forget();
  }

  close(): void {
    this.mapping.close();
  }
}

/** Where blocks come from. */
export interface BlockReader {
  /** Fills `target` from `offset`. @throws IoError (`JOURNAL_IO`), JournalClosedError (`JOURNAL_CLOSED`) */
  read(target: Buffer, offset: number): void;
  close(): void;
}

/** A file in blocks on the heap. Each is a new buffer: entries that were handed out are views of the old ones. */
export class BlockSource implements SegmentSource {
  bytes: Buffer = NOTHING;
  /** File offset of `bytes[0]`. */
  private start = 0;
  private nextBlockBytes = FIRST_BLOCK_BYTES;

  /** @param reader belongs to the source, and is closed with it */
  constructor(
    private readonly reader: BlockReader,
    readonly sizeBytes: number,
    /** For messages. */
    private readonly path: string,
    private readonly blockBytes = BLOCK_BYTES,
  ) {}

  locate(offset: number, lengthBytes: number): number {
    const index = offset - this.start;
    if (index >= 0 && index + lengthBytes <= this.bytes.length) return index;
    const wanted = Math.min(Math.max(lengthBytes, this.nextBlockBytes), this.sizeBytes - offset);
    const block = this.allocate(wanted);
    this.reader.read(block, offset);
    this.bytes = block;
    this.start = offset;
    this.nextBlockBytes = Math.min(this.nextBlockBytes * BLOCK_GROWTH, this.blockBytes);
    return 0;
  }

  /** Whether the window holds it. */
  has(offset: number, lengthBytes: number): boolean {
    return offset >= this.start && offset + lengthBytes <= this.start + this.bytes.length;
  }

  copyOf(offset: number, lengthBytes: number): Buffer {
    const index = this.locate(offset, lengthBytes);
    return this.bytes.subarray(index, index + lengthBytes);
  }

  forget(): void {
    this.bytes = NOTHING;
    this.nextBlockBytes = FIRST_BLOCK_BYTES;
  }

  close(): void {
    this.reader.close();
  }

  private allocate(lengthBytes: number): Buffer {
    try {
      return Buffer.allocUnsafeSlow(lengthBytes);
    } catch (cause) {
      throw new IoError('read', this.path, 'ENOMEM', {
        cause,
        hint: `an entry takes ${lengthBytes} bytes of memory`,
      });
    }
  }
}

/** A source of a file that stays the caller's: closing the source leaves it open. */
export function sourceOf(file: SegmentFile): SegmentSource {
  const reader = {
    read: (target: Buffer, offset: number) => file.read(target, offset),
    close: () => undefined,
  };
  return new BlockSource(reader, file.sizeBytes, file.path);
}

/**
 * Blocks at first, then the whole file at once. Who reads one entry does not pay for a mapping: V8 counts its bytes as memory that
 * the process has taken, and collects garbage for milliseconds.
 */
export class GrowingSource implements SegmentSource {
  readonly sizeBytes: number;
  bytes: Buffer = NOTHING;
  private readonly blocks: BlockSource;
  /** The blocks, or the mapping. */
  private current: SegmentSource;
  private isMapped = false;
  private bytesRead = 0;
  private isOpen = true;

  /**
   * @param file belongs to the source
   * @param map the whole file; null where it cannot be mapped now
   * @param onUnmapped called when the source is closed and has never mapped the file
   */
  constructor(
    file: BlockReader & { readonly sizeBytes: number; readonly path: string },
    private readonly map: () => SegmentSource | null,
    private readonly onUnmapped: () => void,
  ) {
    this.sizeBytes = file.sizeBytes;
    const reader = {
      read: (target: Buffer, offset: number) => {
        file.read(target, offset);
        this.bytesRead += target.length;
      },
      close: () => file.close(),
    };
    this.blocks = new BlockSource(reader, file.sizeBytes, file.path, COPIED_BLOCK_BYTES);
    this.current = this.blocks;
  }

  locate(offset: number, lengthBytes: number): number {
    if (!this.isMapped && !this.blocks.has(offset, lengthBytes) && this.isWorthMapping(lengthBytes))
      this.tryToMap();
    const index = this.current.locate(offset, lengthBytes);
    this.bytes = this.current.bytes;
    return index;
  }

  copyOf(offset: number, lengthBytes: number): Buffer {
    const copy = this.current.copyOf(offset, lengthBytes);
    this.bytes = this.current.bytes;
    return copy;
  }

  forget(): void {
    this.current.forget();
    this.bytes = this.current.bytes;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.current.close();
    if (!this.isMapped) this.onUnmapped();
  }

  private isWorthMapping(lengthBytes: number): boolean {
    return this.bytesRead >= MAX_UNMAPPED_BYTES || lengthBytes > COPIED_BLOCK_BYTES;
  }

  private tryToMap(): void {
    const mapped = this.map();
    if (mapped === null) return;
    this.current.close();
    this.current = mapped;
    this.isMapped = true;
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
