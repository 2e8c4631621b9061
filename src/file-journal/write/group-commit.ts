/**
 * Group commit: batches appends so that one sync serves many callers.
 *
 * Appends are encoded into the open group at once (staging). One loop takes the group, writes it and syncs
 * it. Appends that arrive meanwhile join the next group. So one sync serves all callers that arrived while
 * the last one ran, and those that the last one served if they append again at once (ReturningCallers). A
 * single append never waits for others.
 */
import { AsyncResource } from 'node:async_hooks';
import { JournalPoisonedError } from '../../journal/index.js';
import { monotonicMs, nextTick, nextTurn, CooperativeYield } from '../../common/index.js';
import { telemetry } from '../../telemetry/index.js';
import { AppendAcknowledger } from './append-acknowledger.js';
import { refusal } from './append-refused.error.js';
import type { CommitEvents, CommitOptions } from './commit-events.js';
import type { JournalState } from './journal-state.js';
import { ReturningCallers } from './returning-callers.js';
import type { SegmentWriter } from './segment-writer.js';
import type { StagedGroup } from './staged-group.js';
import type { Staging } from './staging.js';
import { SyncRunner } from './sync-runner.js';

/**
 * Once this much is staged, it is written without waiting for more: encoding as much again takes about as
 * long as a sync, and continues while that runs. Below it, one sync for all callers that are about to append
 * saves more.
 */
const OVERLAP_BYTES = 128 * 1024;
/** On a slower disk, fewer and larger groups save more than the overlap. */
const OVERLAP_MAX_SYNC_MS = 1.5;

export class GroupCommit {
  /**
   * The loop; null if there is nothing to do. Set and cleared in the same turn as the check of the open
   * group.
   */
  private loop: Promise<void> | null = null;
  /** Resolves when it is known what became of the group that is being written. */
  private storing: Promise<void> | null = null;
  private readonly pause = new CooperativeYield();
  private readonly syncs: SyncRunner;
  private readonly returning: ReturningCallers;
  private readonly callers = new AppendAcknowledger();
  /**
   * The context of the journal: a group holds the entries of many callers, so listeners run in the context of
   * none.
   */
  private readonly context = new AsyncResource('GroupCommit');

  constructor(
    private readonly writer: SegmentWriter,
    private readonly staging: Staging,
    private readonly state: JournalState,
    private readonly options: CommitOptions,
    private readonly events: CommitEvents,
  ) {
    this.syncs = new SyncRunner(writer, state, options.syncIntervalMs, events);
    this.returning = new ReturningCallers(this.syncs);
  }

  /** Resolves when everything staged so far is stored as the durability asks. */
  wait(): Promise<void> {
    const stored = this.staging.open.wait();
    this.loop ??= this.context.runInAsyncScope(() => this.run());
    if (this.storing === null && this.isWorthStarting()) this.context.runInAsyncScope(() => this.begin());
    return stored;
  }

  /** Makes everything staged so far durable. @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`) */
  async flush(): Promise<void> {
    // Not until the loop ends: it does not while others keep appending. A refused append rejects its own
    // caller.
    if (this.staging.open.count > 0) await this.wait().catch(() => undefined);
    else await this.storing;
    await this.context.runInAsyncScope(() => this.syncs.syncWritten()).catch(() => undefined);
    await this.callers.pending;
    this.state.assertNotFailed();
  }

  /**
   * Resolves when the loop, the syncs and the callers are done, so not while others keep appending; never
   * rejects.
   */
  async idle(): Promise<void> {
    while (this.loop !== null) await this.loop;
    await this.syncs.idle();
    while (this.callers.pending !== null) await this.callers.pending;
  }

  /** Keeps no timer; `flush` syncs what is written. */
  stop(): void {
    this.syncs.stop();
  }

  /**
   * Stores nothing more, because the state holds a failure. A group that is being written is settled by its
   * outcome; the open one is rejected.
   */
  abort(): void {
    this.stop();
    if (this.loop === null) this.rejectStaged();
  }

  private async run(): Promise<void> {
    for (;;) {
      // One group takes all appends of this turn of the event loop, and all that the callers make whom the
      // last group has resolved, however many promises lie between.
      await new Promise<void>((resolve) => nextTick(resolve));
      // In `async` durability nothing waits for the disk. Timers and sockets get their turn all the same.
      if (this.options.durability === 'async' && this.pause.isDue) await this.pause.run();
      const busy = this.storing ?? this.callers.pending;
      if (busy !== null) {
        await busy;
        continue;
      }
      if (this.staging.open.count === 0 || this.state.failure !== null) break;
      if (this.returning.isWorthATurn(this.staging.open.callers)) {
        await nextTurn();
        continue;
      }
      this.begin();
      while (this.storing !== null) await this.storing;
      if (this.staging.open.count === 0) break;
    }
    if (this.state.failure !== null) this.rejectStaged();
    this.loop = null;
  }

  private isWorthStarting(): boolean {
    return (
      this.staging.open.sizeBytes >= OVERLAP_BYTES &&
      this.syncs.averageMs < OVERLAP_MAX_SYNC_MS &&
      this.options.durability === 'sync' &&
      this.state.failure === null
    );
  }

  /** Starts to write the open group. In `sync` durability the disk is usually busy when this returns. */
  private begin(): void {
    const group = this.staging.take();
    const storing = this.store(group).then(() => {
      if (this.storing === storing) this.storing = null;
      const { pending } = this.callers;
      if (pending === null) this.staging.recycle(group);
      else void pending.then(() => this.staging.recycle(group));
    });
    this.storing = storing;
  }

  /**
   * Stores a group in as many steps as segments and the unsynced limit demand. Each step is acknowledged on
   * its own. Never rejects: every caller in the group learns what became of its entries, now or in a later
   * turn.
   */
  private async store(group: StagedGroup): Promise<void> {
    try {
      if (!this.writer.hasRoomFor(group.sizeBytes)) await this.obtainRoom(group);
      for (let done = 0; done < group.count;) done = await this.storeStep(group, done);
    } catch (cause) {
      // Never in the turn of an append that started this: a step that throws has been waited for.
      this.events.onFailure(cause);
      // Callers whose entries are stored come first.
      while (this.callers.pending !== null) await this.callers.pending;
      group.rejectRest((isBegun) => new JournalPoisonedError(cause, isBegun ? 'unknown' : 'not-written'));
    }
  }

  /** @returns the index after the stored entries; `from` if the rest of the group was refused */
  private async storeStep(group: StagedGroup, from: number): Promise<number> {
    const { writer, options } = this;
    const { maxUnsyncedBytes } = options;
    this.assertNotFailed();
    const rotates = group.fitting(from, writer.remainingBytes) === from;
    if (rotates && !(await this.obtain(group, from, () => writer.ensurePrepared()))) return from;
    if (!rotates && this.isUnsyncedFull(group, from)) await this.syncs.syncWritten();
    const segmentBytes = rotates ? writer.segmentSizeBytes : writer.remainingBytes;
    const unsyncedBytes = maxUnsyncedBytes - (rotates ? 0 : this.syncs.unsyncedBytes);
    // An entry larger than the limit is written, alone.
    const to = Math.max(from + 1, group.fitting(from, Math.min(segmentBytes, unsyncedBytes)));
    const entries = group.run(from, to);
    const sizeBytes = entries.bytes.length;
    if (!rotates && sizeBytes > maxUnsyncedBytes) {
      const expect = () => this.events.beforeLargeWrite(group.sequenceAt(from), sizeBytes);
      if (!(await this.obtain(group, from, expect))) return from;
      this.assertNotFailed();
    }
    const startedMs = telemetry.groupStored.hasSubscribers ? monotonicMs() : null;
    group.begun = to;
    if (rotates) await this.syncs.rotate(() => writer.rotate(entries, group.sequenceAt(from)));
    else {
      const writing = writer.write(entries);
      if (writing !== null) await writing;
      this.syncs.noteWritten(sizeBytes);
      if (options.durability === 'async')
        this.assertNotFailed(); // a background sync may have failed meanwhile
      else await this.syncs.sync(options.syncOn === 'event-loop' && group.count === 1);
    }
    this.acknowledge(group, from, to);
    if (startedMs !== null) this.measured(group, from, to, sizeBytes, startedMs, rotates);
    return to;
  }

  private acknowledge(group: StagedGroup, from: number, to: number): void {
    const sequence = group.sequenceAt(to - 1);
    const { position } = this.writer;
    this.events.onStored(group.sequenceAt(from), sequence, position);
    this.syncs.noteStored(sequence, position);
    if (to === group.count) this.returning.expect(group.callers + this.staging.open.callers);
    // Resolved callers will encode next. The disk does not have to wait for that.
    if (to === group.count && this.isWorthStarting()) this.begin();
    group.stored = to;
    this.callers.resolve(group);
  }

  private measured(
    group: StagedGroup,
    from: number,
    to: number,
    sizeBytes: number,
    startedMs: number,
    rotated: boolean,
  ): void {
    this.events.onMeasured({
      entries: to - from,
      sizeBytes,
      firstSequence: group.sequenceAt(from),
      lastSequence: group.sequenceAt(to - 1),
      durationMs: monotonicMs() - startedMs,
      rotated,
    });
  }

  /** Gets the disk space of a group before anything of it is written. Entries without space are refused. */
  private async obtainRoom(group: StagedGroup): Promise<void> {
    const { writer } = this;
    const fits = group.fitting(0, writer.remainingBytes);
    if (fits < group.count) await this.obtain(group, group.batchStart(fits), () => writer.ensurePrepared());
    if (fits === 0 || group.count === 0) return;
    // Outside of `obtain`: after a failed sync, the journal does not continue.
    if (await this.obtain(group, 0, () => writer.ensureAllocated())) await writer.ensureNamesDurable();
  }

  /**
   * Tries to get disk space. Without it, the entries from `from` on are refused, and the staged ones after
   * them.
   */
  private async obtain(group: StagedGroup, from: number, get: () => Promise<void>): Promise<boolean> {
    try {
      await get();
      return true;
    } catch (error) {
      group.truncate(from, (isBegun) => refusal(error, isBegun));
      this.staging.open.truncate(0, () => refusal(error, false));
      this.events.onRefused(from === 0 ? null : group.sequenceAt(from - 1));
      return false;
    }
  }

  /** Whether not even one entry may be written before a sync (back-pressure). */
  private isUnsyncedFull(group: StagedGroup, from: number): boolean {
    const { unsyncedBytes } = this.syncs;
    return unsyncedBytes > 0 && group.fitting(from, this.options.maxUnsyncedBytes - unsyncedBytes) === from;
  }

  private assertNotFailed(): void {
    if (this.state.failure !== null) throw this.state.failure.cause;
  }

  private rejectStaged(): void {
    const { open } = this.staging;
    open.rejectRest(() => new JournalPoisonedError(this.state.failure?.cause));
    open.reset();
  }
}
