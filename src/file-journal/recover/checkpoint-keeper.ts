/** Keeps the checkpoint about as fresh as the journal: at rotations, every second while there is news, and at close. */
import { clearTimeout, setTimeout } from '../../common/index.js';
import type { CheckpointFile, CheckpointState } from './checkpoint.js';
import { isOutOfSpace } from '../os/file-system.js';
import type { WritePosition } from '../segment/write-position.js';

const INTERVAL_MS = 1_000;

interface DurablePoint extends WritePosition {
  readonly sequence: bigint;
}

export class CheckpointKeeper {
  /** Durable, and not in the checkpoint yet. */
  private news: DurablePoint | null = null;
  private timer: NodeJS.Timeout | null = null;
  private storing: Promise<void> | null = null;
  private closed = false;
  /** The segment that the checkpoint speaks of. */
  private storedSegment: bigint;
  /** An entry larger than the limit, which is about to be written alone or not durable yet. */
  private large: { readonly sequence: bigint; readonly sizeBytes: number } | null = null;

  constructor(
    private readonly file: CheckpointFile,
    /** The last bound that was stored; the limit in it is the writer's usual one. */
    private stored: CheckpointState,
    /** A device that cannot store 56 bytes is failing. */
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.storedSegment = stored.segmentStart;
  }

  /**
   * An entry larger than the limit is going to be written. A tear of it may leave its end without its length, so recovery
   * has to know how far it may reach: that is durable when this resolves, and holds until the entry is durable.
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

  /** To be told of everything that becomes durable. */
  note(sequence: bigint, position: WritePosition): void {
    if (this.closed) return; // the lock is given back: the file may be another writer's
    this.news = { sequence, ...position };
    if (this.large !== null && sequence >= this.large.sequence) this.large = null;
    const rotated = this.storedSegment !== position.segment.startSequence;
    if (rotated) void this.store();
    else this.storeLater();
  }

  /** @param store false when the journal has failed: then nothing more is known to be durable */
  async close(store: boolean): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    if (!store) this.news = null;
    await this.store();
  }

  /** After `close`. */
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

  /** One store at a time; what becomes durable meanwhile goes into the next. */
  private async store(): Promise<void> {
    while (this.storing !== null) await this.storing;
    const news = this.news;
    if (news === null) return;
    this.news = null;
    this.storedSegment = news.segment.startSequence;
    this.storing = this.write(news);
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
