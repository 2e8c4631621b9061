import { backupJournal, type BackupReport } from '../../file-journal/index.js';
import type { CommandContext } from '../command.js';
import { COMPANIONS } from '../companions.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { formatBytes, formatCount } from '../format-values.js';
import type { Output } from '../output.js';
import { withInterruption, withPhases } from '../phase-progress.js';

export interface BackupCommandOptions {
  readonly archived: boolean;
}

export async function runBackup(
  { output, signal, version }: CommandContext,
  directory: string,
  destination: string,
  { archived }: BackupCommandOptions,
): Promise<ExitCode> {
  return withInterruption(output, signal, 'the earlier backup, if there is one, is unchanged', async () => {
    const report = await withPhases(output, (onProgress) =>
      backupJournal({
        directory,
        destination,
        archived,
        companions: COMPANIONS,
        madeBy: `nestjs-file-journal ${version}`,
        onProgress,
        signal,
      }),
    );
    output.result(report, () => showReport(output, report));
    return EXIT.ok;
  });
}

const RULES: Readonly<Record<BackupReport['rule'], string>> = {
  checkpoint: 'up to the checkpoint of the writer, which covers every entry that was there at the start',
  intact: 'every intact entry: no process was writing, or only orderbook-rs, which leaves no checkpoint',
};

function showReport(output: Output, report: BackupReport): void {
  const { firstSequence, lastSequence, segments, segmentsCopied, bytesCopied, rule, leftOut } = report;
  const range = lastSequence === null ? 'no entries' : `sequences ${firstSequence} to ${lastSequence}`;
  output.line(`${range} in ${formatCount(segments)} segments, run ${report.generation}`);
  output.line(`end: ${RULES[rule]}`);
  output.line(`copied: ${formatCount(segmentsCopied)} segments, ${formatBytes(bytesCopied)}`);
  output.line(`snapshots: ${report.snapshots}, checkpoints: ${report.checkpoints}`);
  for (const { name, reason } of leftOut) output.line(output.colors.yellow(`left out: ${name}: ${reason}`));
  output.line(output.colors.green(`the backup in ${report.destination} is complete`));
}
