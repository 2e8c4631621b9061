import { restoreJournal, type RestoreReport } from '../../file-journal/index.js';
import type { CommandContext } from '../command.js';
import { COMPANIONS } from '../companions.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { formatCount, formatTime } from '../format-values.js';
import type { Output } from '../output.js';
import { withInterruption, withPhases } from '../phase-progress.js';

export interface RestoreCommandOptions {
  readonly toSequence?: bigint;
  /** In nanoseconds. */
  readonly toTime?: bigint;
}

export async function runRestore(
  { output, signal }: CommandContext,
  source: string,
  directory: string,
  { toSequence, toTime }: RestoreCommandOptions,
): Promise<ExitCode> {
  return withInterruption(output, signal, `${directory} is unchanged`, async () => {
    const report = await withPhases(output, (onProgress) =>
      restoreJournal({
        source,
        directory,
        toSequence,
        toTimeNs: toTime,
        companions: COMPANIONS,
        onProgress,
        signal,
      }),
    );
    output.result(report, () => showReport(output, report));
    return EXIT.ok;
  });
}

function showReport(output: Output, report: RestoreReport): void {
  const { entries, firstSequence, lastSequence, lastTimestampNs, segments, createdAt, leftOut } = report;
  output.line(`backup of ${createdAt}, verified`);
  const range = lastSequence === null ? '' : `, sequences ${firstSequence} to ${lastSequence}`;
  output.line(`${formatCount(entries)} entries in ${formatCount(segments)} segments${range}`);
  if (lastTimestampNs !== null) output.line(`last entry: ${formatTime(lastTimestampNs)}`);
  output.line(`snapshots: ${report.snapshots}, checkpoints: ${report.checkpoints}`);
  for (const { name, reason } of leftOut) output.line(output.colors.yellow(`left out: ${name}: ${reason}`));
  output.line(output.colors.green(`the journal in ${report.directory} is complete`));
}
