import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileJournal } from '../../src/index.js';
import { GOLDEN_VERSIONS, goldenCase } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { entryBytes, journalOf, type Content } from './support/contents.js';
import { run } from './support/run.js';

const contents = (count: number): Content[] =>
  Array.from({ length: count }, (_, number) => ({
    command: { Trade: { number, list: [1, { price: 2n ** 70n }], 'odd key': 'a' } },
    result: { Done: { total: number * 1.5 } },
  }));

describe('file-journal diff', () => {
  test.each(GOLDEN_VERSIONS)('a journal of orderbook-rs %s equals its copy', async (version) => {
    const golden = goldenCase(version, 'rotated');
    const { exitCode, stdout } = await run('diff', golden.directory, golden.copy());
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'equal: 200 entries\n' });
  });

  test('ignores segments, archiving and compression', async () => {
    const a = await journalOf(contents(500));
    const b = temporaryDirectory();
    cpSync(await journalOf(contents(500), { segmentSizeBytes: 4096 }), b, { recursive: true });
    const journal = await FileJournal.open({
      directory: b,
      segmentSizeBytes: 4096,
      archiveCompression: 'gzip',
    });
    expect(await journal.archiveSegmentsBefore(300n)).toBeGreaterThan(3);
    await journal.close();
    expect(await run('diff', a, b, '--json')).toEqual({
      exitCode: 0,
      stdout: '{"equal":true,"commonEntries":500,"difference":null}\n',
      stderr: '',
    });
    expect((await run('diff', a, b, '--live-only')).exitCode).toBe(1);
  });

  test('shows the fields of the first entry that differs', async () => {
    const changed = contents(20);
    changed[7] = {
      command: { Trade: { number: 7, list: [1, { price: 2n ** 70n + 1n }, 3], 'odd key': 'b' } },
      result: { Failed: null },
    };
    changed[9] = { command: 'later' };
    const [a, b] = [await journalOf(contents(20)), await journalOf(changed)];
    const { exitCode, stdout } = await run('diff', a, b);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('sequence 7 differs; 7 entries before it are equal\n');
    expect(stdout).toContain(
      'command.Trade.list[1].price: 1180591620717411303424 -> 1180591620717411303425\n',
    );
    expect(stdout).toContain('command.Trade.list[2]: (missing) -> 3\n');
    expect(stdout).toContain('command.Trade["odd key"]: "a" -> "b"\n');
    expect(stdout).toContain('result.Done: {"total":10.5} -> (missing)\n');
    expect(stdout).toContain('result.Failed: (missing) -> null\n');
    expect(stdout).not.toContain('later');
    const json = JSON.parse((await run('diff', a, b, '--json')).stdout) as { difference: unknown };
    expect(json.difference).toMatchObject({
      kind: 'entry',
      sequence: '7',
      a: { segment: expect.any(String) },
    });
  });

  test('compares times, also if only the header differs', async () => {
    const a = await journalOf(contents(3));
    const b = await journalOf(contents(3).map((one) => ({ ...one, timestampNs: 5n })));
    const { exitCode, stdout } = await run('diff', a, b);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/sequence 0 differs[\s\S]*timestamp_ns: \d+ -> 5\n/);
    const [c, d] = [5n, 6n].map((timestampNs) => {
      const directory = temporaryDirectory();
      const entry = entryBytes(0n, timestampNs, '{"same":1}');
      writeFileSync(
        join(directory, 'segment-00000000000000000000.journal'),
        Buffer.concat([entry, Buffer.alloc(64)]),
      );
      return directory;
    });
    expect(await run('diff', `${c}`, `${c}`)).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await run('diff', `${c}`, `${d}`, '--json')).stdout)).toMatchObject({
      difference: { kind: 'entry', payloadByte: null, a: { timestampNs: '5' }, b: { timestampNs: '6' } },
    });
    expect((await run('diff', `${c}`, `${d}`)).stdout).toContain(
      'the payloads are equal, only the header differs\n',
    );
  });

  test.each([
    [3, 5, 'a'],
    [5, 3, 'b'],
    [0, 2, 'a'],
  ])('%d entries are a prefix of %d, or the other way round', async (countA, countB, shorter) => {
    const [a, b] = [await journalOf(contents(countA)), await journalOf(contents(countB))];
    const { exitCode, stdout } = await run('diff', a, b, '--json');
    const common = Math.min(countA, countB);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      equal: false,
      commonEntries: common,
      difference: {
        kind: 'prefix',
        shorter,
        lastCommon: common === 0 ? null : `${common - 1}`,
        next: { sequence: `${common}` },
      },
    });
    expect((await run('diff', a, b)).stdout).toContain(
      common === 0 ? 'is empty' : `ends with sequence ${common - 1}`,
    );
  });

  test('different first sequences are a difference', async () => {
    const [a, b] = [await journalOf(contents(3)), await journalOf(contents(3), { firstSequence: 9n })];
    const { exitCode, stdout } = await run('diff', a, b);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('different first sequence');
  });

  test('says which journal is damaged or missing', async () => {
    const intact = goldenCase('v0.12.1', 'rotated').directory;
    const damaged = goldenCase('v0.12.1', 'corrupt-middle').directory;
    const { exitCode, stderr } = await run('diff', intact, damaged);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`while reading ${damaged}:\n`);
    expect((await run('diff', intact, join(temporaryDirectory(), 'missing'))).exitCode).toBe(3);
    expect((await run('diff', intact)).exitCode).toBe(2);
  });
});
