import type { CommandDefinition } from '../command.js';
import type { RepairCommandOptions } from './repair.js';

export const repair: CommandDefinition = {
  name: 'repair',
  summary: 'cut damage at the end of a journal',
  description:
    'Cuts the newest segment at the first damage, as opening with the option repair: "cut" does. A\n' +
    'quarantine file beside the segment keeps the cut bytes. Nothing else changes, except the checkpoint.\n' +
    'A repair can lose acknowledged entries: restore a backup instead, if there is one.\n\n' +
    '--dry-run shows what would be cut and which sequences would be lost, and verifies the entries before\n' +
    'the cut. --apply makes the same cut. It needs the lock: stop the application first. Damage in an\n' +
    'older segment cannot be repaired by cutting.',
  examples: [
    { line: 'file-journal repair data/journal --dry-run', shows: 'see what a repair would cut and lose' },
    { line: 'file-journal repair data/journal --apply', shows: 'cut it, and keep the bytes' },
  ],
  configure: (command) =>
    command
      .argument('<directory>', 'directory of the journal')
      .option('--dry-run', 'show what would be cut; change nothing')
      .option('--apply', 'cut it'),
  run: async (context, directory: string, options: RepairCommandOptions) =>
    (await import('./repair.js')).runRepair(context, directory, options),
};
