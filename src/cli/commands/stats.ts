import { assertJournalThere, FileJournal } from '../../file-journal/index.js';
import { ByteProgress } from '../byte-progress.js';
import type { CommandContext } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { withInterruption } from '../phase-progress.js';
import { collectStatistics, type CollectedStatistics } from '../statistics/collect-statistics.js';
import { showStatistics } from '../statistics/statistics-text.js';

export interface StatsCommandOptions {
  readonly includeArchived: boolean;
  readonly minutes: number;
  readonly names: number;
}

export async function runStats(
  context: CommandContext,
  directory: string,
  options: StatsCommandOptions,
): Promise<ExitCode> {
  const { output, signal } = context;
  await assertJournalThere(directory);
  return withInterruption(output, signal, 'the journal was not read to its end', async () => {
    const statistics = await collect(context, directory, options);
    output.result(statistics, () => showStatistics(output, statistics, options));
    return statistics.faults > 0 || statistics.undecodable > 0 ? EXIT.found : EXIT.ok;
  });
}

async function collect(
  { output, signal }: CommandContext,
  directory: string,
  { includeArchived }: StatsCommandOptions,
): Promise<CollectedStatistics> {
  const progress = new ByteProgress(output, 'counting', signal);
  const journal = await FileJournal.openReadOnly({ directory });
  try {
    return await collectStatistics(journal, { includeArchived, onProgress: progress.update });
  } finally {
    progress.stop();
    await journal.close();
  }
}
