import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { linksOf } from './links.js';
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
  'CONTRIBUTING.md',
  'test/README.md',
];

/** Returns the anchors that GitHub makes from the headings of a document. */
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

  test('has no broken link', () => {
    const broken = linksOf(markdown).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target =
        path === '' ? join(projectRoot, document) : resolve(projectRoot, dirname(document), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names only tests that exist', () => {
    // In the text, or in a command such as `npm run jest -- test/docs`.
    const named = [...markdown.matchAll(/(?:`|-- )(test\/[\w./-]+)/g)].map((match) => match[1] ?? '');
    const missing = named.filter(
      (path) =>
        !['', '.spec.ts', '.process.spec.ts', '.slow.spec.ts', '.kernel.spec.ts'].some((suffix) =>
          existsSync(join(projectRoot, path + suffix)),
        ),
    );
    expect(missing).toEqual([]);
  });
});

test('the index names every guide', () => {
  const index = linksOf(read('docs/guides/README.md'));
  const guides = readdirSync(join(projectRoot, 'docs/guides')).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  );
  expect(index).toEqual(expect.arrayContaining(guides));
});

test('the contents of the decisions list every section, in order', () => {
  const decisions = read('docs/decisions.md');
  const [contents = ''] = decisions.split(/^## /m);
  const listed = [...contents.matchAll(/^- \[(.+)\]\(#/gm)].map((match) => match[1]);
  const sections = [...decisions.matchAll(/^### (.+)$/gm)].map((match) => match[1]);
  expect(listed).toEqual(sections);
});
