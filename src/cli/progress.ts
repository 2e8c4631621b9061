import type { Writable } from 'node:stream';
import { Presets, SingleBar } from 'cli-progress';

/** The progress of one operation, in bytes. */
export interface Progress {
  update(doneBytes: number): void;
  /** Removes the bar. */
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, stop: () => undefined };

export function startProgress(
  stream: Writable,
  interactive: boolean,
  label: string,
  totalBytes: number,
): Progress {
  if (!interactive) return SILENT;
  const bar = new SingleBar(
    {
      stream: stream as NodeJS.WritableStream,
      format: `${label} {bar} {percentage}% | {eta_formatted} left`,
      clearOnComplete: true,
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  bar.start(totalBytes, 0);
  return {
    update: (doneBytes) => bar.update(doneBytes),
    stop: () => bar.stop(),
  };
}
