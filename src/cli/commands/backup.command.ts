import type { CommandDefinition } from '../command.js';
import type { BackupCommandOptions } from './backup.js';

export const backup: CommandDefinition = {
  name: 'backup',
  summary: 'back up a journal, even while it is written',
  description:
    'Backs up the journal to DESTINATION, or continues an earlier backup there. The backup holds\n' +
    'every entry that was acknowledged when the command started. A running writer is not disturbed.\n' +
    'Segments that an earlier run copied are not copied again. Snapshots and the checkpoints of\n' +
    'projections are included if they belong to the entries. A run that fails or is killed leaves the\n' +
    'earlier backup as it was.',
  examples: [
    { line: 'file-journal backup data/journal /mnt/backup/journal', shows: 'start a backup, or continue it' },
    {
      line: 'file-journal backup data/journal /mnt/backup/journal --json',
      shows: 'the same for a script: exit code 0 means that the backup is complete and durable',
    },
    {
      line: 'file-journal backup data/journal /mnt/backup/live --no-archived',
      shows: 'leave archived segments out',
    },
  ],
  configure: (command) =>
    command
      .argument('<directory>', 'directory of the journal')
      .argument('<destination>', 'directory of the backup: missing, empty, or with an earlier backup')
      .option('--no-archived', 'leave archived segments out'),
  run: async (context, directory: string, destination: string, options: BackupCommandOptions) =>
    (await import('./backup.js')).runBackup(context, directory, destination, options),
};
