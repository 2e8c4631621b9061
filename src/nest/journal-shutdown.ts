import { monotonicMs, type ShutdownStep } from '../common/index.js';
import { Deadline } from './deadline.js';
import type { JournalLog } from './journal-log.js';

export interface JournalShutdownParts {
  readonly timeoutMs: number;
  readonly log: JournalLog;
  /** In the order in which they are drained. */
  readonly steps: () => readonly ShutdownStep[];
  /** Between the drains and the close of the journal. */
  readonly disconnect: () => void;
  readonly closeJournal: () => Promise<void>;
}

/**
 * The end of a journal: commands drain, what follows the journal drains, the journal closes. With a limit: after it the
 * journal is closed whoever still waits. What is cut off that way was never acknowledged to anybody.
 */
export class JournalShutdown {
  private deadline: Deadline | null = null;
  private closing: Promise<void> | null = null;

  constructor(private readonly parts: JournalShutdownParts) {}

  /**
   * From now on the time runs, while HTTP finishes what it has. A request that never ends must not keep the journal, and its
   * lock, for as long.
   */
  begin(): void {
    if (this.deadline !== null) return;
    this.deadline = new Deadline(this.parts.timeoutMs);
    // Whoever closes it later gets the same promise, with what became of it.
    this.deadline.onPassed(() => void this.close().catch(() => undefined));
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeInOrder();
    return this.closing;
  }

  private async closeInOrder(): Promise<void> {
    this.begin();
    const { log, steps, disconnect } = this.parts;
    const deadline = this.deadline as Deadline;
    const unfinished: { step: string; left: string }[] = [];
    try {
      for (const step of steps()) {
        if (await this.drained(step, deadline)) continue;
        unfinished.push({ step: step.name, left: step.left() });
        step.abandon?.();
      }
    } finally {
      deadline.clear();
      disconnect();
      if (unfinished.length > 0) this.tellUnfinished(unfinished);
      try {
        await this.closeJournal();
      } finally {
        log.stop();
      }
    }
  }

  private async drained(step: ShutdownStep, deadline: Deadline): Promise<boolean> {
    if (deadline.isPassed) return false;
    const { log } = this.parts;
    const startedMs = monotonicMs();
    try {
      const isDone = await deadline.wait(step.drain());
      const durationMs = Math.round(monotonicMs() - startedMs);
      if (isDone)
        log.tell('debug', 'journal.drained', `${step.name} drained`, { step: step.name, durationMs });
      return isDone;
    } catch (error) {
      log.tell('error', 'journal.drain.failed', `${step.name} could not be drained`, {
        step: step.name,
        error,
      });
      return true;
    }
  }

  /** Waits for writes that are under way; a disk that never answers must not keep the application for ever either. */
  private async closeJournal(): Promise<void> {
    const { timeoutMs, log, closeJournal } = this.parts;
    const limit = new Deadline(timeoutMs);
    try {
      if (await limit.wait(closeJournal())) log.tell('log', 'journal.closed', 'closed');
      else
        log.tell(
          'error',
          'journal.close.timeout',
          `a write did not end in ${timeoutMs} ms; left to the end of the process`,
          {
            timeoutMs,
          },
        );
    } finally {
      limit.clear();
    }
  }

  private tellUnfinished(unfinished: readonly { step: string; left: string }[]): void {
    const { log, timeoutMs } = this.parts;
    const what = unfinished.map(({ step, left }) => `${step}: ${left}`).join('; ');
    log.tell(
      'warn',
      'journal.shutdown.timeout',
      `closed after ${timeoutMs} ms without waiting for the rest (${what}); none of it was acknowledged`,
      { timeoutMs, unfinished },
    );
  }
}
