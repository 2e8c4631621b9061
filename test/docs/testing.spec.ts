import { existsSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { importGuide } from './import-guide.js';

// The tests of the guide are tests of this file: what it prints runs as it is. That they run in a new
// application, with the runner that NestJS sets up, is shown by test/packaging/fresh-app.
await importGuide('docs/guides/testing.md', [
  'src/stock.spec.ts',
  'src/gate.spec.ts',
  'src/totals.spec.ts',
  'src/application.spec.ts',
  'src/app.module.spec.ts',
]);

it('no test of the guide touches the directory of the real journal', () => {
  expect(existsSync('data/journal')).toBe(false);
});
