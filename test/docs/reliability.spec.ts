/** docs/reliability.md names the tests of each case by their files; see the paragraph above its tables. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRoot } from './snippets.js';

const FOLDERS = [
  '',
  'test/faults/',
  'test/file-journal/',
  'test/faults/bytes/',
  'test/faults/simulation/',
  'test/faults/kernel/',
];
const SUFFIXES = ['', '.spec.ts', '.slow.spec.ts', '.process.spec.ts', '.kernel.spec.ts'];

/** The last column of a table holds the tests, in code. Variables and system calls are in parentheses. */
const rows = readFileSync(join(projectRoot, 'docs/reliability.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '));
const testsOf = (row: string) => (row.split('|').at(-2) ?? '').replaceAll(/\([^)]*\)/g, '');
const named = rows.flatMap((row) =>
  [...testsOf(row).matchAll(/`([a-z][\w./-]*)`/g)].map(([, name = '']) => name),
);

test('the tables of the reliability report name tests that exist', () => {
  const missing = named.filter(
    (name) =>
      !FOLDERS.some((folder) =>
        SUFFIXES.some((suffix) => existsSync(join(projectRoot, folder + name + suffix))),
      ),
  );
  expect(named.length).toBeGreaterThan(100);
  expect([...new Set(missing)]).toEqual([]);
});
