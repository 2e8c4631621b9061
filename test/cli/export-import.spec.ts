/** `export` and `import`: the same bytes there and back, or nothing. */
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { GOLDEN_VERSIONS, goldenCase } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { journalOf, sequencesIn } from './support/contents.js';
import { run, runWith } from './support/run.js';

const SMALL = ['--segment-size', '65536'];

function place(): { readonly file: string; readonly directory: string; readonly parent: string } {
  const parent = temporaryDirectory('import-');
  return { parent, file: join(parent, 'journal.jsonl'), directory: join(parent, 'journal') };
}

const line = (sequence: bigint | number, more = ''): string =>
  `{"sequence_num":${sequence},"timestamp_ns":5,"command":"a","result":null${more}}`;

describe('export and import', () => {
  test.each(
    GOLDEN_VERSIONS.flatMap((version) =>
      ['all-variants', 'rotated', 'rotated-archived', 'replay-book', 'torn-tail', 'empty'].map(
        (name) => [version, name] as const,
      ),
    ),
  )('keep every byte of orderbook-rs %s, %s', async (version, name) => {
    const golden = goldenCase(version, name);
    const { file, directory } = place();
    expect(await run('export', golden.directory, file)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(file, 'utf8')).toBe((await run('cat', golden.directory)).stdout);
    expect(await run('import', file, directory, ...SMALL)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await run('verify', directory)).exitCode).toBe(0);
    expect(await run('diff', golden.directory, directory)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('work in a pipe, with filters, from any first sequence', async () => {
    const { directory } = place();
    const { directory: golden } = goldenCase('v0.12.1', 'rotated');
    const exported = await run('export', golden, '--from', '100');
    const imported = await runWith({ stdin: exported.stdout }, 'import', '-', directory, ...SMALL, '--json');
    expect(JSON.parse(imported.stdout)).toEqual({
      directory,
      entries: 100,
      firstSequence: '100',
      lastSequence: '199',
    });
    expect((await run('cat', directory)).stdout).toBe(exported.stdout);
  });

  test('keep unusual bytes, metadata and large entries', async () => {
    const { file, directory } = place();
    const text = [
      line(7, ',"metadata":{"a":1.0}'),
      line(8, `,"x":"${'é'.repeat(100_000)}"`),
      `{ "timestamp_ns" : 18446744073709551615, "result":-0.0,"sequence_num":9 ,"command":1e2}`,
      line(10, ',"command_id":"id"'),
    ].join('\n');
    writeFileSync(file, text);
    expect((await run('import', file, directory, '--segment-size', '1000000')).exitCode).toBe(0);
    expect((await run('cat', directory)).stdout).toBe(`${text}\n`);
  });
});

describe('export', () => {
  test('does not replace a file without --force, and leaves nothing behind after damage', async () => {
    const { parent, file } = place();
    const { directory } = goldenCase('v0.12.1', 'corrupt-middle');
    expect((await run('export', directory, file)).exitCode).toBe(1);
    expect(readdirSync(parent)).toEqual([]);
    expect((await run('export', directory, file, '--skip-damage')).exitCode).toBe(1);
    expect(sequencesIn(readFileSync(file, 'utf8'))).toContain(199);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const other = goldenCase('v0.12.1', 'rotated').directory;
    const refused = await run('export', other, file);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('--force');
    expect(sequencesIn(readFileSync(file, 'utf8'))).not.toContain(26);
    expect(await run('export', other, file, '--force', '--json')).toMatchObject({
      exitCode: 0,
      stdout: `${JSON.stringify({ file, entries: 200, complete: true })}\n`,
    });
    expect(readdirSync(parent)).toEqual(['journal.jsonl']);
  });

  test('ignores what a killed export of a process with the same id left', async () => {
    const { parent, file } = place();
    const { directory } = goldenCase('v0.12.1', 'rotated');
    writeFileSync(join(parent, `.journal.jsonl.${process.pid}.tmp`), 'part');
    expect((await run('export', directory, file)).exitCode).toBe(0);
    expect(sequencesIn(readFileSync(file, 'utf8'))).toHaveLength(200);
  });

  test('a folder that does not exist is an I/O error', async () => {
    const { file } = place();
    const { directory } = goldenCase('v0.12.1', 'rotated');
    expect((await run('export', directory, join(file, 'x'))).exitCode).toBe(3);
  });
});

describe('import refuses', () => {
  test.each<[string, string[], RegExp]>([
    ['a gap', [line(5), line(7)], /line 2 of .*: it has sequence 7, and 6 must follow/],
    ['a repeated sequence', [line(5), line(5)], /line 2 .*sequence 5, and 6 must follow/],
    ['text that is no JSON', [line(0), line(1), '{nothing}'], /line 3 .*not valid JSON/],
    ['an array', ['[1]'], /line 1 .*not one JSON object/],
    ['an empty line', [line(0), '', line(1)], /line 2 .*not one JSON object/],
    ['Windows line breaks', [`${line(0)}\r`], /line 1 .*carriage return/],
    ['a missing member', ['{"sequence_num":0,"timestamp_ns":5,"command":1}'], /line 1 .*result is missing/],
    ['a sequence beyond 2^64 - 1', [line(2n ** 64n)], /line 1 .*sequence_num must be an integer/],
    ['a negative sequence', [line(-1)], /line 1 .*sequence_num must be an integer/],
    [
      'a decimal sequence',
      ['{"sequence_num":1.0,"timestamp_ns":5,"command":1,"result":1}'],
      /line 1 .*sequence_num/,
    ],
    [
      'a time that is a string',
      ['{"sequence_num":1,"timestamp_ns":"5","command":1,"result":1}'],
      /line 1 .*timestamp_ns/,
    ],
    ['deep nesting', [line(0, `,"a":${'['.repeat(200)}${']'.repeat(200)}`)], /line 1 .*nested deeper/],
    ['a line that is too long', [line(0), line(1, `,"a":"${'x'.repeat(5000)}"`)], /line 2/],
    ['a sequence after the last one', [line(2n ** 64n - 1n), line(0)], /line 2 .*and none must follow/],
  ])('%s, names the line, and leaves nothing behind', async (_what, lines, message) => {
    const { parent, file, directory } = place();
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { exitCode, stdout, stderr } = await run('import', file, directory, '--segment-size', '4096');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(readdirSync(parent)).toEqual(['journal.jsonl']);
  });

  test('bytes that are not UTF-8', async () => {
    const { file, directory } = place();
    writeFileSync(file, Buffer.from(line(0, ',"a":"\u00ff"'), 'latin1'));
    const { exitCode, stderr } = await run('import', file, directory, ...SMALL);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('not valid UTF-8');
  });

  test('a directory that is not empty, a file, and a link', async () => {
    const { parent, file } = place();
    writeFileSync(file, `${line(0)}\n`);
    const used = await journalOf([{ command: 'a' }]);
    const refused = await run('import', file, used, ...SMALL);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('it is not empty');
    expect((await run('import', file, file, ...SMALL)).exitCode).toBe(2);
    const link = join(parent, 'link');
    symlinkSync(used, link);
    expect((await run('import', file, link, ...SMALL)).exitCode).toBe(2);
    expect(sequencesIn((await run('cat', used)).stdout)).toEqual([0]);
    expect(readdirSync(dirname(used)).filter((name) => name.includes('importing'))).toEqual([]);
  });

  test('a file that does not exist, before it makes anything', async () => {
    const { parent, file, directory } = place();
    expect((await run('import', file, directory)).exitCode).toBe(3);
    expect(readdirSync(parent)).toEqual([]);
  });

  test.each(['4095', '4294967297', 'x'])('a segment size of %s', async (size) => {
    const { file, directory } = place();
    expect((await run('import', file, directory, '--segment-size', size)).exitCode).toBe(2);
  });
});

test('import takes an empty directory, and removes what a killed import left', async () => {
  const { parent, file, directory } = place();
  writeFileSync(file, `${line(0)}\n`);
  mkdirSync(directory);
  const left = join(parent, '.journal.importing-AbCdEf');
  mkdirSync(left);
  writeFileSync(join(left, 'segment-00000000000000000000.journal'), 'part');
  expect((await run('import', file, directory, ...SMALL)).exitCode).toBe(0);
  expect(readdirSync(parent).sort()).toEqual(['journal', 'journal.jsonl']);
  rmSync(directory, { recursive: true });
});
