import type { CommandDefinition } from '../command.js';
import {
  WHERE_HELP,
  addFormat,
  addHeaderFilters,
  addPayloadFilters,
  addReadingOptions,
} from '../entries/filter-options.js';
import { parseCount } from '../parse-values.js';
import type { CatOptions } from './cat.js';

export const cat: CommandDefinition = {
  name: 'cat',
  summary: 'print all entries, or those that match filters',
  description:
    'Prints the entries of the journal in order, including archived and compressed segments that are still\n' +
    'in the directory. The default format is JSON lines: the stored payloads, byte for byte. If several\n' +
    'filters are given, an entry must match all of them.\n\n' +
    '--from, --to, --since, --until and --limit read only the headers of entries. --since and --until check\n' +
    'each entry from --from to --to, because times need not ascend. The other filters decode an entry only if\n' +
    `its raw bytes cannot rule it out.\n\n${WHERE_HELP}`,
  examples: [
    {
      line: 'file-journal cat data/journal --from 1000 --limit 20 --format pretty',
      shows: 'print 20 entries, formatted',
    },
    {
      line: 'file-journal cat data/journal --since 2026-03-01T09:30Z --until 2026-03-01T09:31Z > minute.jsonl',
      shows: 'copy the entries of one minute',
    },
    { line: 'file-journal cat data/journal --command-id 7f3a-41', shows: 'find the entry of a request' },
    {
      line: `file-journal cat data/journal --where 'kind == "CancelOrder" && has(result.Rejected)'`,
      shows: 'find rejected cancels',
    },
    {
      line: `file-journal cat data/journal --where 'command.AddOrder.order.Standard.quantity > 18446744073709551615'`,
      shows: 'compare integers of any length',
    },
  ],
  configure: (command) => {
    command.argument('<directory>', 'directory of the journal');
    addHeaderFilters(command);
    addPayloadFilters(command);
    command.option('--limit <count>', 'print at most this many entries', parseCount);
    addReadingOptions(command);
    command.option('--skip-damage', 'report damage on stderr and continue after it', false);
    return addFormat(command, 'jsonl');
  },
  run: async (context, directory: string, options: CatOptions) =>
    (await import('./cat.js')).runCat(context, directory, options),
};
