import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectRoot } from './snippets.js';

const DIRECTORY = join(projectRoot, 'docs/benchmarks');
const MAX_SERIES = 6;
/** WCAG 2: text of normal size. */
const READABLE = 4.5;
/** A distance in CIELAB that readers see at once, even between thin lines. */
const DISTINCT = 18;

const names = readdirSync(DIRECTORY).filter((name) => name.endsWith('.svg'));
const read = (name: string): string => readFileSync(join(DIRECTORY, name), 'utf8');
const styleOf = (svg: string): string => /<style>[^]*<\/style>/.exec(svg)?.[0] ?? '';

interface Element {
  readonly attributes: string;
  readonly text: string;
}

/** The texts of a plot; the group around them may carry the colour and the size. */
function textsOf(svg: string): Element[] {
  return [...svg.matchAll(/<g ([^>]*)>\s*((?:<text [^>]*(?:\/>|>[^<]*<\/text>)\s*)+)<\/g>/g)].flatMap(
    ([, group = '', texts = '']) =>
      [...texts.matchAll(/<text ([^>]*?)(?:\/>|>([^<]*)<\/text>)/g)].map(([, own = '', text = '']) => ({
        attributes: `${group} ${own}`,
        text,
      })),
  );
}

/** Lines and bars, which carry the name of their series. */
function seriesOf(svg: string): { name: string; colour: string; isDashed: boolean }[] {
  return [...svg.matchAll(/<g ([^>]*)>\s*<(path|rect) ([^>]*aria-label="([^"]+)"[^>]*)>/g)].map(
    ([, group = '', , own = '', name = '']) => {
      const colours = [...`${group} ${own}`.matchAll(/(?:stroke|fill)="var\(--([\w-]+)\)"/g)];
      return {
        name,
        colour: colours[0]?.[1] ?? '',
        isDashed: `${group} ${own}`.includes('stroke-dasharray'),
      };
    },
  );
}

describe.each(names)('the plot %s', (name) => {
  const svg = read(name);
  const texts = textsOf(svg);
  const series = seriesOf(svg);

  test('names few series, each in a colour of its own', () => {
    expect(series.length).toBeGreaterThan(0);
    expect(series.length).toBeLessThanOrEqual(MAX_SERIES);
    expect(new Set(series.map(({ colour }) => colour)).size).toBe(series.length);
    for (const { name: label, colour } of series) {
      const labels = texts.filter(({ text }) => text === label);
      expect(labels.map(({ attributes }) => attributes)).toEqual([
        expect.stringContaining(`fill="var(--${colour})"`),
      ]);
    }
  });

  test('has readable text on a screen of 390 pixels', () => {
    const width = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
    const sizes = [...svg.matchAll(/font(?:-size="|: )([\d.]+)/g)].map(([, size]) => Number(size));
    expect(sizes.length).toBeGreaterThan(0);
    expect((Math.min(...sizes) * Math.min(width, 390)) / width).toBeGreaterThanOrEqual(12);
  });

  test('shows this package first, and dashes only floors', () => {
    expect(series.map(({ colour }) => colour)).toContain('ours');
    for (const { colour, isDashed } of series)
      expect({ colour, isDashed }).toEqual({ colour, isDashed: colour === 'floor' });
  });

  test('labels every tick, and both axes with a unit or a quantity', () => {
    expect(texts.length).toBeGreaterThan(6);
    expect(texts.filter(({ text }) => text === '')).toEqual([]);
    const axes = texts
      .filter(({ attributes }) => attributes.includes('var(--muted)'))
      .map(({ text }) => text);
    expect(axes.join()).toMatch(/milliseconds|per second/);
    const isLines = svg.includes('<path');
    expect(axes).toHaveLength(isLines ? 2 : 1);
  });

  test('takes every colour from the style that all plots share', () => {
    expect(styleOf(svg)).toBe(styleOf(read(names[0] ?? '')));
    expect(styleOf(svg)).toContain('prefers-color-scheme: dark');
    expect(svg.replace(styleOf(svg), '')).not.toMatch(/#[0-9a-f]{3,8}\b|currentColor|rgb/);
  });

  test('has a description in its document', () => {
    const page = readFileSync(join(DIRECTORY, 'README.md'), 'utf8');
    expect(page).toMatch(new RegExp(`!\\[[^\\]]{40,}\\]\\(${name}\\)`));
  });
});

describe.each(['light', 'dark'])('the colours of the plots, %s', (theme) => {
  const colours = paletteOf(theme);
  const series = Object.entries(colours).filter(([name]) => /^(ours|peer|floor)/.test(name));

  test('are readable as text', () => {
    const unreadable = [
      ...series,
      ['ink', colours['ink'] ?? ''] as const,
      ['muted', colours['muted'] ?? ''] as const,
    ]
      .map(([name, colour]) => ({ name, contrast: contrast(colour, colours['paper'] ?? '') }))
      .filter(({ contrast: ratio }) => !(ratio >= READABLE));
    expect(unreadable).toEqual([]);
  });

  test('are distinct', () => {
    const alike = series.flatMap(([name, colour], index) =>
      series
        .slice(index + 1)
        .map(([other, otherColour]) => ({ name, other, distance: distance(colour, otherColour) }))
        .filter(({ distance: apart }) => !(apart >= DISTINCT)),
    );
    expect(alike).toEqual([]);
  });
});

function paletteOf(theme: string): Record<string, string> {
  const [light = '', dark = ''] = [...styleOf(read(names[0] ?? '')).matchAll(/\.plot \{ (--[^}]*)\}/g)].map(
    ([, declarations = '']) => declarations,
  );
  const declarations = theme === 'light' ? light : dark;
  return Object.fromEntries(
    [...declarations.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

function linear(colour: string): number[] {
  return [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = linear(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Euclidean, in CIELAB. */
function distance(one: string, other: string): number {
  const [a, b] = [lab(one), lab(other)];
  return Math.hypot(...a.map((value, index) => value - (b[index] ?? 0)));
}

function lab(colour: string): number[] {
  const [red = 0, green = 0, blue = 0] = linear(colour);
  const [x = 0, y = 0, z = 0] = [
    (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
    0.2126 * red + 0.7152 * green + 0.0722 * blue,
    (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
  ].map((value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
