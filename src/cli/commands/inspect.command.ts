import type { CommandDefinition } from '../command.js';
import { parseCount } from '../parse-values.js';
import type { InspectCommandOptions } from './inspect.js';

export const inspect: CommandDefinition = {
  name: 'inspect',
  summary: 'show what is in a journal, and what is wrong',
  description:
    'Shows what is in a journal directory, and says what is wrong and what to do next. It reads the\n' +
    'newest segment as a whole, as opening does, and only the ends of the others: "verify" reads\n' +
    'everything. It takes no lock and writes nothing. Exit code 1 means that a finding is damage.',
  examples: [
    {
      line: 'file-journal inspect data/journal',
      shows: 'look at a journal, beside its application or without it',
    },
    {
      line: "file-journal inspect data/journal --json | jq '.findings'",
      shows: 'let a script read what is wrong',
    },
  ],
  configure: (command) =>
    command
      .argument('<directory>', 'directory of the journal')
      .option('--snapshots <path>', 'directory of the snapshots (default: "snapshots" in the journal)')
      .option('--projections <path>', 'directory of the checkpoints (default: "projections" in the journal)')
      .option('--segments <count>', 'how many of the newest segments to list', parseCount, 50),
  run: async (context, directory: string, options: InspectCommandOptions) =>
    (await import('./inspect.js')).runInspect(context, directory, options),
};
