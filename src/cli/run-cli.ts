import type { Writable } from 'node:stream';
import { CommanderError, type Command } from 'commander';
import { JournalError, messageOf } from '../journal/index.js';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.js';
import { toJsonText } from './json-text.js';
import { Output } from './output.js';
import { terminalText } from './terminal-text.js';
import { createProgram, type GlobalOptions } from './program.js';

/** What a run uses of its process. */
export interface CliProcess {
  /** The arguments after the name of the program. */
  readonly args: readonly string[];
  readonly version: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Runs one command line and resolves with its exit code. It never rejects. */
export async function runCli(cliProcess: CliProcess): Promise<ExitCode> {
  const { args, version, stdin, stdout, stderr, signal } = cliProcess;
  let exitCode: ExitCode = EXIT.ok;
  const program = createProgram(version, async (options, run) => {
    const output = createOutput(cliProcess, options);
    try {
      exitCode = await run({ output, signal, stdin, version });
    } catch (error) {
      if (error instanceof CommanderError) throw error;
      // A signal is the normal end of a command such as `tail -f`.
      exitCode = signal.aborted && error === signal.reason ? EXIT.ok : exitCodeOf(error);
      if (exitCode !== EXIT.ok) stderr.write(`${describeError(error, options.json)}\n`);
    }
  });
  for (const command of withSubcommands(program)) {
    command.configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Help and version end the parser with 0, and every refusal with 1.
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.wrongUse;
  }
  return exitCode;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function createOutput({ stdout, stderr, env }: CliProcess, { json, color }: GlobalOptions): Output {
  const isTerminal = stdout.isTTY === true && env['TERM'] !== 'dumb';
  return new Output({
    stdout,
    stderr,
    // https://no-color.org
    colors: isTerminal && color && (env['NO_COLOR'] ?? '') === '',
    interactive: stderr.isTTY === true && env['TERM'] !== 'dumb',
    json: json === true,
  });
}

function describeError(error: unknown, json: boolean): string {
  const code = JournalError.isJournalError(error) ? error.code : null;
  const message = messageOf(error);
  if (json) return toJsonText({ error: { code, message } });
  if (code !== null) return terminalText(`error: ${message} (${code})`, false);
  // Only a fault in the program throws something else; its stack helps to report it.
  return `error: ${error instanceof Error ? (error.stack ?? message) : message}`;
}
