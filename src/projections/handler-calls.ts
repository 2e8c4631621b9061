import { isInside, runCall, waitWithoutCycle, type Awaitable, type RunningCall } from '../common/index.js';

/**
 * The calls of one projection's class. They run one at a time; a caller that waits for the projection also
 * waits for them.
 */
export class HandlerCalls implements Awaitable {
  /** The running call, or the last one. */
  private latest: RunningCall | null = null;

  constructor(private readonly projection: string) {}

  /** Runs code of the projection's class. */
  run<T>(work: () => T): T {
    return runCall(`a handler of projection ${this.projection}`, this, (call) => {
      this.latest = call;
      return work();
    });
  }

  /** Whether the current async context belongs to a call of the class. */
  isInside(): boolean {
    return isInside(this);
  }

  blockedBy(): Iterable<RunningCall> {
    return this.latest === null ? [] : [this.latest];
  }

  /**
   * Waits for the projection.
   * @throws (rejects) CircularWaitError (`JOURNAL_CIRCULAR_WAIT`) inside a call that would have to return
   * first
   */
  wait<T>(operation: string, wait: () => Promise<T>): Promise<T> {
    const advice = 'call it after that call has returned';
    return waitWithoutCycle(`${operation} of projection ${this.projection}`, this, advice, wait);
  }
}
