import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { linksOf } from './links.js';
import { documents, projectRoot } from './snippets.js';

function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

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
