import type { CommandDefinition } from '../command.js';
import { WHERE_HELP, addFormat, addPayloadFilters } from '../entries/filter-options.js';
import { parseCount } from '../parse-values.js';
import type { TailOptions } from './tail.js';

export const tail: CommandDefinition = {
  name: 'tail',
  summary: 'print the newest entries and follow new ones',
  description:
    'Prints the last entries that match the filters. With --follow, it then prints each new entry as soon as\n' +
    'the writer has written it, until it is interrupted. It follows rotation, archiving and restarts of the\n' +
    'writer. After a crash, recovery may cut entries that were never acknowledged: if they were printed,\n' +
    'stderr says so. --durable prints only entries that no crash can remove, up to a second later.\n\n' +
    WHERE_HELP,
  examples: [
    { line: 'file-journal tail data/journal --format pretty', shows: 'show the last 10 entries' },
    {
      line: `file-journal tail data/journal -f --where 'has(result.Rejected)'`,
      shows: 'watch rejected commands',
    },
  ],
  configure: (command) => {
    command
      .argument('<directory>', 'directory of the journal')
      .option('-n, --lines <count>', 'number of existing entries to print first', parseCount, 10)
      .option('-f, --follow', 'print each new entry, too, until interrupted', false)
      .option('--durable', "print only entries that the writer's checkpoint covers", false);
    addPayloadFilters(command);
    return addFormat(command, 'jsonl');
  },
  run: async (context, directory: string, options: TailOptions) =>
    (await import('./tail.js')).runTail(context, directory, options),
};
