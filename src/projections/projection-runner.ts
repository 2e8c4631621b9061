import { clearTimeout, setTimeout } from 'node:timers';
import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import {
  InvalidArgumentError,
  JournalError,
  ReplayGapError,
  type Journal,
  type JournalEntry,
  type JournalSubscription,
} from '../journal/index.js';
import type { ProjectionCheckpoints } from './projection-checkpoints.js';
import type { ProjectionHandlers } from './projection-handlers.js';
import type { ResolvedProjectionOptions } from './projection-options.js';
import { ProjectionWaiters } from './projection-waiters.js';
import type {
  ProjectionContext,
  ProjectionFailure,
  ProjectionKind,
  ProjectionState,
  ProjectionStatus,
  RebuildProgress,
} from './projection.interface.js';
import { RebuildMeter } from './rebuild-meter.js';

export interface ProjectionRunnerParts {
  readonly name: string;
  readonly kind: ProjectionKind;
  readonly journal: Journal;
  readonly options: ResolvedProjectionOptions;
  readonly handlers: ProjectionHandlers;
  readonly checkpoints: ProjectionCheckpoints;
}

/** What a retry cannot change. */
const FINAL_CODES = new Set([
  'JOURNAL_REPLAY_GAP',
  'JOURNAL_PROJECTION_CHECKPOINT',
  'JOURNAL_CORRUPT_ENTRY',
  'JOURNAL_INVALID_ENTRY_HEADER',
  'JOURNAL_POISONED',
]);

/** A handler that never waits gives way to timers and sockets after so much time. */
const SLICE_MS = 5;

/** Ends a wait for entries, so that the loop looks at what it is to do. */
const INTERRUPTED = new Error('interrupted');

/**
 * Runs one projection: one loop that reads, handles and stores how far it is. Whatever it fails at concerns nobody else.
 */
export class ProjectionRunner {
  readonly name: string;
  readonly kind: ProjectionKind;
  private state: ProjectionState = 'stopped';
  /** What the loop is to do; `run` unless somebody asked for something else. */
  private wanted: 'run' | 'pause' | 'drain' | 'stop' = 'run';
  private loop: Promise<void> | null = null;
  /** The application stops: nothing is started any more. */
  private isOver = false;
  /** Aborted to make the loop look at `wanted`. */
  private interrupt = new AbortController();
  /** Aborted when the time to drain is over; handlers get its signal. */
  private readonly abandon = new AbortController();
  private lastError: ProjectionFailure | null = null;
  private retries = 0;
  private nextRetryAt: Date | null = null;
  private meter: RebuildMeter | null = null;
  private rebuilding: Promise<RebuildProgress> | null = null;
  private readonly waiters = new ProjectionWaiters();
  private readonly logger = new Logger('Projections');

  constructor(private readonly parts: ProjectionRunnerParts) {
    this.name = parts.name;
    this.kind = parts.kind;
  }

  get status(): ProjectionStatus {
    const { name, kind, state, lastError, retries, nextRetryAt } = this;
    const { position, storedPosition, historyEnd } = this.parts.checkpoints;
    return {
      name,
      kind,
      state,
      position,
      checkpointPosition: storedPosition,
      historyEnd,
      lag: this.lag(),
      lastError,
      retries,
      nextRetryAt,
      rebuild: this.meter?.progress() ?? null,
    };
  }

  /** Stores the boundary between history and what is new, as early as can be. A failure is met again when the loop starts. */
  async register(): Promise<void> {
    try {
      await this.parts.checkpoints.load();
    } catch (error) {
      this.note(error);
    }
  }

  start(): void {
    if (this.loop !== null || this.isOver) return;
    this.wanted = 'run';
    this.state = 'catching-up';
    this.interrupt = new AbortController();
    this.loop = this.run().finally(() => {
      this.loop = null;
    });
  }

  async pause(): Promise<void> {
    await this.halt('pause');
    if (this.state !== 'failed') this.state = 'paused';
  }

  resume(): void {
    this.retries = 0;
    this.nextRetryAt = null;
    if (this.loop === null) return this.start();
    this.wanted = 'run';
    this.interrupt.abort(INTERRUPTED);
  }

  /** Handles what is visible, stores the checkpoint and ends. */
  async drain(): Promise<void> {
    this.isOver = true;
    if (this.state === 'failed' || this.loop === null) {
      this.state = this.state === 'failed' ? 'failed' : 'stopped';
      return;
    }
    if (this.state !== 'paused') this.state = 'draining';
    await this.halt(this.kind === 'process-manager' ? 'stop' : 'drain');
    this.end();
  }

  /** The time to drain is over: nothing is handled any more, and who is in the middle of it is told. */
  abort(): void {
    this.isOver = true;
    this.wanted = 'stop';
    this.abandon.abort(new Error(`projection ${this.name}: the application stops`));
    this.interrupt.abort(INTERRUPTED);
    this.end();
  }

  waitFor(sequence: bigint, signal?: AbortSignal): Promise<void> {
    const { position } = this.parts.checkpoints;
    if (position !== null && position >= sequence) return Promise.resolve();
    if (this.state === 'failed') return Promise.reject(this.failure());
    if (this.isOver) return Promise.reject(this.stopped());
    return this.waiters.wait(sequence, signal);
  }

  rebuild(onProgress: (progress: RebuildProgress) => void, intervalMs: number): Promise<RebuildProgress> {
    this.rebuilding ??= this.rebuildNow(onProgress, intervalMs).finally(() => {
      this.rebuilding = null;
      this.meter = null;
    });
    return this.rebuilding;
  }

  /** The first sequence that it would need after a crash. */
  firstNeededSequence(): bigint {
    const { storedPosition } = this.parts.checkpoints;
    return storedPosition === null ? 0n : storedPosition + 1n;
  }

  private async rebuildNow(
    onProgress: (progress: RebuildProgress) => void,
    intervalMs: number,
  ): Promise<RebuildProgress> {
    const { journal, handlers, checkpoints } = this.parts;
    if (!handlers.canReset)
      throw new InvalidArgumentError(
        'projection',
        this.name,
        'one with reset(): what it built has to go first',
      );
    const { firstAvailableSequence: first, lastSequence: target } = journal;
    // Before anything is thrown away that could not be built again.
    if (journal.isComplete === false) throw new ReplayGapError(0n, first);
    if (this.isOver) throw this.stopped();
    await this.halt('stop');
    await checkpoints.load().catch((error: unknown) => this.note(error));
    try {
      await this.reset();
    } catch (error) {
      this.note(error);
      this.giveUp();
      throw error;
    }
    const total = target === null || first === null ? 0n : target - first + 1n;
    this.meter = new RebuildMeter(total, target, intervalMs, onProgress);
    this.lastError = null;
    this.resume();
    if (target !== null) await this.waitFor(target);
    return this.meter.finish();
  }

  private async reset(): Promise<void> {
    const { handlers, checkpoints } = this.parts;
    await checkpoints.reset((transaction) =>
      handlers.reset({ projection: this.name, transaction, signal: this.abandon.signal }),
    );
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
        await this.follow();
        return;
      } catch (error) {
        if (error !== INTERRUPTED) {
          // Not its fault: the application stops.
          if (this.abandon.signal.aborted || this.parts.journal.state === 'closed') return this.end();
          this.note(error);
          await this.saveQuietly();
          if (this.wanted !== 'run') return;
          if (this.mustGiveUp(error)) return this.giveUp();
          await this.pauseBeforeRetry();
        }
        if (this.wanted === 'pause' || this.wanted === 'stop') return this.saveQuietly();
        if (this.wanted === 'drain' && this.state === 'paused') return this.saveQuietly();
        this.interrupt = new AbortController();
      }
    }
  }

  private async prepare(): Promise<void> {
    const { checkpoints } = this.parts;
    if (this.lastError !== null || !checkpoints.isLoaded) await checkpoints.reloadAfterFailure();
    if (checkpoints.isResetting) await this.reset();
  }

  private async follow(): Promise<void> {
    const { journal, checkpoints, options } = this.parts;
    const { position } = checkpoints;
    const subscription = journal.subscribe({
      from: position === null ? 'beginning' : position + 1n,
      // A checkpoint must never be ahead of what the journal has after a crash of the machine.
      durable: true,
      signal: this.interrupt.signal,
      batchSize: options.batchSize,
    });
    this.state = this.wanted === 'drain' ? 'draining' : 'catching-up';
    try {
      for (;;) {
        if (subscription.lag === 0n && this.wanted === 'run') this.state = 'running';
        const batch = await this.nextBatch(subscription);
        if (batch.length > 0) await this.handle(batch);
        if (this.wanted === 'drain' ? batch.length === 0 : subscription.isEnded) break;
        if (batch.length === 0 || checkpoints.dueInMs === 0) await checkpoints.save();
        if (this.wanted === 'pause' || this.wanted === 'stop') break;
      }
      await checkpoints.save();
      if (subscription.isEnded && this.wanted === 'run') this.end();
    } finally {
      await subscription.close();
    }
  }

  /** Empty when what was handled is due to be stored, and when draining has reached the end. */
  private nextBatch(subscription: JournalSubscription): Promise<JournalEntry[]> {
    const { journal, checkpoints, options } = this.parts;
    const { historyEnd, position, dueInMs } = checkpoints;
    const isDraining = this.wanted === 'drain';
    const timeoutMs = isDraining ? 0 : dueInMs === Infinity ? undefined : Math.ceil(dueInMs);
    // No batch holds history and what is new.
    const history =
      historyEnd === null ? 0n : historyEnd - (position ?? (journal.firstAvailableSequence ?? 0n) - 1n);
    const maxEntries =
      history > 0n && history < BigInt(options.batchSize) ? Number(history) : options.batchSize;
    return subscription.nextBatch({ maxEntries, lingerMs: isDraining ? 0 : options.batchWaitMs, timeoutMs });
  }

  private async handle(batch: readonly JournalEntry[]): Promise<void> {
    const { handlers, checkpoints } = this.parts;
    const last = batch.at(-1);
    if (last === undefined) return;
    await checkpoints.commit(last, async (transaction) => {
      if (handlers.takesBatches) await handlers.handleBatch(batch, this.contextOf(last, transaction));
      else await this.handleOneByOne(batch, transaction);
    });
    this.succeeded(batch.length);
  }

  private async handleOneByOne(batch: readonly JournalEntry[], transaction: unknown): Promise<void> {
    const { handlers, checkpoints } = this.parts;
    let sliceEndMs = performance.now() + SLICE_MS;
    for (const entry of batch) {
      this.abandon.signal.throwIfAborted();
      const sent = await handlers.handle(entry, this.contextOf(entry, transaction));
      if (!checkpoints.isTransactional) {
        checkpoints.handled(entry);
        if (sent > 0) await checkpoints.save();
      }
      if (performance.now() < sliceEndMs) continue;
      await setImmediate();
      sliceEndMs = performance.now() + SLICE_MS;
    }
  }

  private contextOf(entry: JournalEntry, transaction: unknown): ProjectionContext {
    return {
      projection: this.name,
      isReplaying: this.parts.checkpoints.isHistory(entry),
      transaction,
      idempotencyKey: `${this.name}/${entry.sequenceNum}`,
      signal: this.abandon.signal,
    };
  }

  private succeeded(entries: number): void {
    const { position } = this.parts.checkpoints;
    this.retries = 0;
    this.lastError = null;
    this.meter?.count(position, entries);
    this.waiters.reached(position);
  }

  private note(error: unknown): void {
    const { position } = this.parts.checkpoints;
    this.lastError = {
      message: error instanceof Error ? error.message : String(error),
      code: JournalError.isJournalError(error) ? error.code : null,
      error,
      sequence: position === null ? this.parts.journal.firstAvailableSequence : position + 1n,
      at: new Date(),
    };
  }

  private mustGiveUp(error: unknown): boolean {
    if (JournalError.isJournalError(error) && FINAL_CODES.has(error.code)) return true;
    return this.retries >= this.parts.options.retry.maxRetries;
  }

  private giveUp(): void {
    this.state = 'failed';
    const at = this.lastError?.sequence ?? 'the beginning';
    this.logger.error(
      `projection ${this.name} failed at ${at}: ${this.lastError?.message}; it waits for resume() or rebuild()`,
      stackOf(this.lastError?.error),
    );
    this.waiters.fail(this.failure());
  }

  private async pauseBeforeRetry(): Promise<void> {
    const { initialDelayMs, maxDelayMs } = this.parts.options.retry;
    const delayMs = Math.min(maxDelayMs, initialDelayMs * 2 ** this.retries);
    this.retries += 1;
    this.state = 'paused';
    this.nextRetryAt = new Date(Date.now() + delayMs);
    this.logger.warn(
      `projection ${this.name}: ${this.lastError?.message}; trying again (${this.retries}) in ${delayMs} ms`,
    );
    await interruptibleDelay(delayMs, this.interrupt.signal);
    this.nextRetryAt = null;
  }

  private async saveQuietly(): Promise<void> {
    try {
      await this.parts.checkpoints.save();
    } catch (error) {
      this.note(error);
    }
  }

  private end(): void {
    if (this.state !== 'failed') this.state = 'stopped';
    this.waiters.fail(this.stopped());
  }

  private stopped(): Error {
    return new Error(`projection ${this.name} was stopped`);
  }

  private failure(): Error {
    const error = this.lastError?.error;
    return error instanceof Error ? error : new Error(`projection ${this.name} failed: ${String(error)}`);
  }

  private lag(): bigint {
    const { lastSequence: last, firstAvailableSequence: first } = this.parts.journal;
    if (last === null) return 0n;
    const position = this.parts.checkpoints.position ?? (first ?? 0n) - 1n;
    return last > position ? last - position : 0n;
  }
}

/** Keeps no process alive. */
function interruptibleDelay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs).unref();
    signal.addEventListener('abort', done);
  });
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
