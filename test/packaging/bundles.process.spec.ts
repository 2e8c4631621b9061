import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as sources from '../../src/index.js';
import { projectRoot } from '../docs/snippets.js';

/** An application that imports the main entry point waits for this many files of the package. */
const MAX_FILES = 10;

const COMMAND_PACKAGES = /^(?:commander|picocolors|cli-|@marcbachmann\/)/;

const BUILDS = [
  ['ES modules', 'module', 'esm', (name: string) => `await import(${JSON.stringify(name)})`],
  ['CommonJS', 'commonjs', 'cjs', (name: string) => `require(${JSON.stringify(name)})`],
] as const;

describe.each(BUILDS)('the bundles as %s', (_kind, type, directory, load) => {
  const evaluate = (program: string): unknown => {
    const args = [`--input-type=${type}`, '--no-warnings', '--eval', program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as unknown;
  };

  it('export what the sources export', () => {
    const names = evaluate(`console.log(JSON.stringify(Object.keys(${load('nestjs-file-journal')})));`);
    expect((names as string[]).sort()).toEqual(Object.keys(sources).sort());
  });

  it('agree on errors and events across entry points', () => {
    const program = `
      const main = ${load('nestjs-file-journal')};
      const { orderBookCodec } = ${load('nestjs-file-journal/order-book')};
      const { JournalFaults } = ${load('nestjs-file-journal/testing')};
      let refused;
      try { orderBookCodec().decode(Buffer.from('{}')); } catch (error) { refused = error; }
      console.log(JSON.stringify({
        isSameError: refused.constructor === main.DeserializationError,
        hasFaults: typeof JournalFaults === 'function',
      }));
    `;
    expect(evaluate(program)).toEqual({ isSameError: true, hasFaults: true });
  });

  it('keep the names of classes', () => {
    const program = `
      const main = ${load('nestjs-file-journal')};
      const isClass = ([, value]) => typeof value === 'function' && /^class /.test(String(value));
      console.log(JSON.stringify(Object.entries(main).filter(isClass).map(([name, { name: own }]) => [name, own])));
    `;
    const classes = evaluate(program) as [string, string][];
    expect(classes.length).toBeGreaterThan(30);
    expect(classes.filter(([name, own]) => name !== own)).toEqual([]);
  });

  it('are few files, without the packages of the command', () => {
    const files = new Set<string>();
    const packages = new Set<string>();
    const visit = (name: string): void => {
      if (files.has(name)) return;
      files.add(name);
      const text = readFileSync(join(projectRoot, 'dist', directory, name), 'utf8');
      const imports = text.matchAll(/(?:^import .*?|^export .*? from |require\()['"](\.[^'"]+)['"]/gm);
      for (const [, path = ''] of imports) visit(join(name, '..', path));
      for (const [, other = ''] of text.matchAll(/(?: from |import\(|require\()['"]([^.'"][^'"]*)['"]/g)) {
        packages.add(other);
      }
    };
    visit('index.js');
    expect(packages).toContain('@nestjs/common');
    expect([...packages].filter((name) => COMMAND_PACKAGES.test(name))).toEqual([]);
    expect(files.size).toBeGreaterThan(3);
    expect(files.size).toBeLessThanOrEqual(MAX_FILES);
  });

  it('have no module beside the entry points and their chunks', () => {
    const { exports } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
      exports: Record<string, { import?: { default: string } }>;
    };
    const entries = Object.values(exports).flatMap(({ import: target }) =>
      target === undefined ? [] : [target.default.replace('./dist/esm/', '')],
    );
    const modules = readdirSync(join(projectRoot, 'dist', directory), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .filter((name) => !name.startsWith('chunks/') && !name.startsWith('cli/'));
    expect(modules.sort()).toEqual(entries.sort());
  });
});
