import type { BackupProgress } from '../file-journal/index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Output } from './output.js';
import type { Progress } from './progress.js';

const LABELS: Readonly<Record<BackupProgress['phase'], string>> = {
  waiting: 'waiting for the writer',
  copying: 'copying',
  verifying: 'verifying',
};

/** Runs work of several phases, and shows a bar for each. */
export async function withPhases<T>(
  output: Output,
  work: (onProgress: (state: BackupProgress) => void) => Promise<T>,
): Promise<T> {
  const progress = new PhaseProgress(output);
  try {
    return await work((state) => progress.update(state));
  } finally {
    progress.stop();
  }
}

class PhaseProgress {
  private phase: BackupProgress['phase'] | null = null;
  private bar: Progress | null = null;

  constructor(private readonly output: Output) {}

  update({ phase, bytesDone, bytesTotal }: BackupProgress): void {
    if (phase !== this.phase) {
      this.stop();
      this.phase = phase;
      this.bar = this.output.progress(LABELS[phase], bytesTotal);
    }
    this.bar?.update(bytesDone);
  }

  stop(): void {
    this.bar?.stop();
    this.bar = null;
  }
}

/**
 * Runs work that only counts when it is complete. If a signal ends it, the exit code says that it failed.
 * @param remains what the interrupted work leaves
 */
export async function withInterruption(
  output: Output,
  signal: AbortSignal,
  remains: string,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    output.note(`interrupted; ${remains}`);
    return EXIT.notReadable;
  }
}
