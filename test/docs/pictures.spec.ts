import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { documents, projectRoot } from './snippets.js';

const DIRECTORY = join(projectRoot, 'docs/guides/pictures');

const names = readdirSync(DIRECTORY);
const read = (name: string) => readFileSync(join(DIRECTORY, name), 'utf8');
const styleOf = (svg: string) => /<style>[^]*<\/style>/.exec(svg)?.[0];

describe.each(names)('the picture %s', (name) => {
  const svg = read(name);

  test('has the style of every picture, which the site shows in its own theme', () => {
    expect(styleOf(svg)).toContain('prefers-color-scheme: dark');
    expect(styleOf(svg)).toBe(styleOf(read(names[0] ?? '')));
  });

  test('takes every colour from that style', () => {
    expect(svg.replace(styleOf(svg) ?? '', '')).not.toMatch(/(fill|stroke|style)="|#[0-9a-f]{3,8}\b"/);
  });

  test('has a title, and ids that no other picture has', () => {
    expect(svg).toMatch(/<title>.{20,}<\/title>/);
    const ids = [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.filter((id) => !id?.startsWith(name.replace('.svg', '')))).toEqual([]);
  });

  test('has readable text on a screen of 390 pixels', () => {
    const width = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
    const sizes = [...svg.matchAll(/font(?:-size)?: ([\d.]+)px/g)].map(([, size]) => Number(size));
    expect(sizes.length).toBeGreaterThan(0);
    expect((Math.min(...sizes) * Math.min(width, 390)) / width).toBeGreaterThanOrEqual(12);
  });

  test('appears in a document, with a description', () => {
    const uses = documents().flatMap((document) => {
      const markdown = readFileSync(join(projectRoot, document), 'utf8');
      return [...markdown.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)];
    });
    const descriptions = uses
      .filter(([, , source]) => source?.endsWith(`/${name}`) === true)
      .map(([, text = '']) => text);
    expect(descriptions).not.toEqual([]);
    expect(descriptions.filter((text) => text.length < 40)).toEqual([]);
  });
});
