import type { CommandDefinition, CommandGroup } from '../command.js';
import { backup } from './backup.command.js';
import { restore } from './restore.command.js';
import { verify } from './verify.command.js';

/** The commands, in the order of the help. */
export const COMMANDS: readonly (CommandDefinition | CommandGroup)[] = [verify, backup, restore];
