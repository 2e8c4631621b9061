import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { GOLDEN_VERSIONS, goldenCase } from '../support/golden.js';
import { entriesOf, place, write } from '../file-journal/backup/support/journals.js';
import { run, runWith } from './support/run.js';

describe('file-journal backup and restore', () => {
  test('copy a journal and restore it, to a sequence or a time', async () => {
    const { journal, backup, restored } = place();
    await write(journal, 50);
    const made = await run('backup', journal, backup, '--json');
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(made.stdout)).toMatchObject({ lastSequence: '49', rule: 'checkpoint', generation: 1 });
    expect((await run('backup', journal, backup)).stdout).toContain('is complete');
    const whole = await entriesOf(journal);
    expect(await run('restore', backup, restored)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await entriesOf(restored)).toEqual(whole);
    expect((await run('restore', backup, `${restored}-30`, '--to-sequence', '30')).exitCode).toBe(0);
    expect(await entriesOf(`${restored}-30`)).toEqual(whole.slice(0, 31));
    const time = (1_700_000_000_000_000_000n + 12n).toString();
    expect((await run('restore', backup, `${restored}-12`, '--to-time', time)).exitCode).toBe(0);
    expect(await entriesOf(`${restored}-12`)).toEqual(whole.slice(0, 13));
  });

  test.each(GOLDEN_VERSIONS)('copy a journal of orderbook-rs %s', async (version) => {
    const { backup, restored } = place();
    const { directory, entries } = goldenCase(version, 'replay-book');
    const made = await run('backup', directory, backup, '--json');
    expect(JSON.parse(made.stdout)).toMatchObject({ rule: 'intact', origin: 'orderbook-rs' });
    expect((await run('restore', backup, restored)).exitCode).toBe(0);
    expect(await entriesOf(restored)).toEqual(entries.map((one) => [one.sequence, one.storedCrc]));
  });

  test('say that they failed if a signal ends them', async () => {
    const { journal, backup, restored } = place();
    await write(journal, 20);
    const ended = AbortSignal.abort();
    const refused = await runWith({ signal: ended }, 'backup', journal, backup);
    expect(refused).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringContaining('interrupted'),
    });
    expect(readdirSync(backup)).toEqual([]);
    await run('backup', journal, backup);
    expect(await runWith({ signal: ended }, 'restore', backup, restored)).toMatchObject({ exitCode: 3 });
    expect(existsSync(restored)).toBe(false);
  });

  test('refuse wrong use with exit code 2, and a damaged journal with 1', async () => {
    const { journal, backup, restored } = place();
    await write(journal, 20);
    expect((await run('backup', journal)).exitCode).toBe(2);
    expect((await run('backup', journal, journal)).exitCode).toBe(2);
    expect((await run('restore', journal, restored)).exitCode).toBe(1);
    await run('backup', journal, backup);
    expect((await run('restore', backup, journal)).exitCode).toBe(2);
    expect((await run('restore', backup, restored, '--to-sequence', '-1')).exitCode).toBe(2);
    expect((await run('restore', backup, restored, '--to-sequence', '20')).exitCode).toBe(2);
    expect((await run('restore', backup, restored, '--to-sequence', '1', '--to-time', '5')).exitCode).toBe(2);
    const damaged = goldenCase('v0.12.1', 'corrupt-middle');
    const refused = await run('backup', damaged.directory, `${backup}-2`);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/segment-\d{20}\.journal at offset \d+, sequence \d+/);
    expect((await run('backup', `${journal}-missing`, backup)).exitCode).toBe(3);
  });
});
