import { IoError, JournalClosedError } from '../../journal/index.js';
import type { MappingUse } from './mapping-pool.js';
import type { SegmentFile } from './segment-file.js';

/** How a journal reads: through memory mappings, or in blocks at a position. */
export type ReaderName = 'mapped' | 'positioned';

/** The first block is small, for readers of one entry. Blocks grow, so that a long read needs few. */
const FIRST_BLOCK_BYTES = 4 * 1024;
const BLOCK_GROWTH = 4;
const BLOCK_BYTES = 256 * 1024;
/** Size of blocks that are copied out of a mapping. A payload that the application keeps, keeps its block. */
const COPIED_BLOCK_BYTES = 64 * 1024;
/** Enough to find a place and to read some entries. */
const MAX_UNMAPPED_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** A window onto the bytes of a segment. */
export interface SegmentSource {
  readonly sizeBytes: number;
  /**
   * The window: a part of the file, or all of it if it is mapped. `locate` replaces it. Callers must not
   * keep it.
   */
  readonly bytes: Buffer;
  /**
   * Moves the window so that it holds `[offset, offset + lengthBytes)`.
   * @returns the index of the offset in `bytes`
   * @throws IoError (`JOURNAL_IO`) if the medium cannot be read (a mapping causes SIGBUS), or there is no
   * memory for the window; a later call tries again
   * @throws JournalClosedError (`JOURNAL_CLOSED`) if the journal was closed meanwhile
   */
  locate(offset: number, lengthBytes: number): number;
  /** A copy of the bytes on the heap, which never changes. @throws as `locate` */
  copyOf(offset: number, lengthBytes: number): Buffer;
  /** Drops a window that may be older than the latest writes. */
  forget(): void;
  /** Releases the file or mapping of the source. */
  close(): void;
}

/** A source of bytes that are in memory as a whole. */
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

/** A source whose window is the mapping of the whole file, and always up to date. */
export class MappedSource implements SegmentSource {
  readonly sizeBytes: number;
  readonly bytes: Buffer;
  private readonly copies: BlockSource;

  /** @param mapping owned by the source */
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

/** Reads blocks of a file. */
export interface BlockReader {
  /**
   * Fills `target` from `offset`.
   * @throws IoError (`JOURNAL_IO`)
   * @throws JournalClosedError (`JOURNAL_CLOSED`)
   */
  read(target: Buffer, offset: number): void;
  close(): void;
}

/**
 * A source of blocks on the heap. Each block is a new buffer, because returned entries are views of the old
 * ones.
 */
export class BlockSource implements SegmentSource {
  bytes: Buffer = NOTHING;
  /** File offset of `bytes[0]`. */
  private start = 0;
  private nextBlockBytes = FIRST_BLOCK_BYTES;

  /** @param reader owned by the source, and closed with it */
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

  /** Whether the window holds this range. */
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

/** A source of a file that the caller owns: closing the source leaves the file open. */
export function sourceOf(file: SegmentFile): SegmentSource {
  const reader = {
    read: (target: Buffer, offset: number) => file.read(target, offset),
    close: () => undefined,
  };
  return new BlockSource(reader, file.sizeBytes, file.path);
}

/**
 * A source of blocks at first, and of a mapping once it has read some. A reader of one entry does not pay for
 * a mapping: V8 counts its bytes as memory of the process, and collects garbage for milliseconds.
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
   * @param file owned by the source
   * @param map maps the whole file; null if it cannot be mapped now
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

/** The first offset at or after `from` whose byte is not zero; null if there is none. */
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
