import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectRoot } from './snippets.js';

const SOURCES = join(projectRoot, 'src');
const document = readFileSync(join(projectRoot, 'ARCHITECTURE.md'), 'utf8');

describe('ARCHITECTURE.md', () => {
  test('has a row for every room', () => {
    const rooms = readdirSync(SOURCES).filter((name) => statSync(join(SOURCES, name)).isDirectory());
    expect(rooms.filter((room) => !document.includes(`| \`${room}/\` `))).toEqual([]);
  });

  test('names no file that is not there', () => {
    const named = [...document.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.ts)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(80);
    const missing = named.filter(
      (path) => !existsSync(join(SOURCES, path)) && !existsSync(join(projectRoot, path)),
    );
    expect(missing).toEqual([]);
  });

  test('lists files of a room that are there', () => {
    const rows = [...document.matchAll(/^\| `([\w/-]+)\/` \((\d+)\) +\| (.*) \|$/gm)];
    const missing = rows.flatMap(([, room = '', count, files = '']) => {
      const names = [...files.matchAll(/`([\w.-]+)`/g)].map(([, name = '']) => `${room}/${name}`);
      expect([room, names.length]).toEqual([room, Number(count)]);
      return names.filter((name) => !existsSync(join(SOURCES, name)));
    });
    expect(rows.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});
