import { monotonicMs } from '../common/index.js';
import type { RebuildProgress } from './projection.interface.js';

/** Counts the entries of one rebuild and reports every `intervalMs`, without a timer. */
export class RebuildMeter {
  private handled = 0;
  private position: bigint | null = null;
  private readonly startedAtMs = monotonicMs();
  private nextReportAtMs: number;

  constructor(
    private readonly total: bigint,
    readonly target: bigint | null,
    private readonly intervalMs: number,
    private readonly report: (progress: RebuildProgress) => void,
  ) {
    this.nextReportAtMs = this.startedAtMs + intervalMs;
  }

  count(position: bigint | null, entries: number): void {
    this.position = position;
    this.handled += entries;
    const nowMs = monotonicMs();
    if (nowMs < this.nextReportAtMs) return;
    this.nextReportAtMs = nowMs + this.intervalMs;
    this.report(this.progress());
  }

  finish(): RebuildProgress {
    const progress = this.progress();
    this.report(progress);
    return progress;
  }

  progress(): RebuildProgress {
    const elapsedMs = monotonicMs() - this.startedAtMs;
    const ratePerSecond = elapsedMs > 0 ? (this.handled / elapsedMs) * 1000 : 0;
    const left = Math.max(0, Number(this.total) - this.handled);
    const { handled, total, position, target } = this;
    const etaMs = left === 0 ? 0 : ratePerSecond > 0 ? (left / ratePerSecond) * 1000 : null;
    return { handled, total, position, target, ratePerSecond, etaMs, elapsedMs };
  }
}
