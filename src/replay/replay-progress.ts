import type { Logger } from '@nestjs/common';
import { ReplaySubject, type Observable } from 'rxjs';
import { monotonicMs } from '../common/index.js';
import type { ReplayProgress } from './replay.interface.js';

/** Number of entries between two reads of the clock; a power of two. */
const CHECK_EVERY_ENTRIES = 256;

/** Reports the progress of replays of one journal. A late subscriber gets the latest state. */
export class ProgressReporter {
  readonly progress$: Observable<ReplayProgress>;
  private readonly subject = new ReplaySubject<ReplayProgress>(1);

  constructor(
    private readonly journal: string,
    private readonly intervalMs: number,
    private readonly logger: Logger,
  ) {
    this.progress$ = this.subject.asObservable();
  }

  start(targets: readonly string[], total: bigint): ReplayMeter {
    const report = (progress: ReplayProgress): void => {
      // Subscribers get every catch-up, even a short one; the log contains only longer replays.
      if (progress.elapsedMs >= this.intervalMs) this.logger.log(describe(progress));
      this.subject.next(progress);
    };
    return new ReplayMeter({ journal: this.journal, targets, total }, this.intervalMs, report);
  }

  complete(): void {
    this.subject.complete();
  }
}

/** Counts the entries of one replay and reports every `intervalMs`, without a timer. */
export class ReplayMeter {
  replayed = 0;
  private sequence: bigint | null = null;
  private readonly startedAtMs = monotonicMs();
  private nextReportAtMs: number;

  constructor(
    private readonly what: Pick<ReplayProgress, 'journal' | 'targets' | 'total'>,
    private readonly intervalMs: number,
    private readonly report: (progress: ReplayProgress) => void,
  ) {
    this.nextReportAtMs = this.startedAtMs + intervalMs;
    this.report(this.progress('running'));
  }

  count(sequence: bigint): void {
    this.sequence = sequence;
    this.replayed += 1;
    if (this.replayed % CHECK_EVERY_ENTRIES !== 0) return;
    const nowMs = monotonicMs();
    if (nowMs < this.nextReportAtMs) return;
    this.nextReportAtMs = nowMs + this.intervalMs;
    this.report(this.progress('running'));
  }

  finish(phase: 'done' | 'failed'): ReplayProgress {
    const progress = this.progress(phase);
    this.report(progress);
    return progress;
  }

  private progress(phase: ReplayProgress['phase']): ReplayProgress {
    const elapsedMs = monotonicMs() - this.startedAtMs;
    const ratePerSecond = elapsedMs > 0 ? (this.replayed / elapsedMs) * 1000 : 0;
    const left = Math.max(0, Number(this.what.total) - this.replayed);
    const etaMs = ratePerSecond > 0 ? (left / ratePerSecond) * 1000 : null;
    return {
      ...this.what,
      phase,
      replayed: this.replayed,
      sequence: this.sequence,
      ratePerSecond,
      etaMs: left === 0 ? 0 : etaMs,
      elapsedMs,
    };
  }
}

function describe(progress: ReplayProgress): string {
  const { journal, replayed, total, sequence, ratePerSecond, etaMs, phase, elapsedMs } = progress;
  const share = total === 0n ? 100 : Math.floor((replayed * 100) / Number(total));
  const rest = phase === 'running' && etaMs !== null ? `, ${(etaMs / 1000).toFixed(1)} s to go` : '';
  return (
    `journal "${journal}": replay ${phase}, ${replayed} of ${total} entries (${share}%), sequence ${sequence ?? 'none'}, ` +
    `${Math.round(ratePerSecond)}/s, ${(elapsedMs / 1000).toFixed(1)} s${rest}`
  );
}
