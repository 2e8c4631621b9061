import { FileJournal } from '../../file-journal/index.js';
import type { IntegrityReport } from '../../journal/index.js';
import type { CommandContext } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { formatBytes, formatCount } from '../format-values.js';
import type { Output } from '../output.js';

export interface VerifyCommandOptions {
  readonly includeArchived: boolean;
}

export async function runVerify(
  { output }: CommandContext,
  directory: string,
  { includeArchived }: VerifyCommandOptions,
): Promise<ExitCode> {
  const journal = await FileJournal.openReadOnly({ directory });
  try {
    const report = await journal.verifyIntegrity({ includeArchived });
    output.result(report, () => showReport(output, report));
    return report.ok ? EXIT.ok : EXIT.found;
  } finally {
    await journal.close();
  }
}

function showReport(output: Output, report: IntegrityReport): void {
  const { colors } = output;
  const { segments, entries, bytes, firstSequence, lastSequence, errors } = report;
  const range = firstSequence === null ? '' : `, sequences ${firstSequence} to ${lastSequence}`;
  output.line(`${formatCount(entries)} entries in ${segments} segments, ${formatBytes(bytes)}${range}`);
  if (errors.length === 0) {
    output.line(colors.green('no faults'));
    return;
  }
  output.table(
    ['FAULT', 'SEGMENT', 'OFFSET', 'SEQUENCE', 'WHAT'],
    errors.map(({ kind, segment, offset, sequence, message }) => [
      colors.red(kind),
      segment,
      offset.toString(),
      sequence?.toString() ?? '-',
      message,
    ]),
  );
}
