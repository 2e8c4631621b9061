import { Option } from 'commander';
import type { CommandDefinition } from '../command.js';
import { parseSequence, parseTime } from '../parse-values.js';
import type { RestoreCommandOptions } from './restore.js';

export const restore: CommandDefinition = {
  name: 'restore',
  summary: 'restore a journal, completely or to a point in time',
  description:
    'Verifies every file and every entry of the backup, and then restores the journal in DIRECTORY, which\n' +
    'must be empty or missing. The directory appears complete, or not at all. Snapshots and checkpoints\n' +
    'of projections that belong to a later state are left out.\n' +
    '\n' +
    'With --to-time, every entry is restored up to the first one with a later timestamp.',
  examples: [
    { line: 'file-journal restore /mnt/backup/journal data/restored', shows: 'restore all entries' },
    {
      line: 'file-journal restore /mnt/backup/journal data/restored --to-sequence 4711',
      shows: 'restore the state right after entry 4711',
    },
    {
      line: 'file-journal restore /mnt/backup/journal data/restored --to-time 2026-03-01T09:30:00Z',
      shows: 'restore the state at a point in time',
    },
  ],
  configure: (command) =>
    command
      .argument('<source>', 'directory of the backup')
      .argument('<directory>', 'directory of the restored journal: missing or empty')
      .addOption(
        new Option('--to-sequence <sequence>', 'the last entry to restore')
          .argParser(parseSequence)
          .conflicts('toTime'),
      )
      .option(
        '--to-time <time>',
        'nanoseconds, milliseconds, or ISO 8601 (UTC without an offset)',
        parseTime,
      ),
  run: async (context, source: string, directory: string, options: RestoreCommandOptions) =>
    (await import('./restore.js')).runRestore(context, source, directory, options),
};
