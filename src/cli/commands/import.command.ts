import { InvalidArgumentError } from 'commander';
import type { CommandDefinition } from '../command.js';
import { parseCount } from '../parse-values.js';
import type { ImportOptions } from './import.js';

export const importCommand: CommandDefinition = {
  name: 'import',
  summary: 'make a journal from a file of JSON lines',
  description:
    'Makes a journal whose payloads are the lines of the file, byte for byte. Sequence and time of an entry\n' +
    'are those in its payload; the first line may have any sequence. Every line is checked: one JSON object\n' +
    'with the members of a payload, and the sequence after the one before it.\n\n' +
    'The directory must be missing or empty. The journal is made beside it, verified, and then renamed: it\n' +
    'appears complete, or not at all.',
  examples: [
    { line: 'file-journal import journal.jsonl data/journal', shows: 'make a journal from an export' },
    {
      line: 'file-journal export old --to 5000 | file-journal import - data/journal',
      shows: 'copy the beginning of a journal',
    },
  ],
  configure: (command) =>
    command
      .argument('<file>', 'file of JSON lines; - is stdin')
      .argument('<directory>', 'directory of the new journal')
      .option('--segment-size <bytes>', 'size of each segment, 4096 to 4294967296', parseSegmentSize),
  run: async (context, file: string, directory: string, options: ImportOptions) =>
    (await import('./import.js')).runImport(context, file, directory, options),
};

function parseSegmentSize(text: string): number {
  const bytes = parseCount(text);
  if (bytes < 4096 || bytes > 2 ** 32) throw new InvalidArgumentError('It must be 4096 to 4294967296.');
  return bytes;
}
