/**
 * Writes the reference of the `file-journal` command from its help: `npm run docs:cli`. It runs the built
 * command. test/docs/cli-reference.spec.ts fails if the page is older than the help.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { isEntryPoint, projectRoot } from './compiler.mjs';

export const PAGE = join(projectRoot, 'docs/guides/command-line-reference.md');

/**
 * @param commands the definitions of the commands
 * @param helpOf returns the help of a command, which is a list of names; an empty one is the program itself
 */
export async function reference(commands, helpOf) {
  const paths = commands.flatMap(({ name, commands: below = null }) =>
    below === null ? [[name]] : below.map((each) => [name, each.name]),
  );
  const sections = [];
  for (const path of [[], ...paths]) {
    const help = (await helpOf(path)).trimEnd();
    sections.push(`## ${['file-journal', ...path].join(' ')}`, `\`\`\`text\n${help}\n\`\`\``);
  }
  const text = [
    '# Command line reference',
    'This page shows the help texts of `file-journal`. `npm run docs:cli` writes it. The guide to the\n' +
      '[command line](command-line.md) shows how to use the commands.',
    ...sections,
  ].join('\n\n');
  return format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE });
}

if (isEntryPoint(import.meta.url)) {
  const { COMMANDS } = await import('../dist/modules/esm/cli/commands/index.js');
  const command = join(projectRoot, 'dist/esm/cli/main.js');
  const helpOf = (path) => execFileSync(process.execPath, [command, ...path, '--help'], { encoding: 'utf8' });
  writeFileSync(PAGE, await reference(COMMANDS, helpOf));
}
