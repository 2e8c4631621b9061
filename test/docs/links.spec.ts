import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { documents, projectRoot } from './snippets.js';

const DOCUMENTS = [
  ...documents(),
  'docs/index.md',
  'docs/reliability.md',
  'docs/decisions.md',
  'docs/benchmarks/README.md',
  'bench/README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
];

/** Links to files and headings; not those to the web, and nothing in code. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

/** As GitHub names the headings of a document. */
function anchorsOf(markdown: string): string[] {
  const headings = markdown.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/^#+ +(.+)$/gm);
  return [...headings].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

describe.each(DOCUMENTS)('%s', (document) => {
  const markdown = read(document);

  test('has no link that leads nowhere', () => {
    const broken = linksOf(markdown).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target =
        path === '' ? join(projectRoot, document) : resolve(projectRoot, dirname(document), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names no test that is not there', () => {
    const named = [...markdown.matchAll(/`(test\/[\w./-]+)`/g)].map((match) => match[1] ?? '');
    const missing = named.filter(
      (path) => !existsSync(join(projectRoot, path)) && !existsSync(join(projectRoot, `${path}.spec.ts`)),
    );
    expect(missing).toEqual([]);
  });
});

/** Files of the package as npm would publish it. */
function published(): string[] {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const packed: unknown = JSON.parse(execFileSync('npm', args, { cwd: projectRoot, encoding: 'utf8' }));
  const [{ files }] = Object.values(packed as object) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

test('every link of a published document leads to a published file', () => {
  const files = published();
  const markdown = files.filter((path) => path.endsWith('.md'));
  expect(markdown).toEqual(
    expect.arrayContaining(['README.md', 'docs/guides/errors.md', 'examples/accounts/README.md']),
  );
  const broken = markdown.flatMap((document) =>
    linksOf(read(document))
      .map((link) => link.split('#')[0] ?? '')
      .filter((path) => path !== '' && !files.includes(join(dirname(document), path)))
      .map((path) => `${document}: ${path}`),
  );
  expect(broken).toEqual([]);
});

test('every example that the README and the guides name is published', () => {
  const files = published();
  const named = documents().flatMap((document) => [...read(document).matchAll(/`(examples\/[\w./-]+)`/g)]);
  const missing = named
    .map(([, path = '']) => path)
    .filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)));
  expect(named.length).toBeGreaterThan(3);
  expect(missing).toEqual([]);
});

test('the index names every guide', () => {
  const index = linksOf(read('docs/guides/README.md'));
  const guides = readdirSync(join(projectRoot, 'docs/guides')).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  );
  expect(index).toEqual(expect.arrayContaining(guides));
});
