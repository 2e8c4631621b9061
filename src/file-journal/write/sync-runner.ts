import { clearTimeout, monotonicMs, setTimeout } from '../../common/index.js';
import type { WritePosition } from '../segment/write-position.js';
import type { JournalState } from './journal-state.js';
import type { SegmentWriter } from './segment-writer.js';

/** The average covers about this many syncs. */
const AVERAGED_SYNCS = 8;

interface StoredEntry {
  readonly sequence: bigint;
  readonly position: WritePosition;
}

export interface SyncEvents {
  /** Everything up to `sequence` is durable. A call may come late, after one with a higher sequence. */
  onDurable(sequence: bigint, position: WritePosition): void;
  /**
   * A write, sync or rename failed. The state holds the failure when this returns. May report the same one
   * again.
   */
  onFailure(error: unknown): void;
}

/**
 * Runs the syncs of a journal one at a time, and none after a failure: the kernel reports a lost page once,
 * and a second sync of the same file would succeed although the data is gone. In `async` durability it also
 * starts them.
 */
export class SyncRunner {
  /** Written but not synced; 0 between groups in `sync` durability. */
  private unsynced = 0;
  private stored: StoredEntry | null = null;
  private syncing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private syncMs = 0;
  private endedMs = 0;

  // Made once: a group of one entry would pay for a closure.
  private readonly useThreadPool = async (): Promise<void> => {
    const startedMs = monotonicMs();
    await this.writer.sync();
    this.noteSynced(startedMs);
  };
  private readonly blockThread = async (): Promise<void> => {
    const startedMs = monotonicMs();
    this.writer.syncNow();
    this.noteSynced(startedMs);
  };

  constructor(
    private readonly writer: SegmentWriter,
    private readonly state: JournalState,
    private readonly intervalMs: number,
    private readonly events: SyncEvents,
  ) {}

  get unsyncedBytes(): number {
    return this.unsynced;
  }

  /** How long `sync` takes, on average over the last ones. */
  get averageMs(): number {
    return this.syncMs;
  }

  /** How long ago the last `sync` ended. */
  sinceLastMs(): number {
    return monotonicMs() - this.endedMs;
  }

  noteWritten(sizeBytes: number): void {
    this.unsynced += sizeBytes;
  }

  /**
   * Everything up to `sequence` is written and acknowledged: reports it as durable, or lets a sync follow.
   */
  noteStored(sequence: bigint, position: WritePosition): void {
    this.stored = { sequence, position };
    if (this.unsynced === 0) this.events.onDurable(sequence, position);
    else this.scheduleSync();
  }

  /**
   * Makes everything that is written durable, while nothing else is written.
   * @param isBlocking whether to block the calling thread
   * @throws (rejects) what the sync throws
   */
  sync(isBlocking: boolean): Promise<void> {
    return this.exclusively(isBlocking ? this.blockThread : this.useThreadPool);
  }

  /** Runs a rotation, which makes everything that is written durable. @throws (rejects) what it throws */
  rotate(rotation: () => Promise<void>): Promise<void> {
    return this.exclusively(async () => {
      await rotation();
      this.unsynced = 0;
    });
  }

  /**
   * Makes everything that is written durable, while writing continues.
   * @throws (rejects) what the sync throws
   */
  async syncWritten(): Promise<void> {
    if (this.unsynced === 0) return;
    await this.exclusively(() => this.syncUpToNow());
    if (this.unsynced > 0) this.scheduleSync();
  }

  /** Stops starting syncs by itself. */
  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Resolves when no sync runs; never rejects. */
  async idle(): Promise<void> {
    while (this.syncing !== null) await this.syncing.catch(() => undefined);
  }

  private noteSynced(startedMs: number): void {
    this.unsynced = 0;
    this.endedMs = monotonicMs();
    this.syncMs += (this.endedMs - startedMs - this.syncMs) / AVERAGED_SYNCS;
  }

  private async syncUpToNow(): Promise<void> {
    // Noted when the sync starts: it does not cover what is written while it runs.
    const stored = this.stored;
    const coveredBytes = this.unsynced;
    await this.writer.sync();
    this.unsynced -= coveredBytes;
    if (stored !== null) this.events.onDurable(stored.sequence, stored.position);
  }

  /** A sync follows within `intervalMs`. Keeps no process alive. */
  private scheduleSync(): void {
    if (this.timer !== null || this.state.failure !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.syncWritten().catch(() => undefined); // reported by onFailure
    }, this.intervalMs);
    this.timer.unref();
  }

  private async exclusively(sync: () => Promise<void>): Promise<void> {
    // Not `idle()`: of two pending callers, the second must see the sync of the first.
    while (this.syncing !== null) await this.syncing.catch(() => undefined);
    if (this.state.failure !== null) throw this.state.failure.cause;
    this.syncing = sync();
    try {
      await this.syncing;
    } catch (cause) {
      // In this very turn: in the next one, a pending caller starts another sync.
      this.events.onFailure(cause);
      throw cause;
    } finally {
      this.syncing = null;
    }
  }
}
