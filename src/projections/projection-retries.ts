import { JournalError, messageOf } from '../journal/index.js';
import { clearTimeout, onAbort, setTimeout } from '../common/index.js';
import type { ResolvedRetryOptions } from './projection-options.js';
import type { ProjectionFailure } from './projection.interface.js';
import { ProjectionFailedError } from './projections.errors.js';

/** Errors that a retry cannot fix. */
const FINAL_CODES = new Set([
  'JOURNAL_REPLAY_GAP',
  'JOURNAL_PROJECTION_CHECKPOINT',
  'JOURNAL_CORRUPT_ENTRY',
  'JOURNAL_INVALID_ENTRY_HEADER',
  'JOURNAL_POISONED',
]);

/**
 * The failures of a projection: the latest error, the failed attempts since the last success, and the next
 * attempt.
 */
export class ProjectionRetries {
  private latest: ProjectionFailure | null = null;
  private attempts = 0;
  private next: Date | null = null;
  /** The stored checkpoint at the latest counted failure. */
  private storedPosition: bigint | null = null;

  constructor(
    private readonly projection: string,
    private readonly options: ResolvedRetryOptions,
  ) {}

  /** Null if the latest attempt succeeded. */
  get lastError(): ProjectionFailure | null {
    return this.latest;
  }

  /** Failed attempts since the last success, or since the projection was resumed. */
  get count(): number {
    return this.attempts;
  }

  /** When the next attempt begins; null if none is planned. */
  get nextAt(): Date | null {
    return this.next;
  }

  /** The latest error, for callers that wait for the projection. */
  get failure(): JournalError {
    const error = this.latest?.error;
    if (JournalError.isJournalError(error)) return error;
    return new ProjectionFailedError(this.projection, this.latest?.sequence ?? null, error);
  }

  /** @param sequence the first entry that was not handled */
  failed(error: unknown, sequence: bigint | null): void {
    this.latest = {
      message: messageOf(error),
      code: JournalError.isJournalError(error) ? error.code : null,
      error,
      sequence,
      at: new Date(),
    };
  }

  /**
   * Restarts the count if the stored checkpoint has moved since the previous failure: entries were handled in
   * between.
   */
  countFrom(storedPosition: bigint | null): void {
    if (storedPosition === this.storedPosition) return;
    this.storedPosition = storedPosition;
    this.attempts = 0;
  }

  succeeded(): void {
    this.attempts = 0;
    this.latest = null;
  }

  /** Clears the attempts after the operator has resumed the projection. */
  reset(): void {
    this.attempts = 0;
    this.next = null;
  }

  isFinal(error: unknown): boolean {
    if (JournalError.isJournalError(error) && FINAL_CODES.has(error.code)) return true;
    return this.attempts >= this.options.maxRetries;
  }

  /** Counts the next attempt. @returns the delay before it */
  planMs(): number {
    const { initialDelayMs, maxDelayMs } = this.options;
    const delayMs = Math.min(maxDelayMs, initialDelayMs * 2 ** this.attempts);
    this.attempts += 1;
    this.next = new Date(Date.now() + delayMs);
    return delayMs;
  }

  /** Resolves after `delayMs`, or when `interrupt` is aborted. */
  async wait(delayMs: number, interrupt: AbortSignal): Promise<void> {
    await interruptibleDelay(delayMs, interrupt);
    this.next = null;
  }
}

/** Waits with a timer that does not keep the process alive. */
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
