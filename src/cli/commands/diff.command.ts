import type { CommandDefinition } from '../command.js';
import { addReadingOptions } from '../entries/filter-options.js';
import type { DiffOptions } from './diff.js';

export const diff: CommandDefinition = {
  name: 'diff',
  summary: 'find the first difference between two journals',
  description:
    'Compares the entries of two journals in order: sequence, time and payload, byte for byte. It shows the\n' +
    'first difference, with the fields that differ. The division into segments and the state of a segment\n' +
    '(archived, compressed) do not matter. The exit code is 1 if the journals differ.',
  examples: [
    { line: 'file-journal diff data/journal /mnt/standby/journal', shows: 'compare a journal with its copy' },
    { line: 'file-journal diff a b --json', shows: 'compare for a script' },
  ],
  configure: (command) =>
    addReadingOptions(
      command.argument('<a>', 'directory of one journal').argument('<b>', 'directory of the other journal'),
    ),
  run: async (context, a: string, b: string, options: DiffOptions) =>
    (await import('./diff.js')).runDiff(context, a, b, options),
};
