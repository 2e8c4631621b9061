import type { INestApplication } from '@nestjs/common';

/** What a process prints once it listens. */
export interface StartReport {
  /** Since the process started. */
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

/** Reports the start, and closes the application. */
export function reportStart(app: INestApplication): void {
  const { user, system } = process.cpuUsage();
  const report: StartReport = { elapsedMs: performance.now(), cpuMs: (user + system) / 1000 };
  console.log(JSON.stringify(report));
  void app.close();
}
