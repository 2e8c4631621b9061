/** The commands of the guide to the command line print what it shows. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { run } from '../cli/support/run.js';
import { goldenCase } from '../support/golden.js';

const GUIDE = new URL('../../docs/guides/command-line.md', import.meta.url);
const { directory } = goldenCase('v0.12.1', 'replay-book');

const blocks = [
  ...readFileSync(GUIDE, 'utf8').matchAll(/^```console\n\$ file-journal (.+)\n([^`]*)```$/gm),
].map(([, line = '', output = '']) => [line, output] as const);

test('the walk-through has steps', () => expect(blocks.length).toBeGreaterThanOrEqual(4));

test.each(blocks)('$ file-journal %s', async (line, output) => {
  const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const { exitCode, stdout } = await run(...args.map((arg) => (arg === 'data/journal' ? directory : arg)));
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: output });
});
