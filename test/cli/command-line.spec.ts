/** What every command of `file-journal` has in common: help, wrong use, colours, exit codes. */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { goldenCase } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { run, runWith } from './support/run.js';

const ESCAPE = String.fromCharCode(27);
const intact = goldenCase('v0.12.1', 'replay-book').directory;
const names = COMMANDS.flatMap((each) =>
  'commands' in each ? each.commands.map(({ name }) => [each.name, name]) : [[each.name]],
);

describe('the help', () => {
  test('lists every command', async () => {
    const { exitCode, stdout } = await run('--help');
    expect(exitCode).toBe(0);
    for (const { name, summary } of COMMANDS) {
      expect(stdout).toContain(`  ${name} `);
      expect(stdout).toContain(summary);
    }
  });

  test.each(names)('of %s %s has examples and exit codes', async (...path) => {
    const { exitCode, stdout } = await run(...path.filter((name) => name !== undefined), '--help');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: file-journal ${path.join(' ')}`);
    expect(stdout).toMatch(new RegExp(`Examples:\n  # .+\n +.*file-journal ${path.join(' ')}`));
    expect(stdout).toContain('Exit codes:\n  0  fine');
  });

  test('shows the version', async () => {
    expect(await run('--version')).toMatchObject({ exitCode: 0, stdout: '0.0.0\n' });
  });
});

describe('wrong use', () => {
  test.each([
    [['verfy', intact], /unknown command 'verfy'/],
    [['verify'], /missing required argument 'directory'/],
    [['verify', intact, 'more'], /too many arguments/],
    [['verify', intact, '--jsn'], /unknown option '--jsn'/],
  ])('%j ends with exit code 2 and says what is wrong', async (args, message) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('a directory that does not exist ends with exit code 3 and its path', async () => {
    const missing = join(temporaryDirectory(), 'missing');
    const { exitCode, stdout, stderr } = await run('verify', missing);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(missing);
    expect(stderr).toMatch(/^error: .+ \(JOURNAL_\w+\)\n$/);
  });

  test('with --json, the error is JSON on stderr', async () => {
    const { stdout, stderr } = await run('verify', join(temporaryDirectory(), 'missing'), '--json');
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toEqual({
      error: { code: expect.stringMatching(/^JOURNAL_/), message: expect.stringContaining('missing') },
    });
  });
});

describe('colours', () => {
  const damaged = goldenCase('v0.12.1', 'corrupt-middle').directory;

  test('are used on a terminal', async () => {
    expect((await runWith({ isTTY: true }, 'verify', damaged)).stdout).toContain(ESCAPE);
  });

  test.each<[string, Parameters<typeof runWith>[0], string[]]>([
    ['in a pipe', {}, []],
    ['with NO_COLOR', { isTTY: true, env: { NO_COLOR: '1' } }, []],
    ['on a dumb terminal', { isTTY: true, env: { TERM: 'dumb' } }, []],
    ['with --no-color', { isTTY: true }, ['--no-color']],
    ['in JSON', { isTTY: true }, ['--json']],
  ])('are not used %s', async (_where, settings, options) => {
    const { exitCode, stdout } = await runWith(settings, 'verify', damaged, ...options);
    expect(exitCode).toBe(1);
    expect(stdout).not.toContain(ESCAPE);
  });
});
