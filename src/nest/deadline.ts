import { clearTimeout, setTimeout } from '../common/index.js';

/** A limit that several steps share, one after the other. Its timer keeps the process alive until `clear`. */
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

  /** Calls `listener` when the time is over, unless the deadline is cleared before. */
  onPassed(listener: () => void): void {
    void this.passed.then(listener);
  }

  /** Waits for `step`, but no longer than to the deadline. @returns whether it came to its end; what it throws is thrown */
  async wait(step: Promise<unknown>): Promise<boolean> {
    const done = step.then(() => true);
    // Nobody may be left who waits for it.
    done.catch(() => undefined);
    return Promise.race([done, this.passed.then(() => false)]);
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}
