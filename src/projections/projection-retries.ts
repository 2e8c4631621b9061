import { JournalError, messageOf } from '../journal/index.js';
import { clearTimeout, onAbort, setTimeout } from '../common/index.js';
import type { ProjectionRetryOptions } from './projection.decorator.js';
import type { ProjectionFailure } from './projection.interface.js';
import { ProjectionFailedError } from './projections.errors.js';

/** What a retry cannot change. */
const FINAL_CODES = new Set([
  'JOURNAL_REPLAY_GAP',
  'JOURNAL_PROJECTION_CHECKPOINT',
  'JOURNAL_CORRUPT_ENTRY',
  'JOURNAL_INVALID_ENTRY_HEADER',
  'JOURNAL_POISONED',
]);

/** What a projection failed at, how often, and when it tries again. */
export class ProjectionRetries {
  lastError: ProjectionFailure | null = null;
  /** Since the last success, or since somebody resumed the projection. */
  count = 0;
  nextAt: Date | null = null;

  constructor(
    private readonly projection: string,
    private readonly options: Required<ProjectionRetryOptions>,
  ) {}

  /** @param sequence the first entry that was not handled */
  note(error: unknown, sequence: bigint | null): void {
    this.lastError = {
      message: messageOf(error),
      code: JournalError.isJournalError(error) ? error.code : null,
      error,
      sequence,
      at: new Date(),
    };
  }

  succeeded(): void {
    this.count = 0;
    this.lastError = null;
  }

  /** From the beginning: somebody has looked into it. */
  reset(): void {
    this.count = 0;
    this.nextAt = null;
  }

  isFinal(error: unknown): boolean {
    if (JournalError.isJournalError(error) && FINAL_CODES.has(error.code)) return true;
    return this.count >= this.options.maxRetries;
  }

  /** Counts the next try. @returns how long to wait before it */
  plan(): number {
    const { initialDelayMs, maxDelayMs } = this.options;
    const delayMs = Math.min(maxDelayMs, initialDelayMs * 2 ** this.count);
    this.count += 1;
    this.nextAt = new Date(Date.now() + delayMs);
    return delayMs;
  }

  /** Resolves after `delayMs`, or when `interrupt` is aborted. */
  async wait(delayMs: number, interrupt: AbortSignal): Promise<void> {
    await interruptibleDelay(delayMs, interrupt);
    this.nextAt = null;
  }

  /** The latest error, for callers that wait for the projection. */
  get failure(): JournalError {
    const error = this.lastError?.error;
    if (JournalError.isJournalError(error)) return error;
    return new ProjectionFailedError(this.projection, this.lastError?.sequence ?? null, error);
  }
}

/** Keeps no process alive. */
function interruptibleDelay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      forgetSignal();
      resolve();
    };
    const timer = setTimeout(done, delayMs).unref();
    const forgetSignal = onAbort(signal, done);
  });
}
