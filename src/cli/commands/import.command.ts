import { InvalidArgumentError } from 'commander';
import type { CommandDefinition } from '../command.js';
import { parseCount } from '../parse-values.js';
import type { ImportOptions } from './import.js';

export const importCommand: CommandDefinition = {
  name: 'import',
  summary: 'create a journal from a file of JSON lines',
  description:
    'Creates a journal whose payloads are the lines of the file, byte for byte. The sequence and time of an\n' +
    'entry come from its payload; the first line may have any sequence. Every line must be one JSON object\n' +
    'with the members of a payload, and its sequence must follow the sequence of the line before it.\n\n' +
    'The directory must be missing or empty. The journal is built beside it, verified, and then renamed: it\n' +
    'appears complete, or not at all.',
  examples: [
    { line: 'file-journal import journal.jsonl data/journal', shows: 'create a journal from an export' },
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
