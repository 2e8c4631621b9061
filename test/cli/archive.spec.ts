import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { goldenCase } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { journalWith, SMALL } from './support/journals.js';
import { run } from './support/run.js';

const archivedIn = (directory: string): string[] =>
  readdirSync(directory).filter((name) => name.includes('.archived'));

async function entriesIn(directory: string): Promise<number> {
  await using journal = await FileJournal.openReadOnly({ directory });
  return [...journal.readFrom(0n, { includeArchived: true })].length;
}

describe('file-journal archive', () => {
  test('archives the segments up to a sequence that snapshots and projections cover', async () => {
    const directory = await journalWith(400, {
      snapshots: { Book: [60, 300], Ledger: [250] },
      projections: { balances: 260 },
    });
    const { exitCode, stdout } = await run('archive', directory, '--up-to', '250', '--json');
    expect(exitCode).toBe(0);
    const result = JSON.parse(stdout) as { segments: number; firstSequence: string };
    expect(archivedIn(directory)).toHaveLength(result.segments);
    expect(result.segments).toBeGreaterThan(1);
    expect(Number(result.firstSequence)).toBeLessThanOrEqual(251);
    expect(await entriesIn(directory)).toBe(400);
    expect((await run('archive', directory, '--up-to', '250')).stdout).toContain('archived 0 segments');
  });

  test.each([
    ['no snapshot', {}, 'there is no snapshot in '],
    [
      'an older snapshot',
      { snapshots: { Book: [300], Ledger: [100] } },
      'Ledger has its newest usable snapshot at 100',
    ],
    [
      'a projection that is behind',
      { snapshots: { Book: [300] }, projections: { balances: 100 } },
      'projection balances is at 100',
    ],
  ])('refuses with %s, unless forced', async (_what, companions, message) => {
    const directory = await journalWith(400, companions);
    const { exitCode, stderr } = await run('archive', directory, '--up-to', '250');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(archivedIn(directory)).toEqual([]);
    expect((await run('archive', directory, '--up-to', '250', '--force')).exitCode).toBe(0);
    expect(archivedIn(directory).length).toBeGreaterThan(1);
  });

  test('never archives the newest segment', async () => {
    const directory = await journalWith(100);
    expect((await run('archive', directory, '--up-to', '18446744073709551615', '--force')).exitCode).toBe(0);
    await using journal = await FileJournal.open({ directory, ...SMALL });
    expect(journal.lastSequence).toBe(99n);
  });

  test.each([
    [['archive', '--up-to', '10']],
    [['archive', 'DIR']],
    [['archive', 'DIR', '--up-to', '-1']],
    [['compress', 'DIR', '--compression', 'lz4']],
    [['compress']],
  ])('refuses %j', async (args) => {
    const directory = await journalWith(10);
    expect(await run(...args.map((each) => (each === 'DIR' ? directory : each)))).toMatchObject({
      exitCode: 2,
      stdout: '',
    });
  });

  test.each([
    ['archive', ['--up-to', '1', '--force']],
    ['compress', []],
  ])('%s refuses a directory without a journal, and creates nothing', async (command, options) => {
    const directory = temporaryDirectory();
    expect((await run(command, directory, ...options)).exitCode).toBe(3);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each([
    ['archive', ['--up-to', '1', '--force'], 'snapshots: { archive: true }'],
    ['compress', [], "archiveCompression: 'gzip'"],
  ])(
    '%s refuses while a writer holds the lock, and says what the application can do',
    async (command, options, hint) => {
      const directory = await journalWith(200);
      await using _writer = await FileJournal.open({ directory, ...SMALL });
      const { exitCode, stderr } = await run(command, directory, ...options);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('JOURNAL_LOCKED');
      expect(stderr).toContain(hint);
      if (process.platform === 'linux') expect(stderr).toContain(`process ${process.pid}`);
      expect(archivedIn(directory)).toEqual([]);
    },
  );
});

describe('file-journal compress', () => {
  test('compresses what is archived, in journals of orderbook-rs, too', async () => {
    const own = await journalWith(400);
    await run('archive', own, '--up-to', '250', '--force');
    const golden = goldenCase('v0.12.1', 'rotated-archived');
    for (const directory of [own, golden.copy()]) {
      const before = await entriesIn(directory);
      const archived = archivedIn(directory);
      const { exitCode, stdout } = await run('compress', directory, '--json');
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ segments: archived.length });
      expect(archivedIn(directory)).toEqual(archived.map((name) => `${name}.gz`));
      expect(await entriesIn(directory)).toBe(before);
      expect((await run('compress', directory)).stdout).toContain('compressed 0 segments');
    }
  });
});
