import { Logger } from '@nestjs/common';
import { stackOf, type Journal } from '../journal/index.js';
import type { ProjectionCheckpoints } from './projection-checkpoints.js';
import type { ProjectionFollower } from './projection-follower.js';
import type { ProjectionHandlers } from './projection-handlers.js';
import type { ProjectionLifecycle } from './projection-lifecycle.js';
import type { ProjectionRetries } from './projection-retries.js';

/** Ends a wait for entries, so that the loop checks its order. */
const INTERRUPTED = new Error('interrupted');

/**
 * How an attempt ended: another one follows, the projection has failed, or the loop has carried out its
 * order.
 */
type AttemptEnd = 'again' | 'gave-up' | 'done';

/**
 * The loop of one projection: loads the checkpoint, passes entries to the follower, stores the position, and
 * tries again after an error. The lifecycle gives the loop its order, and the loop reports its progress to
 * the lifecycle.
 */
export class ProjectionLoop {
  private running: Promise<void> | null = null;
  /** Aborted to make the loop check its order. */
  private interrupter = new AbortController();
  /** Whether the latest error occurred before the first entry: in loading the checkpoint, or in `reset()`. */
  private failedToPrepare = false;
  private readonly logger = new Logger('Projections');

  constructor(
    private readonly journal: Journal,
    private readonly lifecycle: ProjectionLifecycle,
    private readonly handlers: ProjectionHandlers,
    private readonly checkpoints: ProjectionCheckpoints,
    private readonly follower: ProjectionFollower,
    private readonly retries: ProjectionRetries,
    /** Aborted when the time to drain is over. */
    private readonly abandoned: AbortSignal,
    /** Called when the position has moved, with the number of entries that were handled. */
    private readonly onMoved: (entries: number) => void,
  ) {}

  /** Makes the loop check its order now; starts a loop if none is running. */
  proceed(): void {
    if (this.running !== null) return this.interrupt();
    this.interrupter = new AbortController();
    this.running = this.run();
  }

  interrupt(): void {
    this.interrupter.abort(INTERRUPTED);
  }

  /** Interrupts the loop. Resolves when the loop has carried out its order and ended. */
  async halt(): Promise<void> {
    this.interrupt();
    await this.running;
  }

  /**
   * Stores the start position of a projection before it is started. If this fails, the loop tries again and
   * handles the error.
   */
  async register(): Promise<void> {
    try {
      await this.checkpoints.load();
    } catch (error) {
      this.noteFailure(error);
      this.failedToPrepare = true;
    }
  }

  /** Calls `reset()` of the class. Afterwards, all entries handled so far are history for the handlers. */
  async reset(): Promise<void> {
    const { name } = this.handlers;
    await this.checkpoints.reset((transaction) =>
      this.handlers.reset({ projection: name, transaction, signal: this.abandoned }),
    );
  }

  /**
   * As {@link reset}, for a rebuild: the loop does not run.
   * @throws (rejects) the error; the projection has failed then
   */
  async startOver(): Promise<void> {
    await this.checkpoints.reloadAfterFailure().catch((error: unknown) => this.noteFailure(error));
    try {
      await this.reset();
    } catch (error) {
      this.noteFailure(error);
      this.giveUp();
      throw this.retries.failure;
    }
    this.retries.succeeded();
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    for (;;) {
      const end = await this.attempt();
      // The application may have resumed a failed projection before its loop has ended.
      if (end === 'done' || (end === 'gave-up' && this.lifecycle.order === 'stop')) break;
    }
    // No `await` from here on: a request must find the loop either running or ended.
    this.running = null;
    this.lifecycle.apply('loop-ended');
  }

  private async attempt(): Promise<AttemptEnd> {
    this.lifecycle.apply('attempt-began');
    try {
      await this.prepare();
      await this.follow();
      return 'done';
    } catch (error) {
      const end = error === INTERRUPTED ? 'again' : await this.overcome(error);
      if (end !== 'again') return end;
    }
    const { order } = this.lifecycle;
    if (order === 'pause' || order === 'stop') {
      await this.saveQuietly();
      return 'done';
    }
    this.interrupter = new AbortController();
    return 'again';
  }

  private async prepare(): Promise<void> {
    const { checkpoints, retries } = this;
    const hadFailed = this.failedToPrepare;
    this.failedToPrepare = true;
    if (retries.lastError !== null || !checkpoints.isLoaded) await checkpoints.reloadAfterFailure();
    if (checkpoints.isResetting) await this.reset();
    this.failedToPrepare = false;
    if (hadFailed) retries.succeeded();
    // A transaction that seemed to fail may have been committed.
    this.onMoved(0);
  }

  /** Handles batches until the order changes or the journal ends. */
  private async follow(): Promise<void> {
    const { lifecycle, checkpoints, follower, retries } = this;
    const onSaved = (): void => retries.succeeded();
    const subscription = follower.open(this.interrupter.signal);
    lifecycle.apply('opened');
    try {
      for (;;) {
        if (subscription.lag === 0n) lifecycle.apply('caught-up');
        const batch = await follower.nextBatch(subscription, lifecycle.order === 'drain');
        if (batch.length > 0) this.handled(await follower.handle(batch, lifecycle, onSaved));
        if (lifecycle.order === 'drain' ? batch.length === 0 : subscription.isEnded) break;
        if (batch.length === 0 || checkpoints.dueInMs === 0) await this.save();
        if (lifecycle.order === 'pause' || lifecycle.order === 'stop') break;
      }
      await this.save();
    } finally {
      await subscription.close();
    }
  }

  private handled(entries: number): void {
    this.retries.succeeded();
    this.onMoved(entries);
  }

  private async save(): Promise<void> {
    if (await this.checkpoints.save()) this.retries.succeeded();
  }

  /** @returns `again` if there was nothing to retry, or after the delay before the next attempt */
  private async overcome(error: unknown): Promise<AttemptEnd> {
    const { lifecycle, retries } = this;
    // The application is stopping; this is not an error of the projection.
    if (this.abandoned.aborted || this.journal.state === 'closed') return 'done';
    this.noteFailure(error);
    const isStored = await this.saveAfterFailure(error);
    if (lifecycle.order !== 'run') return 'done';
    if (isStored) return 'again';
    if (retries.isFinal(error)) {
      this.giveUp();
      return 'gave-up';
    }
    const delayMs = retries.planMs();
    lifecycle.apply('attempt-failed');
    this.logger.warn(
      `projection ${this.handlers.name}: ${retries.lastError?.message}; trying again (${retries.count}) in ${delayMs} ms`,
    );
    await retries.wait(delayMs, this.interrupter.signal);
    return 'again';
  }

  /**
   * Stores what was handled before the error.
   * @returns whether storing had failed, and succeeds now
   */
  private async saveAfterFailure(error: unknown): Promise<boolean> {
    const { checkpoints, retries } = this;
    const { storedPosition, saveFailure } = checkpoints;
    const hadFailedToSave = saveFailure !== null && saveFailure.error === error;
    await this.saveQuietly();
    retries.countFrom(checkpoints.storedPosition);
    if (!hadFailedToSave || checkpoints.storedPosition === storedPosition) return false;
    this.logger.warn(
      `projection ${this.handlers.name}: stored its checkpoint in the second attempt; the first failed: ${retries.lastError?.message}`,
    );
    retries.succeeded();
    return true;
  }

  private async saveQuietly(): Promise<void> {
    try {
      await this.checkpoints.save();
    } catch (error) {
      this.noteFailure(error);
    }
  }

  private noteFailure(error: unknown): void {
    const { position } = this.checkpoints;
    this.retries.failed(error, position === null ? this.journal.firstAvailableSequence : position + 1n);
  }

  private giveUp(): void {
    const { lastError } = this.retries;
    this.lifecycle.apply('gave-up');
    this.logger.error(
      `projection ${this.handlers.name} failed at ${lastError?.sequence ?? 'the beginning'}: ${lastError?.message}; ` +
        'call resume() or rebuild()',
      stackOf(lastError?.error),
    );
  }
}
