import { assertJournalThere, FileJournal } from '../../file-journal/index.js';
import type { IntegrityReport } from '../../journal/index.js';
import { ByteProgress } from '../byte-progress.js';
import type { CommandContext } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { showFaults } from '../faults-text.js';
import { formatBytes, formatCount } from '../format-values.js';
import type { Output } from '../output.js';
import { withInterruption } from '../phase-progress.js';

export interface VerifyCommandOptions {
  readonly includeArchived: boolean;
}

export async function runVerify(
  { output, signal }: CommandContext,
  directory: string,
  { includeArchived }: VerifyCommandOptions,
): Promise<ExitCode> {
  await assertJournalThere(directory);
  return withInterruption(output, signal, 'the journal was not verified to its end', async () => {
    const report = await verify(output, signal, directory, includeArchived);
    output.result(report, () => showReport(output, report));
    return report.ok ? EXIT.ok : EXIT.found;
  });
}

async function verify(
  output: Output,
  signal: AbortSignal,
  directory: string,
  includeArchived: boolean,
): Promise<IntegrityReport> {
  const progress = new ByteProgress(output, 'verifying', signal);
  const journal = await FileJournal.openReadOnly({ directory });
  try {
    return await journal.verifyWithProgress({ includeArchived }, progress.update);
  } finally {
    progress.stop();
    await journal.close();
  }
}

function showReport(output: Output, report: IntegrityReport): void {
  const { colors } = output;
  const { segments, entries, bytes, firstSequence, lastSequence, errors } = report;
  const range = firstSequence === null ? '' : `, sequences ${firstSequence} to ${lastSequence}`;
  output.line(
    `${formatCount(entries)} entries in ${formatCount(segments)} segments, ${formatBytes(bytes)}${range}`,
  );
  if (errors.length === 0) {
    output.line(colors.green('no faults'));
    return;
  }
  showFaults(output, errors);
}
