import type { CommandDefinition, CommandGroup } from '../command.js';
import { archive } from './archive.command.js';
import { backup } from './backup.command.js';
import { cat } from './cat.command.js';
import { compress } from './compress.command.js';
import { diff } from './diff.command.js';
import { exportCommand } from './export.command.js';
import { get } from './get.command.js';
import { importCommand } from './import.command.js';
import { inspect } from './inspect.command.js';
import { repair } from './repair.command.js';
import { restore } from './restore.command.js';
import { snapshots } from './snapshots.command.js';
import { stats } from './stats.command.js';
import { tail } from './tail.command.js';
import { verify } from './verify.command.js';

/** The commands, in the order of the help. */
export const COMMANDS: readonly (CommandDefinition | CommandGroup)[] = [
  inspect,
  verify,
  stats,
  cat,
  tail,
  get,
  diff,
  exportCommand,
  importCommand,
  backup,
  restore,
  repair,
  snapshots,
  archive,
  compress,
];
