import type { CommandDefinition } from '../command.js';
import {
  WHERE_HELP,
  addHeaderFilters,
  addPayloadFilters,
  addReadingOptions,
} from '../entries/filter-options.js';
import { parseCount } from '../parse-values.js';
import type { ExportOptions } from './export.js';

export const exportCommand: CommandDefinition = {
  name: 'export',
  summary: 'write the entries to a file of JSON lines',
  description:
    'Writes the stored payloads, byte for byte, one per line. Without a file, or with -, they go to\n' +
    'stdout. The file appears complete, or not at all. "file-journal import" creates a journal from it,\n' +
    `with the same bytes. The filters are those of "file-journal cat".\n\n${WHERE_HELP}`,
  examples: [
    { line: 'file-journal export data/journal journal.jsonl', shows: 'export everything' },
    {
      line: 'file-journal export data/journal --to 5000 - | gzip > first.jsonl.gz',
      shows: 'export to a pipe',
    },
  ],
  configure: (command) => {
    command
      .argument('<directory>', 'directory of the journal')
      .argument('[file]', 'file to write; - is stdout', '-')
      .option('--force', 'replace the file if it exists', false);
    addHeaderFilters(command);
    addPayloadFilters(command);
    command.option('--limit <count>', 'write at most this many entries', parseCount);
    addReadingOptions(command);
    return command.option('--skip-damage', 'report damage on stderr and continue after it', false);
  },
  run: async (context, directory: string, file: string, options: ExportOptions) =>
    (await import('./export.js')).runExport(context, directory, file, options),
};
