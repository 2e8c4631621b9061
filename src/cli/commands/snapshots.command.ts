import type { Command } from 'commander';
import type { CommandDefinition, CommandGroup } from '../command.js';
import type { SnapshotsCommandOptions } from './snapshots.js';

function configure(command: Command): Command {
  return command
    .argument('<directory>', 'directory of the journal')
    .option('--snapshots <path>', 'directory of the snapshots (default: "snapshots" in the journal)');
}

const list: CommandDefinition = {
  name: 'list',
  summary: 'list the snapshots and compare them with the journal',
  description:
    'Lists the snapshots of aggregates with their sequence, version and size. Checks their checksums, and\n' +
    'compares each with the entry that it was taken at. The application ignores a foreign snapshot, which\n' +
    'belongs to another history, and a damaged one.',
  examples: [{ line: 'file-journal snapshots list data/journal', shows: 'show the snapshots of a journal' }],
  configure,
  run: async (context, directory: string, options: SnapshotsCommandOptions) =>
    (await import('./snapshots.js')).runSnapshotsList(context, directory, options),
};

const verify: CommandDefinition = {
  name: 'verify',
  summary: 'also decode the snapshots',
  description:
    'Does what "snapshots list" does, and also decodes every state. Lists only the snapshots that the\n' +
    'application would not use at startup.',
  examples: [
    {
      line: 'file-journal snapshots verify data/journal --snapshots /backup/snapshots',
      shows: 'check snapshots that are stored elsewhere',
    },
  ],
  configure,
  run: async (context, directory: string, options: SnapshotsCommandOptions) =>
    (await import('./snapshots.js')).runSnapshotsVerify(context, directory, options),
};

export const snapshots: CommandGroup = {
  name: 'snapshots',
  summary: 'list or verify the snapshots of aggregates',
  description: 'Lists or verifies the snapshots of aggregates that belong to a journal.',
  commands: [list, verify],
};
