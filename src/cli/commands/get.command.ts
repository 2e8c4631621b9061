import type { CommandDefinition } from '../command.js';
import { addFormat } from '../entries/filter-options.js';
import { parseSequence } from '../parse-values.js';
import type { GetOptions } from './get.js';

export const get: CommandDefinition = {
  name: 'get',
  summary: 'print one entry and its location',
  description:
    'Prints the entry with the given sequence: location, time, checksum and payload. Archived and compressed\n' +
    'segments are included. If there is no such entry, the exit code is 1, and stderr says why.',
  examples: [
    { line: 'file-journal get data/journal 1041', shows: 'show one entry' },
    { line: 'file-journal get data/journal 1041 --format jsonl', shows: 'print its stored payload' },
  ],
  configure: (command) =>
    addFormat(
      command
        .argument('<directory>', 'directory of the journal')
        .argument('<sequence>', 'sequence of the entry', parseSequence),
      'pretty',
    ),
  run: async (context, directory: string, sequence: bigint, options: GetOptions) =>
    (await import('./get.js')).runGet(context, directory, sequence, options),
};
