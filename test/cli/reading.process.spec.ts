/** The reading commands of the built package, beside a writer in another process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { FileJournal } from '../../src/index.js';
import { startChild } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const WRITER = new URL('../file-journal/children/write-events.mjs', import.meta.url);
const COMMAND = fileURLToPath(new URL('../../dist/esm/cli/main.js', import.meta.url));
const OPTIONS = JSON.stringify({ segmentSizeBytes: 65_536, archiveCompression: 'gzip' });

const running = new Set<ChildProcess>();

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

interface Started {
  readonly child: ChildProcess;
  readonly lines: string[];
  stderr(): string;
  readonly ended: Promise<number | null>;
}

function start(...args: string[]): Started {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const lines: string[] = [];
  let rest = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const pieces = (rest + chunk.toString()).split('\n');
    rest = pieces.pop() ?? '';
    lines.push(...pieces);
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, lines, stderr: () => stderr, ended };
}

const expected = (number: number): string =>
  `{"sequence_num":${number},"timestamp_ns":${number * 1000},"command":{"Note":{"number":${number},"text":"${'x'.repeat(number % 97)}"}},"result":null}`;

/** Whether the lines are those of the writer, from the first entry on. */
function areInOrder(lines: readonly string[]): boolean {
  return lines.every((line, number) => line === expected(number));
}

describe('beside a writer in another process', () => {
  test('tail -f prints every entry once, over rotations and a kill of the writer', async () => {
    const directory = temporaryDirectory();
    const first = startChild(WRITER, [directory, OPTIONS, '0', '1000000']);
    await until(() => readdirSync(directory).some((name) => name.startsWith('segment-')));
    const tail = start('tail', '-f', '-n', '1000000', directory);
    await until(() => tail.lines.length > 20_000);
    await first.kill();
    await using viewer = await FileJournal.open({ directory });
    const next = Number(viewer.nextSequence);
    await viewer.close();
    const second = startChild(WRITER, [directory, OPTIONS, `${next}`, `${next + 5_000}`]);
    await second.line('done');
    const total = next + 5_000;
    await until(() => tail.lines.at(-1) === expected(total - 1));
    tail.child.kill('SIGINT');
    expect(await tail.ended).toBe(0);
    // If recovery cut entries that were printed, stderr says so, and they are printed again.
    if (tail.stderr() === '') {
      expect(areInOrder(tail.lines)).toBe(true);
      expect(tail.lines).toHaveLength(total);
    } else {
      expect(tail.stderr()).toMatch(/^warning: recovery has cut entr/);
    }
  }, 300_000);

  test('cat, get, export and diff read what is there', async () => {
    const directory = temporaryDirectory();
    const writer = startChild(WRITER, [directory, OPTIONS, '0', '1000000']);
    await until(() => readdirSync(directory).filter((name) => name.startsWith('segment-')).length > 5);
    for (let round = 0; round < 3; round += 1) {
      const cat = start('cat', directory);
      expect(await cat.ended).toBe(0);
      expect(cat.stderr()).toBe('');
      expect(cat.lines.length).toBeGreaterThan(1_000);
      expect(areInOrder(cat.lines)).toBe(true);
      const some = start(
        'cat',
        directory,
        '--where',
        'sequence == 900 || command.Note.number == 901',
        '--to',
        '950',
      );
      await some.ended;
      expect(some.lines).toEqual([expected(900), expected(901)]);
      const got = start('get', directory, '1000', '--json');
      await got.ended;
      expect(got.lines).toEqual([expected(1_000)]);
      const exported = start('export', directory, '--from', '10', '--limit', '2');
      await exported.ended;
      expect(exported.lines).toEqual([expected(10), expected(11)]);
      const diff = start('diff', directory, directory, '--json');
      // The second reading starts later, so it may see more.
      expect([0, 1]).toContain(await diff.ended);
      expect(JSON.parse(diff.lines[0] ?? '')).toEqual(
        expect.objectContaining(
          diff.lines[0]?.includes('"equal":true') === true
            ? { equal: true }
            : { difference: expect.objectContaining({ kind: 'prefix' }) },
        ),
      );
    }
    await writer.kill();
  }, 300_000);

  test.each(['tail', 'cat'])(
    '%s ends quietly when its reader closes the pipe',
    async (name) => {
      const directory = temporaryDirectory();
      const writer = startChild(WRITER, [directory, OPTIONS, '0', '1000000']);
      await until(() => readdirSync(directory).filter((each) => each.startsWith('segment-')).length > 5);
      const command = start(name, directory, ...(name === 'tail' ? ['-f', '-n', '5'] : []));
      await until(() => command.lines.length > 3);
      command.child.stdout?.destroy();
      expect(await command.ended).toBe(0);
      expect(command.stderr()).toBe('');
      await writer.kill();
    },
    300_000,
  );
});
