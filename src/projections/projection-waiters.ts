import { onAbort } from '../common/index.js';

/** A caller that waits until a projection has handled a sequence. */
interface Waiter {
  readonly sequence: bigint;
  /** Whether it keeps waiting while the projection is paused. */
  readonly outlastsPause: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Callers that wait until a projection has handled a sequence. */
export class ProjectionWaiters {
  private waiters: Waiter[] = [];

  /** Resolves when `reached` is called with `sequence` or more; rejects with the reason of `fail`. */
  wait(sequence: bigint, signal?: AbortSignal, outlastsPause = false): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const settle = (then: () => void): void => {
        forgetSignal();
        then();
      };
      const waiter: Waiter = {
        sequence,
        outlastsPause,
        resolve: () => settle(resolve),
        reject: (reason) => settle(() => reject(reason as Error)),
      };
      const abort = (): void => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        waiter.reject(signal?.reason);
      };
      this.waiters.push(waiter);
      const forgetSignal = onAbort(signal, abort);
    });
  }

  reached(position: bigint | null): void {
    if (position === null || this.waiters.length === 0) return;
    const done = this.waiters.filter(({ sequence }) => sequence <= position);
    if (done.length === 0) return;
    this.waiters = this.waiters.filter(({ sequence }) => sequence > position);
    for (const { resolve } of done) resolve();
  }

  fail(reason: unknown): void {
    this.reject(this.waiters, reason);
  }

  /** The projection is paused: rejects the waits that do not outlast a pause. */
  pause(reason: unknown): void {
    this.reject(
      this.waiters.filter(({ outlastsPause }) => !outlastsPause),
      reason,
    );
  }

  private reject(rejected: readonly Waiter[], reason: unknown): void {
    this.waiters = this.waiters.filter((waiter) => !rejected.includes(waiter));
    for (const { reject } of rejected) reject(reason);
  }
}
