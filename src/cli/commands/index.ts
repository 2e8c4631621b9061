import type { CommandDefinition, CommandGroup } from '../command.js';
import { verify } from './verify.command.js';

/** The commands, in the order of the help. */
export const COMMANDS: readonly (CommandDefinition | CommandGroup)[] = [verify];
