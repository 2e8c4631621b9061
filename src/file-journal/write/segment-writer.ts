import { monotonicMs } from '../../common/index.js';
import type { MissingCheckpoint } from '../recover/open-for-writing.js';
import type { IndexBuilder } from '../segment/index-builder.js';
import type { PreparedSegment } from '../segment/prepared-segment.js';
import type { SegmentFile } from '../segment/segment-file.js';
import type { EntryRun } from '../segment/sparse-index.js';
import type { ActiveSegment, WritePosition } from '../segment/write-position.js';
import { telemetry } from '../../telemetry/index.js';

/** Writes groups of entries at the end of the journal, and rotates into the next segment. */
export class SegmentWriter {
  /** Replaced, never changed: a position that was handed out stays what it was. */
  private active: ActiveSegment;
  /** Counts writes, and the writes that the last completed sync covers. */
  private writes = 0;
  private syncedWrites = 0;

  /**
   * @param isAllocated whether the free end of the active file is allocated; a file of another writer may be
   * sparse
   * @param missingCheckpoint must be durable before anything is written into the active file
   * @param onSynced receives how long a sync of entries took, while telemetry has a subscriber
   */
  constructor(
    active: ActiveSegment,
    private readonly nextSegment: PreparedSegment,
    private readonly indexes: IndexBuilder,
    private isAllocated: boolean,
    private missingCheckpoint: MissingCheckpoint | null,
    private readonly onSynced: (durationMs: number) => void,
  ) {
    this.active = active;
    active.segment.activate(active.file);
  }

  get position(): WritePosition {
    return this.active;
  }

  get remainingBytes(): number {
    return this.active.file.sizeBytes - this.active.endOffset;
  }

  get segmentSizeBytes(): number {
    return this.nextSegment.sizeBytes;
  }

  /**
   * Whether `sizeBytes` can be written after the last entry without `ensureAllocated`, `ensureNamesDurable`
   * or `ensurePrepared`.
   */
  hasRoomFor(sizeBytes: number): boolean {
    return this.isAllocated && this.missingCheckpoint === null && sizeBytes <= this.remainingBytes;
  }

  /**
   * Creates a missing checkpoint, and allocates the free end of the active segment, so that a write into it
   * cannot run out of space.
   * @throws (rejects) IoError (`JOURNAL_IO`); a later call tries again
   */
  async ensureAllocated(): Promise<void> {
    this.missingCheckpoint?.make();
    if (this.isAllocated) return;
    await this.active.file.allocateFrom(this.active.endOffset);
    this.isAllocated = true;
  }

  /**
   * Makes the name of a created checkpoint durable, before the first write.
   * @throws (rejects) IoError (`JOURNAL_IO`); the journal must not continue
   */
  async ensureNamesDurable(): Promise<void> {
    await this.missingCheckpoint?.sync();
    this.missingCheckpoint = null;
  }

  /**
   * Waits for the next segment to be ready.
   * @throws (rejects) IoError (`JOURNAL_IO`); a later call tries again
   */
  async ensurePrepared(): Promise<void> {
    await this.nextSegment.ready();
  }

  /**
   * Writes whole entries behind the last one. The caller has made sure that they fit.
   * @returns null if the write is already done, so that a sync can start in the same turn
   */
  write(entries: EntryRun): Promise<void> | null {
    const { segment, file, endOffset } = this.active;
    const { bytes } = entries;
    segment.index.noteRun(entries, endOffset);
    const writing = file.writeEntries(bytes, endOffset);
    if (writing !== null) return writing.then(() => this.noteWritten(bytes.length));
    this.noteWritten(bytes.length);
    return null;
  }

  /** Makes everything that was written before the call durable. */
  async sync(): Promise<void> {
    const covered = this.writes;
    if (covered === this.syncedWrites) return;
    await this.syncFile(this.active.file);
    this.syncedWrites = covered;
  }

  /** The same, blocking the calling thread. */
  syncNow(): void {
    this.active.file.syncNow();
    this.syncedWrites = this.writes;
  }

  /**
   * Seals the active segment and starts the next one with `entries`. The order is: sync the old segment;
   * write and sync the first entries in the prepared file; rename it; sync the directory. So a crash leaves a
   * tear only in the newest segment, and the newest segment is never empty.
   *
   * A segment that is still empty, because it is too small for the first entry, is replaced under its own
   * name.
   */
  async rotate(entries: EntryRun, firstSequence: bigint): Promise<void> {
    const file = await this.nextSegment.ready();
    const old = this.active;
    const startSequence = old.endOffset === 0 ? old.segment.startSequence : firstSequence;
    await this.sync();
    await file.writeEntries(entries.bytes, 0);
    await this.syncFile(file);
    const segment = await this.nextSegment.install(file, startSequence);
    segment.index.noteRun(entries, 0);
    segment.activate(file);
    this.indexes.watch(segment);
    this.active = { segment, file, endOffset: entries.bytes.length };
    this.isAllocated = true;
    old.segment.seal();
    old.file.close();
    if (old.endOffset > 0) this.indexes.store(old.segment, old.file.sizeBytes);
  }

  async close(): Promise<void> {
    try {
      await this.nextSegment.close();
    } finally {
      await this.indexes.close();
      this.active.segment.seal();
      this.active.file.close();
    }
  }

  private noteWritten(sizeBytes: number): void {
    const { segment, file, endOffset } = this.active;
    this.active = { segment, file, endOffset: endOffset + sizeBytes };
    this.writes += 1;
    this.nextSegment.prepareAhead(this.active);
  }

  private syncFile(file: SegmentFile): Promise<void> {
    if (!telemetry.synced.hasSubscribers) return file.sync();
    const startedMs = monotonicMs();
    return file.sync().then(() => this.onSynced(monotonicMs() - startedMs));
  }
}
