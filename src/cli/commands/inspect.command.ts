import type { CommandDefinition } from '../command.js';
import { parseCount } from '../parse-values.js';
import type { InspectCommandOptions } from './inspect.js';

export const inspect: CommandDefinition = {
  name: 'inspect',
  summary: 'show the state of a journal and its problems',
  description:
    'Shows the contents of a journal directory, every problem that it finds, and the next action for each.\n' +
    'It reads the newest segment completely, as opening does, and only both ends of the others; "verify"\n' +
    'reads everything. It takes no lock and writes nothing. Exit code 1 means that it found damage.',
  examples: [
    {
      line: 'file-journal inspect data/journal',
      shows: 'inspect a journal, whether or not its application is running',
    },
    {
      line: "file-journal inspect data/journal --json | jq '.findings'",
      shows: 'read the problems in a script',
    },
  ],
  configure: (command) =>
    command
      .argument('<directory>', 'directory of the journal')
      .option('--snapshots <path>', 'directory of the snapshots (default: "snapshots" in the journal)')
      .option('--projections <path>', 'directory of the checkpoints (default: "projections" in the journal)')
      .option('--segments <count>', 'number of newest segments to list', parseCount, 50),
  run: async (context, directory: string, options: InspectCommandOptions) =>
    (await import('./inspect.js')).runInspect(context, directory, options),
};
