import { clearTimeout, setTimeout } from '../../common/index.js';
import type { CheckpointFile, CheckpointState } from './checkpoint-file.js';
import { isOutOfSpace } from '../os/file-system.js';
import type { WritePosition } from '../segment/write-position.js';

const INTERVAL_MS = 1_000;

interface DurablePoint extends WritePosition {
  readonly sequence: bigint;
}

/**
 * Stores the checkpoint of a journal: at rotations, every second while entries become durable, and at close.
 */
export class CheckpointUpdater {
  /** Durable, but not stored in the checkpoint yet. */
  private pending: DurablePoint | null = null;
  private timer: NodeJS.Timeout | null = null;
  private storing: Promise<void> | null = null;
  private closed = false;
  /** Start of the segment in the stored checkpoint. */
  private storedSegment: bigint;
  /** An entry larger than the limit, until it is durable. */
  private large: { readonly sequence: bigint; readonly sizeBytes: number } | null = null;

  constructor(
    private readonly file: CheckpointFile,
    /** The last stored state, with the writer's usual limit. */
    private stored: CheckpointState,
    /** Called when a store fails: a device that cannot store 56 bytes is failing. */
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.storedSegment = stored.segmentStart;
  }

  /**
   * Announces an entry larger than the limit. A torn write may leave its end without its length, so recovery
   * must know how far it reaches. The checkpoint is durable when the promise resolves, and applies until the
   * entry is durable.
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  async expectLarge(sequence: bigint, sizeBytes: number): Promise<void> {
    this.large = { sequence, sizeBytes };
    while (this.storing !== null) await this.storing;
    const storing = this.file.store({ ...this.stored, maxUnsyncedBytes: this.limitBytes });
    this.storing = storing.catch(() => undefined);
    await storing.finally(() => (this.storing = null));
  }

  private get limitBytes(): number {
    return Math.max(this.stored.maxUnsyncedBytes, this.large?.sizeBytes ?? 0);
  }

  /** Everything up to `sequence` is durable. */
  note(sequence: bigint, position: WritePosition): void {
    if (this.closed) return; // the lock is released: the file may belong to another writer
    this.pending = { sequence, ...position };
    if (this.large !== null && sequence >= this.large.sequence) this.large = null;
    const rotated = this.storedSegment !== position.segment.startSequence;
    if (rotated) void this.store();
    else this.storeLater();
  }

  /** @param store false if the journal has failed: then nothing more is known to be durable */
  async close(store: boolean): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    if (!store) this.pending = null;
    await this.store();
  }

  /** Closes the file, after `close`. */
  closeFile(): void {
    this.file.close();
  }

  private storeLater(): void {
    if (this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.store();
    }, INTERVAL_MS);
    this.timer.unref();
  }

  /** Stores one checkpoint at a time. Entries that become durable meanwhile go into the next one. */
  private async store(): Promise<void> {
    while (this.storing !== null) await this.storing;
    const pending = this.pending;
    if (pending === null) return;
    this.pending = null;
    this.storedSegment = pending.segment.startSequence;
    this.storing = this.write(pending);
    await this.storing;
    this.storing = null;
  }

  private async write({ segment, endOffset, sequence }: DurablePoint): Promise<void> {
    const { maxUnsyncedBytes } = this.stored;
    const state = { segmentStart: segment.startSequence, durableOffset: endOffset, lastSequence: sequence };
    try {
      await this.file.store({ ...state, maxUnsyncedBytes: this.limitBytes });
      this.stored = { ...state, maxUnsyncedBytes };
    } catch (error) {
      if (!isOutOfSpace(error)) this.onFailure(error); // without space the old bound stays, which is lower
    }
  }
}
