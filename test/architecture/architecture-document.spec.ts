/** ARCHITECTURE.md names rooms and files. It must follow when one is added, renamed or removed. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectRoot } from '../docs/snippets.js';

const SOURCES = join(projectRoot, 'src');
const document = readFileSync(join(projectRoot, 'ARCHITECTURE.md'), 'utf8');

/** The paths in a part of the document, relative to `src/` or to the repository. */
function namedIn(text: string): string[] {
  return [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:ts|mjs|md))`/g)].map(([, path = '']) => path);
}

function isThere(path: string): boolean {
  return existsSync(join(SOURCES, path)) || existsSync(join(projectRoot, path));
}

/** The part below a heading, up to the next heading. */
function section(heading: string): string {
  const [, text = ''] = document.split(`\n### ${heading}`);
  return text.split(/\n##/)[0] ?? '';
}

function directoriesIn(path: string): string[] {
  return readdirSync(path).filter((name) => statSync(join(path, name)).isDirectory());
}

describe('ARCHITECTURE.md', () => {
  test.each(['', 'file-journal'])('has a row for every folder of src/%s', (parent) => {
    const folders = directoriesIn(join(SOURCES, parent));
    expect(folders.filter((folder) => !document.includes(`| \`${folder}/\` `))).toEqual([]);
  });

  test('names no file that does not exist', () => {
    const named = namedIn(document);
    expect(named.length).toBeGreaterThan(80);
    expect(named.filter((path) => !isThere(path))).toEqual([]);
  });

  test('names no file of a boot that does not exist, and counts them right', () => {
    const rows = [...document.matchAll(/^- `([\w/-]+)\/` \((\d+)\): ((?:.|\n {2})+)$/gm)];
    const files = rows.flatMap(([, folder = '', count, names = '']) => {
      const paths = [...names.matchAll(/`([\w.-]+)`/g)].map(([, name = '']) => `${folder}/${name}`);
      expect([folder, paths.length]).toEqual([folder, Number(count)]);
      return paths;
    });
    expect(rows.length).toBeGreaterThan(10);
    expect(files.filter((path) => !existsSync(join(SOURCES, path)))).toEqual([]);
    expect(section('The life of a boot').startsWith(`: ${files.length} files\n`)).toBe(true);
  });

  test.each([
    ['The life of an append', 0],
    ['The life of a submit', 'The life of an append'],
    ['The life of a projection event', 0],
  ])('counts the files that it names: %s', (heading, beside) => {
    const text = section(heading);
    const [steps = ''] = /\n1\. [^]*?(?=\n\n|$)/.exec(text) ?? [];
    const others = typeof beside === 'string' ? namedIn(section(beside)) : [];
    const files = new Set([...others, ...namedIn(steps)]);
    expect(text.split('\n')[0]).toBe(`: ${files.size} files`);
  });
});
