import { monotonicMs, type ShutdownStep } from '../../common/index.js';
import type { Journal } from '../../journal/index.js';
import type { ReplayService } from '../../replay/index.js';
import { Deadline } from './deadline.js';
import type { JournalLog } from '../logging/journal-log.js';

interface UnfinishedStep {
  readonly step: string;
  readonly left: string;
}

/**
 * Shutdown of a journal: the steps drain in order, then the journal closes. After the time limit, the journal
 * closes without the unfinished steps. None of their pending work was acknowledged.
 */
export class JournalShutdown {
  private deadline: Deadline | null = null;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly journal: Pick<Journal, 'close'>,
    private readonly replay: Pick<ReplayService, 'complete'>,
    /** The steps, in the order in which they drain. */
    private readonly steps: readonly ShutdownStep[],
    private readonly log: JournalLog,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Starts the time limit while HTTP finishes its requests. A request that never ends must not keep the
   * journal, and its lock, open.
   */
  begin(): void {
    this.start();
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeInOrder(this.start());
    return this.closing;
  }

  private start(): Deadline {
    if (this.deadline !== null) return this.deadline;
    const deadline = new Deadline(this.timeoutMs);
    this.deadline = deadline;
    // A later call of `close` returns the same promise, with its failure.
    deadline.onPassed(() => void this.close().catch(() => undefined));
    return deadline;
  }

  private async closeInOrder(deadline: Deadline): Promise<void> {
    const unfinished: UnfinishedStep[] = [];
    try {
      for (const step of this.steps) {
        if (await this.drain(step, deadline)) continue;
        unfinished.push({ step: step.name, left: step.left() });
        step.abandon?.();
      }
    } finally {
      deadline.clear();
      this.replay.complete();
      if (unfinished.length > 0) this.reportUnfinished(unfinished);
      try {
        await this.closeJournal();
      } finally {
        this.log.stop();
      }
    }
  }

  /** @returns false if the time limit came first */
  private async drain(step: ShutdownStep, deadline: Deadline): Promise<boolean> {
    if (deadline.isPassed) return false;
    const startedMs = monotonicMs();
    try {
      const isDone = await deadline.wait(step.drain());
      const durationMs = Math.round(monotonicMs() - startedMs);
      if (isDone)
        this.log.report('debug', 'journal.drained', `${step.name} drained`, { step: step.name, durationMs });
      return isDone;
    } catch (error) {
      this.log.report('error', 'journal.drain.failed', `${step.name} could not be drained`, {
        step: step.name,
        error,
      });
      return true;
    }
  }

  /**
   * Closes the journal, and waits for writes in progress up to a limit: a disk that never answers must not
   * keep the application running.
   */
  private async closeJournal(): Promise<void> {
    const { timeoutMs } = this;
    const limit = new Deadline(timeoutMs);
    try {
      if (await limit.wait(this.journal.close())) this.log.report('log', 'journal.closed', 'closed');
      else
        this.log.report(
          'error',
          'journal.close.timeout',
          `a write did not end within ${timeoutMs} ms; the end of the process will close the journal`,
          { timeoutMs },
        );
    } finally {
      limit.clear();
    }
  }

  private reportUnfinished(unfinished: readonly UnfinishedStep[]): void {
    const { timeoutMs } = this;
    const what = unfinished.map(({ step, left }) => `${step}: ${left}`).join('; ');
    this.log.report(
      'warn',
      'journal.shutdown.timeout',
      `closed after ${timeoutMs} ms without waiting for the rest (${what}); none of it was acknowledged`,
      { timeoutMs, unfinished },
    );
  }
}
