import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import {
  InvalidArgumentError,
  ReplayGapError,
  JournalClosedError,
  messageOf,
  stackOf,
  type JournalError,
} from '../journal/index.js';
import { isInside, runCall, waitWithoutCycle, type Awaitable, type RunningCall } from '../common/index.js';
import {
  ProjectionFollower,
  type ProjectionFollowerParts,
  type WantedOfProjection,
} from './projection-follower.js';
import { ProjectionRetries } from './projection-retries.js';
import { ProjectionWaiters } from './projection-waiters.js';
import type {
  ProjectionKind,
  ProjectionState,
  ProjectionStatus,
  RebuildProgress,
} from './projection.interface.js';
import { ProjectionStoppedError } from './projections.errors.js';
import { RebuildMeter } from './rebuild-meter.js';
import { RequestQueue } from './request-queue.js';

/** What was asked for last; `nothing` before the start and after the end. */
type Goal = 'nothing' | 'run' | 'pause';

export interface ProjectionRunnerParts extends ProjectionFollowerParts {
  readonly kind: ProjectionKind;
  /** Resolves when nobody archives segments; null when nobody does. */
  readonly archiving: () => Promise<void> | null;
}

/** Ends a wait for entries, so that the loop looks at what it is to do. */
const INTERRUPTED = new Error('interrupted');

/**
 * The life of one projection: it is started, paused, rebuilt, drained, and tries again after an error. In one loop a
 * ProjectionFollower does its work. Whatever it fails at concerns nobody else.
 *
 * Its loop and the code of the application that it calls run in the async context in which the runner was made.
 */
export class ProjectionRunner implements Awaitable {
  readonly name: string;
  readonly kind: ProjectionKind;
  private state: ProjectionState = 'stopped';
  private wanted: WantedOfProjection = 'run';
  private goal: Goal = 'nothing';
  /** Counts calls of pause, resume and rebuild. */
  private orders = 0;
  private loop: Promise<void> | null = null;
  /** What was asked for and is not done: with the next it waits for what came before. */
  private readonly requests = new RequestQueue();
  /** The application stops: nothing is started any more. */
  private isOver = false;
  /** Aborted to make the loop look at `wanted`. */
  private interrupt = new AbortController();
  /** Aborted when the time to drain is over; handlers get its signal. */
  private readonly abandon = new AbortController();
  private readonly retries: ProjectionRetries;
  private readonly follower: ProjectionFollower;
  /** Its latest error came from the store, before it could handle anything. */
  private failedToPrepare = false;
  private meter: RebuildMeter | null = null;
  private rebuilding: Promise<RebuildProgress> | null = null;
  private readonly waiters = new ProjectionWaiters();
  /** The call of its class that runs, or ran last. */
  private call: RunningCall | null = null;
  private readonly logger = new Logger('Projections');

  constructor(private readonly parts: ProjectionRunnerParts) {
    this.name = parts.name;
    this.kind = parts.kind;
    this.retries = new ProjectionRetries(parts.name, parts.options.retry);
    this.follower = new ProjectionFollower(parts, {
      wanted: () => this.wanted,
      onState: (state) => {
        this.state = state;
      },
      onHandled: (entries) => this.handled(entries),
      onSaved: () => this.retries.succeeded(),
      abandoned: this.abandon.signal,
      calling: (work) => this.calling(work),
    });
  }

  get status(): ProjectionStatus {
    const { name, kind, state, retries } = this;
    const { position, storedPosition, historyEnd } = this.parts.checkpoints;
    return {
      name,
      kind,
      state,
      position,
      checkpointPosition: storedPosition,
      historyEnd,
      lag: this.lag(),
      lastError: retries.lastError,
      retries: retries.count,
      nextRetryAt: retries.nextAt,
      rebuild: this.meter?.progress() ?? null,
    };
  }

  /** Stores the boundary between history and what is new, as early as can be. A failure is met again when the loop starts. */
  register(): Promise<void> {
    return this.requests.add(async () => {
      try {
        await this.parts.checkpoints.load();
      } catch (error) {
        this.note(error);
        this.failedToPrepare = true;
      }
    });
  }

  /** Whoever was paused, has failed, or is rebuilt by then is left as it is. */
  start(): void {
    this.expectStart();
    void this.requests.add(() => {
      if (this.state === 'stopped') this.begin();
    });
  }

  /** It is going to be started: from now on `waitFor` waits. */
  expectStart(): void {
    if (this.goal === 'nothing' && !this.isOver) this.goal = 'run';
  }

  async pause(): Promise<void> {
    await this.waiting('pause()', () => {
      this.goal = 'pause';
      const order = (this.orders += 1);
      return this.requests.add(async () => {
        if (this.isOver) return;
        await this.halt('pause');
        if (this.state !== 'failed') this.state = 'paused';
        // A rebuild that was asked for before has had it run.
        if (order === this.orders) this.goal = 'pause';
        this.rejectVainWaits();
      });
    });
  }

  resume(): void {
    this.orders += 1;
    if (!this.isOver) this.goal = 'run';
    void this.requests.add(() => this.resumeNow());
  }

  /** Handles what is visible, stores the checkpoint and ends. */
  drain(): Promise<void> {
    this.isOver = true;
    if (this.state !== 'failed' && this.state !== 'paused') this.state = 'draining';
    // The handler waits for the end of the application, and the application would wait for the handler.
    const isInHandler = isInside(this);
    if (isInHandler)
      this.logger.warn(
        `projection ${this.name}: the application was closed inside a handler; the shutdown does not wait for that handler`,
      );
    return this.requests.add(async () => {
      const wanted = this.kind === 'process-manager' || isInHandler ? 'stop' : 'drain';
      if (this.loop !== null) {
        const halted = this.halt(wanted);
        if (!isInHandler) await halted;
      }
      this.end();
    });
  }

  /** The time to drain is over: nothing is handled any more, and who is in the middle of it is told. */
  abort(): void {
    this.isOver = true;
    this.wanted = 'stop';
    this.abandon.abort(new JournalClosedError(`projection ${this.name}: the application stops`));
    this.interrupt.abort(INTERRUPTED);
    this.end();
  }

  async waitFor(sequence: bigint, signal?: AbortSignal): Promise<void> {
    if (this.hasReached(sequence)) return;
    await this.waiting('waitFor()', () => this.reached(sequence, signal));
  }

  rebuild(onProgress: (progress: RebuildProgress) => void, intervalMs: number): Promise<RebuildProgress> {
    // Called from the projection's loop, in the context of this call.
    const report = AsyncResource.bind(onProgress);
    return this.waiting('rebuild()', () => {
      this.rebuilding ??= this.rebuildNow(report, intervalMs).finally(() => {
        this.rebuilding = null;
        this.meter = null;
        // The rebuild may have been refused, with waits since then.
        this.rejectVainWaits();
      });
      return this.rebuilding;
    });
  }

  /** What waits for the projection waits for the call of its class that runs. */
  blockedBy(): Iterable<RunningCall> {
    return this.call === null ? [] : [this.call];
  }

  /** The first sequence that it would need after a crash, and that a rebuild needs. */
  firstNeededSequence(): bigint {
    return this.rebuilding === null ? this.parts.checkpoints.firstNeededSequence : 0n;
  }

  private async rebuildNow(
    onProgress: (progress: RebuildProgress) => void,
    intervalMs: number,
  ): Promise<RebuildProgress> {
    const { journal, handlers } = this.parts;
    if (!handlers.canReset)
      throw new InvalidArgumentError(
        'projection',
        this.name,
        'one with reset(): what it built has to go first',
      );
    this.assertCanStartOver();
    this.orders += 1;
    const { firstAvailableSequence: first, lastSequence: target } = journal;
    const total = target === null || first === null ? 0n : target - first + 1n;
    const meter = await this.requests.add(async () => {
      await this.startOver();
      this.resumeNow();
      return (this.meter = new RebuildMeter(total, target, intervalMs, (progress) =>
        this.report(onProgress, progress),
      ));
    });
    if (target !== null) await this.rebuilt(target);
    return meter.finish();
  }

  /** Before anything is thrown away that could not be built again. */
  private assertCanStartOver(): void {
    const { journal } = this.parts;
    if (this.isOver || this.isClosed) throw this.stopped();
    if (journal.isComplete === false) throw new ReplayGapError(0n, journal.firstAvailableSequence);
  }

  /** Between the loop that was and the one that begins at the first entry. */
  private async startOver(): Promise<void> {
    // From now on archiving keeps all there is; what began before may take some.
    await this.parts.archiving();
    this.assertCanStartOver();
    await this.halt('stop');
    if (!this.isOver) this.state = 'catching-up';
    await this.parts.checkpoints.reloadAfterFailure().catch((error: unknown) => this.note(error));
    try {
      await this.reset();
    } catch (error) {
      this.note(error);
      this.giveUp();
      throw this.retries.failure;
    }
    this.retries.lastError = null;
  }

  private async reset(): Promise<void> {
    const { handlers, checkpoints } = this.parts;
    await checkpoints.reset((transaction) =>
      handlers.reset({ projection: this.name, transaction, signal: this.abandon.signal }, (work) =>
        this.calling(work),
      ),
    );
  }

  /** What the application does with it is not the projection's fault. */
  private report(onProgress: (progress: RebuildProgress) => unknown, progress: RebuildProgress): void {
    const warn = (error: unknown): void =>
      this.logger.warn(`onProgress of the rebuild of ${this.name} threw: ${messageOf(error)}`);
    try {
      void Promise.resolve(onProgress(progress)).catch(warn);
    } catch (error) {
      warn(error);
    }
  }

  /** Runs code of the projection's class. */
  private calling<T>(work: () => T): T {
    return runCall(`a handler of projection ${this.name}`, this, (call) => {
      this.call = call;
      return work();
    });
  }

  private waiting<T>(operation: string, wait: () => Promise<T>): Promise<T> {
    const advice = 'call it after that call has returned';
    return waitWithoutCycle(`${operation} of projection ${this.name}`, this, advice, wait);
  }

  private hasReached(sequence: bigint): boolean {
    const { position } = this.parts.checkpoints;
    return position !== null && position >= sequence;
  }

  private reached(sequence: bigint, signal?: AbortSignal): Promise<void> {
    if (this.hasReached(sequence)) return Promise.resolve();
    const refusal = this.refusal() ?? this.pauseRefusal();
    return refusal === null ? this.waiters.wait(sequence, signal) : Promise.reject(refusal);
  }

  /** As `reached`, for a rebuild: it goes on when a paused projection is resumed. */
  private rebuilt(sequence: bigint): Promise<void> {
    if (this.hasReached(sequence)) return Promise.resolve();
    const refusal = this.refusal();
    return refusal === null ? this.waiters.wait(sequence, undefined, true) : Promise.reject(refusal);
  }

  /** Why it would be in vain to wait for it; null when it is not. */
  private refusal(): JournalError | null {
    if (this.isOver || this.isClosed) return this.stopped();
    if (this.isStartingOver) return null;
    if (this.state === 'failed') return this.retries.failure;
    return this.goal === 'nothing' ? new ProjectionStoppedError(this.name, 'not-started') : null;
  }

  private pauseRefusal(): JournalError | null {
    // While it ends its batch it may still get there.
    const isPaused = this.goal === 'pause' && this.loop === null && !this.isStartingOver;
    return isPaused ? new ProjectionStoppedError(this.name, 'paused') : null;
  }

  private rejectVainWaits(): void {
    const refusal = this.refusal();
    if (refusal !== null) return this.waiters.fail(refusal);
    const pauseRefusal = this.pauseRefusal();
    if (pauseRefusal !== null) this.waiters.pause(pauseRefusal);
  }

  /** A rebuild was asked for, and its loop does not run yet. */
  private get isStartingOver(): boolean {
    return this.rebuilding !== null && this.meter === null;
  }

  private begin(): void {
    if (this.loop !== null || this.isOver) return;
    this.wanted = 'run';
    this.state = 'catching-up';
    this.interrupt = new AbortController();
    this.loop = this.run().finally(() => {
      this.loop = null;
    });
  }

  private resumeNow(): void {
    this.retries.reset();
    if (this.isOver) return;
    this.goal = 'run';
    if (this.loop === null) return this.begin();
    this.wanted = 'run';
    this.interrupt.abort(INTERRUPTED);
  }

  /** Ends the loop between two batches. */
  private async halt(wanted: 'pause' | 'drain' | 'stop'): Promise<void> {
    this.wanted = wanted;
    this.interrupt.abort(INTERRUPTED);
    await this.loop;
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    for (;;) {
      try {
        await this.prepare();
        const hasEnded = await this.follower.follow(this.interrupt.signal);
        if (hasEnded && this.wanted === 'run') this.end();
        return;
      } catch (error) {
        if (error !== INTERRUPTED) {
          // Not its fault: the application stops.
          if (this.abandon.signal.aborted || this.isClosed) return this.end();
          this.note(error);
          const isOvercome = await this.saveAfterFailure(error);
          if (this.wanted !== 'run') return;
          if (!isOvercome) {
            if (this.retries.isFinal(error)) return this.giveUp();
            await this.pauseBeforeRetry();
          }
        }
        if (this.wanted === 'pause' || this.wanted === 'stop') return this.saveQuietly();
        if (this.wanted === 'drain' && this.state === 'paused') return this.saveQuietly();
        this.interrupt = new AbortController();
      }
    }
  }

  private async prepare(): Promise<void> {
    const { checkpoints } = this.parts;
    const hadFailed = this.failedToPrepare;
    this.failedToPrepare = true;
    if (this.retries.lastError !== null || !checkpoints.isLoaded) await checkpoints.reloadAfterFailure();
    if (checkpoints.isResetting) await this.reset();
    this.failedToPrepare = false;
    if (hadFailed) this.retries.succeeded();
    // What seemed to fail may have been stored all the same.
    this.waiters.reached(checkpoints.position);
  }

  private handled(entries: number): void {
    const { position } = this.parts.checkpoints;
    this.retries.succeeded();
    this.waiters.reached(position);
    this.meter?.count(position, entries);
  }

  private note(error: unknown): void {
    const { journal, checkpoints } = this.parts;
    const { position } = checkpoints;
    this.retries.note(error, position === null ? journal.firstAvailableSequence : position + 1n);
  }

  private giveUp(): void {
    this.state = 'failed';
    const { lastError, failure } = this.retries;
    this.logger.error(
      `projection ${this.name} failed at ${lastError?.sequence ?? 'the beginning'}: ${lastError?.message}; ` +
        'it waits for resume() or rebuild()',
      stackOf(lastError?.error),
    );
    this.waiters.fail(failure);
  }

  private async pauseBeforeRetry(): Promise<void> {
    const { retries } = this;
    const delayMs = retries.plan();
    this.state = 'paused';
    this.logger.warn(
      `projection ${this.name}: ${retries.lastError?.message}; trying again (${retries.count}) in ${delayMs} ms`,
    );
    await retries.wait(delayMs, this.interrupt.signal);
  }

  private async saveQuietly(): Promise<void> {
    try {
      await this.parts.checkpoints.save();
    } catch (error) {
      this.note(error);
    }
  }

  /** @returns whether it was storing that had failed, and has not now */
  private async saveAfterFailure(error: unknown): Promise<boolean> {
    const { storedPosition: position, saveFailure } = this.parts.checkpoints;
    const hasFailedToSave = saveFailure !== null && saveFailure.error === error;
    await this.saveQuietly();
    if (this.parts.checkpoints.storedPosition === position) return false;
    // Entries were handled since the failure before, if there was one.
    this.retries.count = 0;
    if (hasFailedToSave) {
      this.logger.warn(
        `projection ${this.name}: its checkpoint is stored, the first try has failed: ${this.retries.lastError?.message}`,
      );
      this.retries.succeeded();
    }
    return hasFailedToSave;
  }

  private end(): void {
    if (this.state !== 'failed') this.state = 'stopped';
    this.goal = 'nothing';
    this.waiters.fail(this.stopped());
  }

  private get isClosed(): boolean {
    return this.parts.journal.state === 'closed';
  }

  private stopped(): ProjectionStoppedError {
    return new ProjectionStoppedError(this.name, 'stopped');
  }

  private lag(): bigint {
    const { lastSequence: last, firstAvailableSequence: first } = this.parts.journal;
    if (last === null) return 0n;
    const position = this.parts.checkpoints.position ?? (first ?? 0n) - 1n;
    return last > position ? last - position : 0n;
  }
}
