import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import {
  InvalidArgumentError,
  JournalClosedError,
  ReplayGapError,
  messageOf,
  type Journal,
  type JournalError,
} from '../journal/index.js';
import type { ArchivingGate } from './archiving-gate.js';
import type { ProjectionCheckpoints } from './projection-checkpoints.js';
import { ProjectionFollower } from './projection-follower.js';
import type { ProjectionHandlers } from './projection-handlers.js';
import { ProjectionLifecycle } from './projection-lifecycle.js';
import { ProjectionLoop } from './projection-loop.js';
import type { ResolvedProjectionOptions } from './projection-options.js';
import { ProjectionRetries } from './projection-retries.js';
import { ProjectionWaiters } from './projection-waiters.js';
import type { ProjectionStatus, RebuildProgress } from './projection.interface.js';
import { ProjectionStoppedError } from './projections.errors.js';
import { RebuildMeter } from './rebuild-meter.js';
import { ProjectionRequests } from './projection-requests.js';

/**
 * Runs one projection for the service. Carries out the requests of the application, and settles the callers
 * that wait for the projection.
 *
 * The loop and the handlers run in the async context in which the runner was created.
 */
export class ProjectionRunner {
  readonly name: string;
  private readonly lifecycle = new ProjectionLifecycle(() => this.endVainWaits());
  private readonly requests = new ProjectionRequests();
  private readonly waiters = new ProjectionWaiters();
  private readonly retries: ProjectionRetries;
  private readonly loop: ProjectionLoop;
  /** Aborted when the time to drain is over; handlers get its signal. */
  private readonly abandon = new AbortController();
  private rebuilding: Promise<RebuildProgress> | null = null;
  /** Null until the rebuild has emptied the read model. */
  private meter: RebuildMeter | null = null;
  private readonly logger = new Logger('Projections');

  constructor(
    private readonly journal: Journal,
    private readonly handlers: ProjectionHandlers,
    private readonly checkpoints: ProjectionCheckpoints,
    options: ResolvedProjectionOptions,
    private readonly archiving: ArchivingGate,
  ) {
    this.name = handlers.name;
    this.retries = new ProjectionRetries(this.name, options.retry);
    const { signal } = this.abandon;
    this.loop = new ProjectionLoop(
      journal,
      this.lifecycle,
      handlers,
      checkpoints,
      new ProjectionFollower(journal, handlers, checkpoints, options, signal),
      this.retries,
      signal,
      (entries) => this.moved(entries),
    );
  }

  get status(): ProjectionStatus {
    const { position, storedPosition, historyEnd } = this.checkpoints;
    return {
      name: this.name,
      kind: this.handlers.kind,
      state: this.lifecycle.shown,
      position,
      checkpointPosition: storedPosition,
      historyEnd,
      lag: this.lag(),
      lastError: this.retries.lastError,
      retries: this.retries.count,
      nextRetryAt: this.retries.nextAt,
      rebuild: this.meter?.progress() ?? null,
    };
  }

  /** The first sequence that the projection needs after a crash, or for its rebuild. */
  get firstNeededSequence(): bigint {
    return this.rebuilding === null ? this.checkpoints.firstNeededSequence : 0n;
  }

  /** Stores the boundary between history and new entries as early as possible. */
  register(): Promise<void> {
    return this.requests.add('other', () => this.loop.register());
  }

  /** Announces the start of the projection: from now on `waitFor` waits. */
  expectStart(): void {
    this.lifecycle.apply('expect');
  }

  /** Starts the projection, unless it is already paused, failed or being rebuilt. */
  start(): void {
    this.expectStart();
    void this.requests.add('other', () => {
      if (this.lifecycle.apply('start')) this.loop.proceed();
    });
  }

  async pause(): Promise<void> {
    await this.handlers.calls.wait('pause()', () =>
      this.requests.add('pause', async () => {
        if (this.lifecycle.apply('pause')) await this.loop.halt();
      }),
    );
  }

  resume(): void {
    void this.requests.add('run', () => this.resumeNow());
  }

  /** Handles what is visible, stores the checkpoint and ends. */
  async drain(): Promise<void> {
    if (this.handlers.calls.isInside()) {
      // The handler waits for the end of the application, and the application would wait for the handler.
      this.logger.warn(
        `projection ${this.name}: the application was closed inside a handler; the shutdown does not wait for that handler`,
      );
      this.lifecycle.apply('abandon');
      this.loop.interrupt();
      return;
    }
    this.lifecycle.apply(this.handlers.kind === 'process-manager' ? 'stop' : 'drain');
    this.loop.interrupt();
    await this.requests.add('other', async () => {
      await this.loop.halt();
      // Handles a rebuild that was stopped before it started a loop.
      this.lifecycle.apply('loop-ended');
    });
  }

  /** The time to drain is over: nothing more is handled, and the signal of a running handler is aborted. */
  abort(): void {
    this.lifecycle.apply('abandon');
    this.abandon.abort(new JournalClosedError(`projection ${this.name}: the application stops`));
    this.loop.interrupt();
  }

  async waitFor(sequence: bigint, signal?: AbortSignal): Promise<void> {
    if (this.hasReached(sequence)) return;
    await this.handlers.calls.wait('waitFor()', async () => {
      if (this.hasReached(sequence)) return;
      const refusal = this.refusal();
      if (refusal !== null) throw refusal;
      await this.waiters.wait(sequence, signal);
    });
  }

  /** Resets the projection and handles all entries again; a second call joins the first. */
  rebuild(onProgress: (progress: RebuildProgress) => void, intervalMs: number): Promise<RebuildProgress> {
    // The loop calls `onProgress`, in the async context of this call.
    const report = AsyncResource.bind(onProgress);
    return this.handlers.calls.wait('rebuild()', () => {
      this.rebuilding ??= this.rebuildNow(report, intervalMs).finally(() => {
        this.rebuilding = null;
        this.meter = null;
        // A refused rebuild leaves waits that started during it.
        this.endVainWaits();
      });
      return this.rebuilding;
    });
  }

  private async rebuildNow(
    onProgress: (progress: RebuildProgress) => void,
    intervalMs: number,
  ): Promise<RebuildProgress> {
    if (!this.handlers.canReset)
      throw new InvalidArgumentError(
        'projection',
        this.name,
        'one with reset(), which empties what it built',
      );
    this.assertCanStartOver();
    const { firstAvailableSequence: first, lastSequence: target } = this.journal;
    const total = target === null || first === null ? 0n : target - first + 1n;
    const meter = await this.requests.add('run', async () => {
      await this.startOver();
      this.resumeNow();
      return (this.meter = new RebuildMeter(total, target, intervalMs, (progress) =>
        this.report(onProgress, progress),
      ));
    });
    if (target !== null && !this.hasReached(target)) {
      const refusal = this.refusal();
      // A paused rebuild continues when it is resumed.
      if (refusal !== null && !isPaused(refusal)) throw refusal;
      await this.waiters.wait(target, undefined, true);
    }
    return meter.finish();
  }

  /** Runs after the old loop has ended and before the loop that starts at the first entry. */
  private async startOver(): Promise<void> {
    // From now on archiving keeps all entries; an archiving that began before may take some.
    await this.archiving.idle();
    this.assertCanStartOver();
    this.lifecycle.apply('rebuild');
    await this.loop.halt();
    await this.loop.startOver();
  }

  /** Checks that all entries are available, before the read model is discarded. */
  private assertCanStartOver(): void {
    const { journal } = this;
    if (this.isOver) throw this.stopped();
    if (journal.isComplete === false) throw new ReplayGapError(0n, journal.firstAvailableSequence);
  }

  /** Errors of the callback are logged: they are not errors of the projection. */
  private report(onProgress: (progress: RebuildProgress) => unknown, progress: RebuildProgress): void {
    const warn = (error: unknown): void =>
      this.logger.warn(`onProgress of the rebuild of ${this.name} threw: ${messageOf(error)}`);
    try {
      void Promise.resolve(onProgress(progress)).catch(warn);
    } catch (error) {
      warn(error);
    }
  }

  private resumeNow(): void {
    this.retries.reset();
    if (this.lifecycle.apply('resume')) this.loop.proceed();
  }

  private moved(entries: number): void {
    const { position } = this.checkpoints;
    this.waiters.reached(position);
    if (entries > 0) this.meter?.count(position, entries);
  }

  private hasReached(sequence: bigint): boolean {
    const { position } = this.checkpoints;
    return position !== null && position >= sequence;
  }

  /** The error for a new wait that cannot succeed; null if the caller can wait. */
  private refusal(): JournalError | null {
    if (this.isOver) return this.stopped();
    if (this.rebuilding !== null && this.meter === null) return null;
    const { waits } = this.lifecycle;
    if (waits === 'failed') return this.retries.failure;
    if (waits !== 'paused' && waits !== 'not-started') return null;
    return this.requests.outcome === 'run' ? null : new ProjectionStoppedError(this.name, waits);
  }

  /**
   * Rejects the waits that can no longer succeed after a transition. Waits for a draining projection may
   * still succeed.
   */
  private endVainWaits(): void {
    if (this.lifecycle.waits === 'ending') return;
    const refusal = this.refusal();
    if (refusal === null) return;
    if (isPaused(refusal)) this.waiters.pause(refusal);
    else this.waiters.fail(refusal);
  }

  private stopped(): ProjectionStoppedError {
    const cause = this.lifecycle.shown === 'failed' ? this.retries.lastError?.error : undefined;
    return new ProjectionStoppedError(this.name, 'stopped', { cause });
  }

  private get isOver(): boolean {
    return this.lifecycle.isOver || this.journal.state === 'closed';
  }

  private lag(): bigint {
    const { lastSequence: last, firstAvailableSequence: first } = this.journal;
    if (last === null) return 0n;
    const position = this.checkpoints.position ?? (first ?? 0n) - 1n;
    return last > position ? last - position : 0n;
  }
}

function isPaused(refusal: JournalError): boolean {
  return refusal instanceof ProjectionStoppedError && refusal.state === 'paused';
}
