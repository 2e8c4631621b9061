/** `import` and `export` to a file, killed at random moments: the target is absent or complete. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { journalWith } from './support/journals.js';
import { run } from './support/run.js';

const COMMAND = fileURLToPath(new URL('../../dist/esm/cli/main.js', import.meta.url));
const ROUNDS = 5;
const SEGMENT_BYTES = 128 * 1024;
const SEGMENT_SIZE = ['--segment-size', String(SEGMENT_BYTES)];

const running = new Set<ChildProcess>();
let source: string;
let lines: Buffer;

beforeAll(async () => {
  source = await journalWith(20_000, {}, { segmentSizeBytes: 1024 * 1024 });
  const file = join(temporaryDirectory(), 'all.jsonl');
  expect((await run('export', source, file)).exitCode).toBe(0);
  lines = readFileSync(file);
});

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

interface Started {
  readonly child: ChildProcess;
  /** The signal that ended the process; null if it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
}

function start(...args: string[]): Started {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['pipe', 'ignore', 'inherit'] });
  running.add(child);
  // Its end is closed when the process is killed.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'exit').then(([, signal]) => {
    running.delete(child);
    return signal as NodeJS.Signals | null;
  });
  return { child, ended };
}

/** A condition that holds after a random part of the work, or once the process has ended. */
async function untilDone(part: () => number, most: number, child: ChildProcess): Promise<void> {
  const enough = Math.random() * most;
  await until(() => child.exitCode !== null || part() > enough, `more than ${enough} of ${most} are done`);
}

/** Segments that an import has begun, wherever they are. */
function segmentsBelow(parent: string): number {
  try {
    return readdirSync(parent, { recursive: true }).filter((name) => name.includes('segment-')).length;
  } catch {
    return 0; // renamed meanwhile
  }
}

/** Bytes that an export has written, under any name. */
function bytesIn(parent: string): number {
  const sizes = readdirSync(parent).map(
    (name) => statSync(join(parent, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return Math.max(0, ...sizes);
}

async function expectEqual(directory: string): Promise<void> {
  expect(await run('diff', source, directory)).toMatchObject({ exitCode: 0, stderr: '' });
}

describe('a kill', () => {
  test('of an import from a pipe leaves no target, and the next run succeeds', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const parent = temporaryDirectory('killed-import-');
      const target = join(parent, 'journal');
      if (round % 2 === 1) mkdirSync(target);
      const { child, ended } = start('import', '-', target, ...SEGMENT_SIZE);
      // The pipe stays open, so that the import cannot complete.
      child.stdin?.write(lines.subarray(0, Math.floor(lines.length * 0.9)));
      await untilDone(() => segmentsBelow(parent), (0.8 * lines.length) / SEGMENT_BYTES, child);
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
      const again = start('import', '-', target, ...SEGMENT_SIZE);
      again.child.stdin?.end(lines);
      expect([await again.ended, again.child.exitCode]).toEqual([null, 0]);
      await expectEqual(target);
      expect(readdirSync(parent)).toEqual(['journal']);
    }
  }, 300_000);

  test('of an import from a file leaves no target or a complete one', async () => {
    const folder = temporaryDirectory();
    const file = join(folder, 'all.jsonl');
    expect((await run('export', source, file)).exitCode).toBe(0);
    let kills = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const parent = temporaryDirectory('killed-import-');
      const target = join(parent, 'journal');
      const { child, ended } = start('import', file, target, ...SEGMENT_SIZE);
      await untilDone(() => segmentsBelow(parent), lines.length / SEGMENT_BYTES, child);
      child.kill('SIGKILL');
      if ((await ended) === 'SIGKILL') kills += 1;
      if (!existsSync(target)) expect((await run('import', file, target, ...SEGMENT_SIZE)).exitCode).toBe(0);
      await expectEqual(target);
      expect(readdirSync(parent)).toEqual(['journal']);
    }
    expect(kills).toBeGreaterThan(0);
  }, 300_000);

  test('of an export leaves no file or a complete one, and the journal as it was', async () => {
    let kills = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const parent = temporaryDirectory('killed-export-');
      const file = join(parent, 'journal.jsonl');
      const { child, ended } = start('export', source, file);
      await untilDone(() => bytesIn(parent), lines.length * 0.8, child);
      child.kill('SIGKILL');
      if ((await ended) === 'SIGKILL') kills += 1;
      if (!existsSync(file)) expect((await run('export', source, file)).exitCode).toBe(0);
      expect(readFileSync(file).equals(lines)).toBe(true);
    }
    expect(kills).toBeGreaterThan(0);
    const copy = join(temporaryDirectory(), 'journal');
    const again = start('import', '-', copy, ...SEGMENT_SIZE);
    again.child.stdin?.end(lines);
    await again.ended;
    await expectEqual(copy);
  }, 300_000);
});
