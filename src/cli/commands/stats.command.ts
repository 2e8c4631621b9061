import type { CommandDefinition } from '../command.js';
import { parseCount } from '../parse-values.js';
import type { StatsCommandOptions } from './stats.js';

export const stats: CommandDefinition = {
  name: 'stats',
  summary: 'count entries by kind, size and minute',
  description:
    'Reads the journal once and counts: entries by kind of command and result, domain events and types\n' +
    'of aggregates, sizes, command ids, entries per minute. It needs little memory for a journal of any\n' +
    'size. Entries that are damaged or cannot be decoded are counted separately, and the exit code is 1.',
  examples: [
    { line: 'file-journal stats data/journal', shows: 'summarize a journal' },
    {
      line: 'file-journal stats data/journal --include-archived --minutes 60',
      shows: 'include archived segments, and show the last hour with entries',
    },
  ],
  configure: (command) =>
    command
      .argument('<directory>', 'directory of the journal')
      .option('--include-archived', 'read archived and compressed segments, too', false)
      .option('--minutes <count>', 'number of minutes with entries to show', parseCount, 10)
      .option('--names <count>', 'number of names of each kind to show', parseCount, 20),
  run: async (context, directory: string, options: StatsCommandOptions) =>
    (await import('./stats.js')).runStats(context, directory, options),
};
