import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { GOLDEN_VERSIONS, goldenCase } from '../support/golden.js';
import { journalOf } from './support/contents.js';
import { run } from './support/run.js';

describe('file-journal get', () => {
  test.each(GOLDEN_VERSIONS)('shows where an entry of orderbook-rs %s is stored', async (version) => {
    const { directory, entries } = goldenCase(version, 'rotated');
    const entry = entries[150];
    const { exitCode, stdout } = await run('get', directory, `${entry?.sequence}`);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`sequence   ${entry?.sequence}\n`);
    expect(stdout).toContain(`(${entry?.timestampNs} ns)`);
    expect(stdout).toContain(`${entry?.segment}, offset ${entry?.offset}\n`);
    expect(stdout).toContain(`CRC-32 0x${entry?.storedCrc.toString(16).padStart(8, '0')}, intact`);
    const jsonl = await run('get', directory, `${entry?.sequence}`, '--format', 'jsonl');
    expect(jsonl.stdout).toBe(`${entry?.payload}\n`);
    expect(await run('get', directory, `${entry?.sequence}`, '--json')).toEqual(jsonl);
  });

  test('finds an entry in an archived segment', async () => {
    const { directory } = goldenCase('v0.12.1', 'rotated-archived');
    expect((await run('get', directory, '3', '--json')).stdout).toMatch(/^\{"sequence_num":3,/);
  });

  test('shows the aggregate of an entry', async () => {
    const directory = await journalOf([
      { command: { Placed: { v: 1, aggregateId: 'A-1', aggregateType: 'Order', data: {} } } },
    ]);
    expect((await run('get', directory, '0')).stdout).toContain('aggregate  Order A-1: Placed\n');
  });

  test('says why an entry is not there', async () => {
    const later = await journalOf([{ command: 'a' }], { firstSequence: 100n });
    expect(await run('get', later, '101')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('it is beyond the newest entry'),
    });
    expect((await run('get', later, '99')).stderr).toContain('the journal begins after it');
    expect((await run('get', goldenCase('v0.12.1', 'empty').directory, '0')).stderr).toContain(
      'the journal is empty',
    );
    const copy = goldenCase('v0.12.1', 'rotated-archived').copy();
    const archived = readdirSync(copy).filter((name) => name.endsWith('.archived'));
    for (const name of archived) rmSync(join(copy, name));
    const moved = await run('get', copy, '0', '--json');
    expect(moved).toMatchObject({ exitCode: 1, stdout: '' });
    expect(JSON.parse(moved.stderr)).toEqual({
      error: {
        code: 'JOURNAL_SEQUENCE_NOT_FOUND',
        message: expect.stringContaining('archived, and then moved away or deleted'),
      },
    });
  });

  test('reports a damaged entry', async () => {
    const { directory } = goldenCase('v0.12.1', 'corrupt-middle');
    const { exitCode, stdout, stderr } = await run('get', directory, '26');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/offset \d+, sequence 26/);
  });

  test.each([['x'], ['-1'], ['18446744073709551616']])('refuses %s as a sequence', async (sequence) => {
    const { directory } = goldenCase('v0.12.1', 'rotated');
    expect((await run('get', directory, '--', sequence)).exitCode).toBe(2);
  });
});
