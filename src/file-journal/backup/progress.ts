import { CooperativeYield } from '../../common/index.js';

/** How far a backup or a restore is. */
export interface BackupProgress {
  /** `waiting` for the writer's checkpoint, `copying`, or `verifying` a backup before it is restored. */
  readonly phase: 'waiting' | 'copying' | 'verifying';
  readonly bytesDone: number;
  /** 0 while it is unknown. */
  readonly bytesTotal: number;
}

export interface WorkOptions {
  /** Called often; should return quickly. */
  readonly onProgress?: (progress: BackupProgress) => void;
  /** Stops the work between two blocks. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Counts the bytes of one phase. */
export class ProgressMeter {
  private bytesDone = 0;
  private readonly budget = new CooperativeYield();

  constructor(
    private readonly phase: BackupProgress['phase'],
    private readonly bytesTotal: number,
    private readonly options: WorkOptions,
  ) {
    this.report();
  }

  /** @throws the reason of the signal, if it is aborted */
  add(bytes: number): void {
    this.options.signal?.throwIfAborted();
    this.bytesDone = Math.min(this.bytesTotal, this.bytesDone + bytes);
    this.report();
  }

  /** Lets timers and sockets run, if the work took long since the last time. */
  async pause(): Promise<void> {
    if (this.budget.isDue) await this.budget.run();
  }

  private report(): void {
    const { phase, bytesDone, bytesTotal } = this;
    this.options.onProgress?.({ phase, bytesDone, bytesTotal });
  }
}
