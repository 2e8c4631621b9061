/**
 * Who waits for which write and sync.
 *
 * Appends are encoded into the staged group at once. One loop takes the group, writes it and syncs it; whoever appends
 * meanwhile joins the next group. So one sync serves everybody who came while the last one was in flight, and a single
 * append waits for nobody.
 */
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { IoError, JournalPoisonedError, type Durability } from '../journal/index.js';
import { isOutOfSpace } from './file-system.js';
import type { SegmentWriter, WritePosition } from './segment-writer.js';
import { StagedGroup } from './staged-group.js';

// Taken once, and timers from their module: fake timers of a test runner must not stop a journal.
const { nextTick } = process;

/** In `async` durability nothing waits for the disk: after so long timers and sockets get their turn all the same. */
const SLICE_MS = 5;

/** The journal as the loop needs it; called synchronously, in order. */
export interface CommitObserver {
  /** Entries `first` … `last` are written, up to `position`; in `sync` durability they are durable. */
  onStored(first: bigint, last: bigint, position: WritePosition): void;
  /** Everything up to `sequence` is on the device. Calls may come late, after one with a higher sequence. */
  onDurable(sequence: bigint, position: WritePosition): void;
  /** Staged entries were dropped; the next append must follow on `last`, or on what was stored where that is null. */
  onRefused(last: bigint | null): void;
  /** A write, sync or rename failed; may be told more than once of the same. */
  onFailure(error: unknown): void;
}

export interface CommitOptions {
  readonly durability: Durability;
  readonly maxUnsyncedBytes: number;
  readonly syncIntervalMs: number;
}

export class GroupCommit {
  /** Takes appends. */
  #staged = new StagedGroup();
  /** Being written, else empty. */
  #writing = new StagedGroup();
  /** Entries of `#writing` before this index may have reached the file. */
  #begun = 0;
  /** The loop; null when there is nothing to do. Set and cleared in the same turn as the check of `#staged`. */
  #loop: Promise<void> | null = null;
  /** Resolves when the group in `#writing` is settled. */
  #storing: Promise<void> | null = null;
  /** Why nothing is stored any more. */
  #failure: { readonly cause: unknown } | null = null;

  /** Written but not synced; 0 between groups in `sync` durability. */
  #unsyncedBytes = 0;
  #stored: { readonly sequence: bigint; readonly position: WritePosition } | null = null;
  #syncing: Promise<void> | null = null;
  #syncTimer: NodeJS.Timeout | null = null;
  #sliceEndMs = 0;

  constructor(
    private readonly writer: SegmentWriter,
    private readonly options: CommitOptions,
    private readonly observer: CommitObserver,
  ) {}

  /** Stages one entry; it is stored when the promise of the next `wait` resolves. */
  stage(sequenceNum: bigint, timestampNs: bigint, payload: Uint8Array): void {
    this.#staged.add(sequenceNum, timestampNs, payload);
  }

  /** Resolves when everything staged so far is stored as the durability asks. */
  wait(): Promise<void> {
    const stored = this.#staged.wait();
    this.#loop ??= this.#run();
    return stored;
  }

  /** Resolves when nothing is staged, written or synced any more, so not while others go on appending; never rejects. */
  async idle(): Promise<void> {
    while (this.#loop !== null) await this.#loop;
    while (this.#syncing !== null) await this.#syncing.catch(() => undefined);
  }

  /** Makes everything staged so far durable. @throws JournalPoisonedError (`JOURNAL_POISONED`) */
  async flush(): Promise<void> {
    // Not until the loop ends: it does not while others go on appending. Who is refused is told by their own append.
    if (this.#staged.count > 0) await this.wait().catch(() => undefined);
    else await this.#storing;
    await this.#syncWritten().catch(() => undefined);
    if (this.#failure !== null) throw new JournalPoisonedError(this.#failure.cause);
  }

  /** Keeps no timer; what is written stays to be synced by `flush`. */
  stop(): void {
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer);
    this.#syncTimer = null;
  }

  /** Stores nothing any more. A group that is being written is settled by what becomes of it; the rest is rejected. */
  fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.stop();
    if (this.#loop === null) this.#rejectStaged();
  }

  async #run(): Promise<void> {
    // All that is appended in this turn of the event loop goes into one group.
    await new Promise<void>((resolve) => nextTick(resolve));
    for (;;) {
      if (this.options.durability === 'async') await this.#giveWay();
      if (this.#staged.count === 0 || this.#failure !== null) break;
      [this.#staged, this.#writing] = [this.#writing, this.#staged];
      this.#storing = this.#store(this.#writing);
      await this.#storing;
      this.#storing = null;
      this.#writing.reset();
    }
    if (this.#failure !== null) this.#rejectStaged();
    this.#loop = null;
  }

  async #giveWay(): Promise<void> {
    if (performance.now() < this.#sliceEndMs) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#sliceEndMs = performance.now() + SLICE_MS;
  }

  /**
   * Stores a group in as many steps as segments and the unsynced limit demand; each step is acknowledged on its own.
   * Never rejects: everyone in the group is told what became of it.
   */
  async #store(group: StagedGroup): Promise<void> {
    this.#begun = 0;
    try {
      await this.#obtainRoom(group);
      for (let done = 0; done < group.count;) done = await this.#storeStep(group, done);
    } catch (cause) {
      this.#noteFailure(cause);
      group.rejectRest(
        (start) => new JournalPoisonedError(cause, start < this.#begun ? 'unknown' : 'not-written'),
      );
    }
  }

  /** @returns the index behind what was stored; `from` when the rest of the group was refused */
  async #storeStep(group: StagedGroup, from: number): Promise<number> {
    const { writer, options } = this;
    this.#assertNotFailed();
    const needsRotation = group.fitting(from, writer.remainingBytes) === from;
    if (needsRotation && !(await this.#obtain(group, from, () => writer.ensurePrepared()))) return from;
    const segmentBytes = needsRotation ? writer.segmentSizeBytes : writer.remainingBytes;
    const unsyncedBytes = needsRotation
      ? options.maxUnsyncedBytes
      : await this.#unsyncedAllowance(group, from);
    // An entry larger than the limit is written, alone.
    const to = Math.max(from + 1, group.fitting(from, Math.min(segmentBytes, unsyncedBytes)));
    const bytes = group.slice(from, to);
    this.#begun = to;
    if (needsRotation) {
      await this.#alone(async () => {
        await writer.rotate(bytes, group.sequenceAt(from));
        this.#unsyncedBytes = 0;
      });
    } else {
      await writer.write(bytes);
      this.#unsyncedBytes += bytes.length;
      if (options.durability === 'sync') {
        await this.#alone(async () => {
          await writer.sync();
          this.#unsyncedBytes = 0;
        });
      } else {
        this.#assertNotFailed(); // a background sync may have failed meanwhile
      }
    }
    this.#acknowledge(group, from, to);
    return to;
  }

  #acknowledge(group: StagedGroup, from: number, to: number): void {
    const sequence = group.sequenceAt(to - 1);
    const position = { ...this.writer.position };
    this.#stored = { sequence, position };
    this.observer.onStored(group.sequenceAt(from), sequence, position);
    if (this.#unsyncedBytes === 0) this.observer.onDurable(sequence, position);
    else this.#syncLater();
    group.resolveUpTo(to);
  }

  /** Before anything of a group is written: the disk space it needs. What cannot have it is refused, the rest goes on. */
  async #obtainRoom(group: StagedGroup): Promise<void> {
    const { writer } = this;
    const fits = group.fitting(0, writer.remainingBytes);
    if (fits < group.count) await this.#obtain(group, group.batchStart(fits), () => writer.ensurePrepared());
    if (fits > 0 && group.count > 0) await this.#obtain(group, 0, () => writer.ensureAllocated());
  }

  /** Tries to get disk space; without it everything from the entry at `from` on is refused, and what is staged behind it. */
  async #obtain(group: StagedGroup, from: number, get: () => Promise<void>): Promise<boolean> {
    try {
      await get();
      return true;
    } catch (error) {
      group.truncate(from, (begun) => refusal(error, begun));
      this.#staged.truncate(0, () => refusal(error, false));
      this.observer.onRefused(from === 0 ? null : group.sequenceAt(from - 1));
      return false;
    }
  }

  /** How many bytes may be written now; waits for a sync when not even one entry may (back-pressure). */
  async #unsyncedAllowance(group: StagedGroup, from: number): Promise<number> {
    const { maxUnsyncedBytes } = this.options;
    if (this.#unsyncedBytes > 0 && group.fitting(from, maxUnsyncedBytes - this.#unsyncedBytes) === from) {
      await this.#syncWritten();
    }
    return maxUnsyncedBytes - this.#unsyncedBytes;
  }

  /** `async` durability: a sync follows within `syncIntervalMs`. Keeps no process alive. */
  #syncLater(): void {
    if (this.#syncTimer !== null || this.#failure !== null) return;
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = null;
      this.#syncWritten().catch(() => undefined); // observer.onFailure has been told
    }, this.options.syncIntervalMs);
    this.#syncTimer.unref();
  }

  /** Makes what is written durable. @throws what the sync throws; the observer has been told */
  async #syncWritten(): Promise<void> {
    if (this.#unsyncedBytes === 0) return;
    await this.#alone(() => this.#syncNow());
    if (this.#unsyncedBytes > 0) this.#syncLater();
  }

  async #syncNow(): Promise<void> {
    // Noted when the sync starts: what is written while it runs is not covered by it.
    const stored = this.#stored;
    const coveredBytes = this.#unsyncedBytes;
    await this.writer.sync();
    this.#unsyncedBytes -= coveredBytes;
    if (stored !== null) this.observer.onDurable(stored.sequence, stored.position);
  }

  /**
   * One sync at a time, and none after one has failed: the kernel reports a lost page once, and a second sync of the
   * same file would succeed although the data is gone.
   */
  async #alone(sync: () => Promise<void>): Promise<void> {
    while (this.#syncing !== null) await this.#syncing.catch(() => undefined);
    this.#assertNotFailed();
    this.#syncing = sync();
    try {
      await this.#syncing;
    } catch (cause) {
      this.#noteFailure(cause); // in this very turn: in the next one somebody who waited starts another sync
      throw cause;
    } finally {
      this.#syncing = null;
    }
  }

  #noteFailure(cause: unknown): void {
    this.#failure ??= { cause };
    this.stop();
    this.observer.onFailure(cause);
  }

  #assertNotFailed(): void {
    if (this.#failure !== null) throw this.#failure.cause;
  }

  #rejectStaged(): void {
    this.#staged.rejectRest(() => new JournalPoisonedError(this.#failure?.cause));
    this.#staged.reset();
  }
}

/** What a refused append rejects with: the system's error, and that the journal goes on. */
function refusal(error: unknown, begun: boolean): unknown {
  if (!(error instanceof IoError)) return error;
  const written = begun ? 'a prefix of the batch is stored' : 'nothing was written';
  const when = isOutOfSpace(error) ? 'there is space' : 'that succeeds';
  return new IoError(error.operation, error.path, error.osCode, {
    cause: error.cause ?? error,
    outcome: begun ? 'unknown' : 'not-written',
    hint: `${written}; the journal accepts appends again once ${when}`,
  });
}
