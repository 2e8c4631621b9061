import { clearTimeout, setTimeout } from '../../common/index.js';

/** A time limit for several steps in a row. Its timer keeps the process alive until `clear`. */
export class Deadline {
  isPassed = false;
  private readonly timer: NodeJS.Timeout;
  private readonly passed: Promise<void>;

  constructor(timeoutMs: number) {
    let pass: () => void = () => undefined;
    this.passed = new Promise((resolve) => (pass = resolve));
    this.timer = setTimeout(() => {
      this.isPassed = true;
      pass();
    }, timeoutMs);
  }

  /** Calls `listener` at the deadline, unless `clear` was called. */
  onPassed(listener: () => void): void {
    void this.passed.then(listener);
  }

  /**
   * Waits for `step` until the deadline at most.
   * @returns false if the deadline came first
   * @throws (rejects) what `step` rejects with
   */
  async wait(step: Promise<unknown>): Promise<boolean> {
    const done = step.then(() => true);
    // After the deadline, no caller awaits the step.
    done.catch(() => undefined);
    return Promise.race([done, this.passed.then(() => false)]);
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}
