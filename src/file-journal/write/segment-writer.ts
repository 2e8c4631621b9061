/** The end of the journal: the segment that is written, and the one prepared to follow it. */
import { monotonicMs } from '../../common/index.js';
import type { FileSystem } from '../os/file-system.js';
import { IndexKeeper } from '../segment/index-keeper.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import type { SegmentFile, WriterName } from '../segment/segment-file.js';
import { Segment } from '../segment/segment.js';
import { telemetry } from '../../telemetry/index.js';

/** From this fill on the next segment is prepared; where that fails, again when half of the rest is filled, and so on. */
const PREPARE_AT_FILL = 0.5;

export interface WritePosition {
  readonly segment: Segment;
  /** Offset behind the last entry. */
  readonly endOffset: number;
}

export class SegmentWriter {
  /** Told how long each sync of entries took, while somebody listens. */
  onSynced: (durationMs: number) => void = () => undefined;
  readonly indexes: IndexKeeper;
  /** What must be durable before anything is written; called until it succeeds. */
  beforeFirstWrite: (() => Promise<void>) | null = null;
  /** The next segment, in the making or ready. */
  #prepared: Promise<SegmentFile> | null = null;
  /** Without space there is no point in trying at every write. */
  #prepareAtFill = PREPARE_AT_FILL;
  #closed = false;
  /** Counts writes, and those that the last completed sync covers. */
  #writes = 0;
  #syncedWrites = 0;

  constructor(
    private readonly files: FileSystem,
    private readonly directory: SegmentDirectory,
    /** Of every new segment. */
    readonly segmentSizeBytes: number,
    private readonly writer: WriterName,
    private active: { segment: Segment; file: SegmentFile; endOffset: number },
    /** Whether the free end of the active file is allocated; a file of another writer may be sparse. */
    private allocated: boolean,
  ) {
    this.indexes = new IndexKeeper(files, directory.path);
    active.segment.activate(active.file);
  }

  get position(): WritePosition {
    return this.active;
  }

  get remainingBytes(): number {
    return this.active.file.sizeBytes - this.active.endOffset;
  }

  /** Whether so much can be written behind the last entry without `ensureAllocated` or `ensurePrepared`. */
  hasRoomFor(sizeBytes: number): boolean {
    return this.allocated && this.beforeFirstWrite === null && sizeBytes <= this.remainingBytes;
  }

  /** Makes sure that what a write depends on is durable, and that writing into the active segment cannot run out of space. @throws IoError; nothing is changed */
  async ensureAllocated(): Promise<void> {
    await this.beforeFirstWrite?.();
    this.beforeFirstWrite = null;
    if (this.allocated) return;
    await this.active.file.allocateFrom(this.active.endOffset);
    this.allocated = true;
  }

  /** Waits for the next segment to be ready. @throws IoError where it cannot be had; a later call tries again */
  async ensurePrepared(): Promise<void> {
    await this.#prepare();
  }

  /**
   * Writes whole entries behind the last one. The caller has made sure that they fit.
   * @returns null where that is done at once, so that a sync can start in the same turn
   */
  write(entries: Buffer): Promise<void> | null {
    const { segment, file, endOffset } = this.active;
    segment.index.noteEntries(entries, endOffset);
    const writing = file.writeEntries(entries, endOffset);
    if (writing !== null) return writing.then(() => this.#noteWritten(entries.length));
    this.#noteWritten(entries.length);
    return null;
  }

  #noteWritten(sizeBytes: number): void {
    this.active.endOffset += sizeBytes;
    this.#writes += 1;
    if (this.active.endOffset >= this.active.file.sizeBytes * this.#prepareAtFill) this.#prepareAhead();
  }

  /** Makes what was written before the call durable. */
  async sync(): Promise<void> {
    const covered = this.#writes;
    if (covered === this.#syncedWrites) return;
    await this.#syncFile(this.active.file);
    this.#syncedWrites = covered;
  }

  /** The same, blocking the calling thread. */
  syncNow(): void {
    this.active.file.syncNow();
    this.#syncedWrites = this.#writes;
  }

  /**
   * Seals the active segment and starts the next one with `entries`. In this order a crash leaves a tear only in the
   * newest segment, and the newest segment is never empty:
   * sync the old one; write and sync the first entries in the prepared file; rename it; sync the directory.
   * A segment that is still empty, because it is too small for the first entry, is replaced under its own name.
   */
  async rotate(entries: Buffer, firstSequence: bigint): Promise<void> {
    const file = await this.#prepare();
    const old = this.active;
    const startSequence = old.endOffset === 0 ? old.segment.startSequence : firstSequence;
    await this.sync();
    await file.writeEntries(entries, 0);
    await this.#syncFile(file);
    await this.directory.installPrepared(startSequence);
    this.#prepared = null;
    this.#prepareAtFill = PREPARE_AT_FILL;
    const segment = new Segment(this.directory, startSequence);
    file.noteRenamed(segment.path);
    segment.index.noteEntries(entries, 0);
    segment.activate(file);
    segment.onIndexMissing = old.segment.onIndexMissing;
    this.active = { segment, file, endOffset: entries.length };
    this.allocated = true;
    old.segment.seal();
    old.file.close();
    if (old.endOffset > 0) this.indexes.store(old.segment, old.file.sizeBytes);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const prepared = this.#prepared;
    this.#prepared = null;
    try {
      if (prepared !== null) {
        await prepared.then(
          (file) => file.close(),
          () => undefined,
        );
        this.directory.discardPrepared();
      }
    } finally {
      await this.indexes.close();
      this.active.segment.seal();
      this.active.file.close();
    }
  }

  #syncFile(file: SegmentFile): Promise<void> {
    if (!telemetry.synced.hasSubscribers) return file.sync();
    const startedMs = monotonicMs();
    return file.sync().then(() => this.onSynced(monotonicMs() - startedMs));
  }

  #prepare(): Promise<SegmentFile> {
    this.#prepared ??= this.directory
      .prepareSegment(this.segmentSizeBytes, this.writer)
      .catch((error: unknown) => {
        this.#prepared = null;
        throw error;
      });
    return this.#prepared;
  }

  #prepareAhead(): void {
    if (this.#closed || this.#prepared !== null) return;
    // Not needed yet: whoever needs it tries again and gets the error.
    this.#prepareAtFill += (1 - this.#prepareAtFill) * PREPARE_AT_FILL;
    this.#prepare().catch(() => undefined);
  }
}
