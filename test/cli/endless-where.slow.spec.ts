/** Expressions of `--where` that would not end: each is stopped after five seconds of CPU. */
import { describe, expect, test } from '@jest/globals';
import { journalOf } from './support/contents.js';
import { run } from './support/run.js';

describe('--where', () => {
  test.each([
    ['a regular expression', `${JSON.stringify(`${'a'.repeat(60)}!`)}.matches("^(a+)+$") || true`],
    [
      'loops in loops',
      `[${Array.from({ length: 200 }, (_, n) => n)}].all(a, [${Array.from({ length: 200 }, (_, n) => n)}].all(b, [${Array.from({ length: 200 }, (_, n) => n)}].all(c, [${Array.from({ length: 200 }, (_, n) => n)}].all(d, a + b + c + d >= 0))))`,
    ],
  ])('an expression that does not end is stopped: %s', async (_what, expression) => {
    const directory = await journalOf([{ command: 'CancelAll', result: null }]);
    const { exitCode, stdout, stderr } = await run('cat', directory, '--where', expression);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/took longer than 5 seconds at sequence 0/);
  });
});
