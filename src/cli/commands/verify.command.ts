import type { CommandDefinition } from '../command.js';
import type { VerifyCommandOptions } from './verify.js';

export const verify: CommandDefinition = {
  name: 'verify',
  summary: 'check every entry and list every fault',
  description:
    'Reads every entry of the journal and checks its checksum, its sequence and its payload. Lists each\n' +
    'fault with file, offset and sequence. A running writer is not disturbed.',
  examples: [
    { line: 'file-journal verify data/journal', shows: 'check the live segments' },
    {
      line: 'file-journal verify data/journal --include-archived --json',
      shows: 'check archived and compressed segments, too, for a script',
    },
  ],
  configure: (command) =>
    command
      .argument('<directory>', 'directory of the journal')
      .option('--include-archived', 'check archived and compressed segments, too', false),
  run: async (context, directory: string, options: VerifyCommandOptions) =>
    (await import('./verify.js')).runVerify(context, directory, options),
};
