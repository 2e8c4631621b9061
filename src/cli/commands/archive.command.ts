import type { CommandDefinition } from '../command.js';
import { parseSequence } from '../parse-values.js';
import type { ArchiveCommandOptions } from './archive.js';

export const archive: CommandDefinition = {
  name: 'archive',
  summary: 'archive the segments that end at or before a sequence',
  description:
    'Renames the segments whose entries are all at or before a sequence. Readers then skip them, unless\n' +
    'they ask for archived segments. The newest segment always stays. The command refuses a sequence\n' +
    'that a snapshot or a projection does not cover: the application would miss these entries at startup.\n' +
    'Stop the application first. A running application archives by itself: snapshots: { archive: true }.',
  examples: [
    {
      line: 'file-journal archive data/journal --up-to 1000000',
      shows: 'archive the segments up to sequence 1,000,000',
    },
  ],
  configure: (command) =>
    command
      .argument('<directory>', 'directory of the journal')
      .requiredOption('--up-to <sequence>', 'last sequence that may be archived', parseSequence)
      .option('--snapshots <path>', 'directory of the snapshots (default: "snapshots" in the journal)')
      .option('--projections <path>', 'directory of the checkpoints (default: "projections" in the journal)')
      .option('--force', 'archive entries even if no snapshot or projection covers them', false),
  run: async (context, directory: string, options: ArchiveCommandOptions) =>
    (await import('./archive.js')).runArchive(context, directory, options),
};
