import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.js';
import type { Output } from './output.js';

/** What every command gets besides its arguments and options. */
export interface CommandContext {
  readonly output: Output;
  /** Aborted by SIGINT and SIGTERM. A command that runs until then ends with exit code 0. */
  readonly signal: AbortSignal;
  readonly stdin: NodeJS.ReadableStream;
  /** Version of the package. */
  readonly version: string;
}

/** One command: what the parser and the help need, and a way to the code that does the work. */
export interface CommandDefinition {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The paragraphs at the top of the command's own help. */
  readonly description: string;
  /** Command lines with what they show, for the end of the help. */
  readonly examples: readonly CommandExample[];
  /** Adds the arguments and options. */
  readonly configure: (command: Command) => Command;
  /**
   * Loads the code of the command and runs it.
   * @param values the arguments in their order, an array for a variadic one, and then the options
   */
  readonly run: (context: CommandContext, ...values: never[]) => Promise<ExitCode>;
}

/** Commands below a common name, such as `snapshots list` and `snapshots verify`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly commands: readonly CommandDefinition[];
}

interface CommandExample {
  readonly line: string;
  readonly shows: string;
}
