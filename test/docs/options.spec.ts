import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { resolveOptionTable } from '../../src/common/index.js';
import { resolveOptions } from '../../src/file-journal/options.js';
import { MODULE_OPTIONS } from '../../src/nest/options/file-journal-options.js';
import { literalDefault, readOptions, renderOptions } from './option-reference.js';
import { projectRoot } from './snippets.js';

const GUIDE = join(projectRoot, 'docs/guides/options.md');
const MARK =
  '<!-- Everything below comes from the TSDoc of the options: UPDATE_DOCS=1 npm run jest -- test/docs/options -->\n';

const options = readOptions('src/nest/options/file-journal-options.ts', 'FileJournalModuleOptions');

it('the guide describes every option as its TSDoc does', () => {
  const guide = readFileSync(GUIDE, 'utf8');
  const head = guide.slice(0, guide.indexOf(MARK) + MARK.length);
  const expected = `${head}\n${renderOptions(options)}`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(GUIDE, expected);
  expect(readFileSync(GUIDE, 'utf8')).toBe(expected);
});

it('every option has a description', () => {
  expect(options.filter(({ text }) => text === '').map(({ name }) => name)).toEqual([]);
});

it('@default gives the default of the option', () => {
  const defaults = { ...resolveOptions({ directory: 'x' }), ...resolveOptionTable(MODULE_OPTIONS, {}) };
  const known = Object.entries(defaults).filter(([, value]) =>
    /^(?:string|number|bigint|boolean)$/.test(typeof value),
  );
  expect(known.length).toBeGreaterThan(10);
  for (const [name, value] of known) {
    const documented = options.find((option) => option.name === name);
    if (documented === undefined || name === 'directory') continue;
    const literal = literalDefault(documented)
      ?.replaceAll('_', '')
      .replace(/^'|n$|'$/g, '');
    expect([name, literal?.replaceAll("'", '')]).toEqual([name, String(value)]);
  }
});
