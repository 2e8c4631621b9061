import type { Output } from './output.js';
import type { Progress } from './progress.js';

/**
 * A bar for an operation that reports its total with each step. A signal ends the operation at the next step.
 */
export class ByteProgress {
  private bar: Progress | null = null;

  constructor(
    private readonly output: Output,
    private readonly label: string,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws the reason of the signal, which ends the operation */
  readonly update = (done: number, total: number): void => {
    this.signal.throwIfAborted();
    this.bar ??= this.output.progress(this.label, total);
    this.bar.update(done);
  };

  stop(): void {
    this.bar?.stop();
    this.bar = null;
  }
}
