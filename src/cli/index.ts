/**
 * The `file-journal` command.
 *
 * - `main.ts` is the executable: it connects a run to this process.
 * - `run-cli.ts` runs one command line, and turns every outcome into an exit code.
 * - `program.ts` builds the parser from the definitions in `commands/`.
 * - `commands/NAME.command.ts` defines a command: arguments, options, help. It imports nothing heavy.
 * - `commands/NAME.ts` does the work, and is loaded when the command runs.
 * - `output.ts` is the only way to the terminal: text, tables, JSON, progress.
 */
export { runCli, type CliProcess } from './run-cli.js';
export { createProgram } from './program.js';
