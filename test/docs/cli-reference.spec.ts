import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { run } from '../cli/support/run.js';

const { PAGE, reference } = (await import(
  new URL('../../scripts/cli-reference.mjs', import.meta.url).href
)) as {
  readonly PAGE: string;
  reference(commands: unknown, helpOf: (path: readonly string[]) => Promise<string>): Promise<string>;
};

test('the command line reference shows the help of every command (npm run docs:cli writes it)', async () => {
  const helpOf = async (path: readonly string[]): Promise<string> => (await run(...path, '--help')).stdout;
  expect(readFileSync(PAGE, 'utf8')).toBe(await reference(COMMANDS, helpOf));
});
