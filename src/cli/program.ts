import { Command } from 'commander';
import type { CommandContext, CommandDefinition, CommandGroup } from './command.js';
import { COMMANDS } from './commands/index.js';
import { EXIT_CODES_HELP, type ExitCode } from './exit-codes.js';

/** The options that every command has. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly color: boolean;
}

/** Runs a command that was parsed. */
export type RunCommand = (
  options: GlobalOptions,
  run: (context: CommandContext) => Promise<ExitCode>,
) => Promise<void>;

const HELP_COLUMNS = 100;

/** The parser of the command line. It does not end the process; it throws a CommanderError instead. */
export function createProgram(version: string, runCommand: RunCommand): Command {
  const program = withSettings(new Command('file-journal'))
    .helpCommand(true)
    .description(
      'Inspects, verifies, reads, backs up, restores and repairs a journal directory.\n' +
        'It works beside a running application, and on the directories of orderbook-rs.',
    )
    .version(version)
    .addHelpText('after', `\n${EXIT_CODES_HELP}\n\nRun "file-journal help COMMAND" for examples.`);
  for (const each of COMMANDS) {
    program.addCommand('commands' in each ? buildGroup(each, runCommand) : build(each, runCommand));
  }
  return program;
}

function buildGroup({ name, summary, description, commands }: CommandGroup, runCommand: RunCommand): Command {
  const group = withSettings(new Command(name)).summary(summary).description(description);
  for (const definition of commands) group.addCommand(build(definition, runCommand));
  return group;
}

function build(definition: CommandDefinition, runCommand: RunCommand): Command {
  const { name, summary, description, examples, configure, run } = definition;
  const command = configure(withSettings(new Command(name)).summary(summary).description(description))
    .option('--json', 'print the result as JSON, with bigints as decimal strings')
    .option('--no-color', 'print without colours')
    .addHelpText('after', `\n${examplesHelp(examples)}\n\n${EXIT_CODES_HELP}`);
  return command.action(async (...values: unknown[]) => {
    // Commander adds itself at the end.
    const ownValues = values.slice(0, -1);
    await runCommand(command.opts<GlobalOptions>(), (context) => run(context, ...(ownValues as never[])));
  });
}

function withSettings(command: Command): Command {
  return command
    .exitOverride()
    .helpCommand(false)
    .showHelpAfterError('Run it with --help for its arguments and options.')
    .configureHelp({ helpWidth: HELP_COLUMNS });
}

function examplesHelp(examples: CommandDefinition['examples']): string {
  const lines = examples.flatMap(({ line, shows }) => [`  # ${shows}`, `  ${line}`]);
  return ['Examples:', ...lines].join('\n');
}
