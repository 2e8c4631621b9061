import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.js';

// Copies packages and starts a process, which takes time on a busy machine.
jest.setTimeout(120_000);

const BINARY = `@koromix/koffi-${process.platform}-${process.arch}`;

/** The built engine in a directory whose `node_modules` `install` creates. */
function open(install: (modules: string) => void): { code?: string; message?: string; packageName?: string } {
  const directory = realpathSync(temporaryDirectory('koffi-'));
  const modules = join(directory, 'node_modules');
  mkdirSync(modules);
  install(modules);
  for (const name of ['crc-32', 'class-transformer', 'reflect-metadata', '@nestjs', 'rxjs'])
    symlinkSync(resolve('node_modules', name), join(modules, name));
  cpSync(resolve('dist/esm'), join(directory, 'esm'), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(directory, 'main.js'),
    `import { FileJournal } from './esm/index.js';
     const opened = FileJournal.open({ directory: 'journal', segmentSizeBytes: 4096 });
     const refused = await opened.then(() => ({}), ({ code, message, packageName }) => ({ code, message, packageName }));
     console.log(JSON.stringify(refused));`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, ['main.js'], { cwd: directory, encoding: 'utf8' });
  if (!stdout.startsWith('{')) throw new Error(stderr);
  expect(existsSync(join(directory, 'journal'))).toBe(false);
  return JSON.parse(stdout) as object;
}

describe('opening without the native binary of koffi', () => {
  it.each<[string, (modules: string) => void]>([
    [
      'as npm ci --omit=optional leaves it',
      (modules) => cpSync(resolve('node_modules/koffi'), join(modules, 'koffi'), { recursive: true }),
    ],
    ['with no koffi at all, as in a bundle that was copied alone', () => undefined],
  ])('%s names the package and what a bundler needs', (_how, install) => {
    const error = open(install);
    expect(error).toMatchObject({ code: 'JOURNAL_MISSING_PEER', packageName: BINARY });
    expect(error.message).toContain(`A file journal needs the package ${BINARY}: install it`);
    expect(error.message).toContain("externals: ['koffi']");
    expect(error.message).toContain('koffi says: ');
  });
});
