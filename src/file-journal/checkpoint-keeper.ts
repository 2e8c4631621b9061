/** Keeps the checkpoint about as fresh as the journal: at rotations, every second while there is news, and at close. */
import { clearTimeout, setTimeout } from '../journal/index.js';
import type { CheckpointFile } from './checkpoint.js';
import { isOutOfSpace } from './file-system.js';
import type { WritePosition } from './segment-writer.js';

const INTERVAL_MS = 1_000;

interface DurablePoint extends WritePosition {
  readonly sequence: bigint;
}

export class CheckpointKeeper {
  /** Durable, and not in the checkpoint yet. */
  #news: DurablePoint | null = null;
  #timer: NodeJS.Timeout | null = null;
  #storing: Promise<void> | null = null;
  #closed = false;

  constructor(
    private readonly file: CheckpointFile,
    /** The segment that the checkpoint speaks of. */
    private storedSegment: bigint,
    private readonly maxUnsyncedBytes: number,
    /** A device that cannot store 56 bytes is failing. */
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** To be told of everything that becomes durable. */
  note(sequence: bigint, position: WritePosition): void {
    if (this.#closed) return; // the lock is given back: the file may be another writer's
    this.#news = { sequence, ...position };
    const rotated = this.storedSegment !== position.segment.startSequence;
    if (rotated) void this.#store();
    else this.#storeLater();
  }

  /** @param store false when the journal has failed: then nothing more is known to be durable */
  async close(store: boolean): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (!store) this.#news = null;
    await this.#store();
  }

  #storeLater(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#store();
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  /** One store at a time; what becomes durable meanwhile goes into the next. */
  async #store(): Promise<void> {
    while (this.#storing !== null) await this.#storing;
    const news = this.#news;
    if (news === null) return;
    this.#news = null;
    this.storedSegment = news.segment.startSequence;
    this.#storing = this.#write(news);
    await this.#storing;
    this.#storing = null;
  }

  async #write({ segment, endOffset, sequence }: DurablePoint): Promise<void> {
    try {
      await this.file.store({
        segmentStart: segment.startSequence,
        durableOffset: endOffset,
        lastSequence: sequence,
        maxUnsyncedBytes: this.maxUnsyncedBytes,
      });
    } catch (error) {
      if (!isOutOfSpace(error)) this.onFailure(error); // without space the old bound stays, which is lower
    }
  }
}
