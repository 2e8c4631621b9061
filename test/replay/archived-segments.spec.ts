/** Rebuilding state from archived segments that no snapshot covers. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { FileJournal } from '../../src/file-journal/index.js';
import {
  FileJournalModule,
  getJournalToken,
  getReplayServiceToken,
  getSequencerToken,
  type FileJournalModuleOptions,
} from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import type { ReplayService } from '../../src/replay/index.js';
import type { Sequencer } from '../../src/sequencer/index.js';
import { bootAccounts } from '../aggregates/accounts.js';
import { boot, compile } from '../nest/apps.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const ARCHIVED = { replay: { includeArchived: true } };
const SMALL = { segmentSizeBytes: 4096 };

async function bootBank(options: FileJournalModuleOptions) {
  const app = await boot({
    imports: [FileJournalModule.forRoot({ ...SMALL, ...options }), FileJournalModule.forFeature([Bank])],
  });
  return {
    app,
    bank: app.get(Bank),
    sequencer: app.get<Sequencer>(getSequencerToken()),
    journal: app.get<FileJournal>(getJournalToken()),
    snapshots: app.get(SnapshotManager),
    report: app.get<ReplayService>(getReplayServiceToken()).lastReport,
  };
}

async function depositMany(sequencer: Sequencer, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => sequencer.submit(deposit('a', 1))));
}

/** 200 deposits with snapshots at 99 and 199; the whole segments among the first 150 are archived. */
async function archive(options: FileJournalModuleOptions): Promise<bigint> {
  const { app, sequencer, snapshots, journal } = await bootBank(options);
  await depositMany(sequencer, 100);
  await snapshots.take();
  await depositMany(sequencer, 100);
  await snapshots.take();
  expect(await journal.archiveSegmentsBefore(150n)).toBeGreaterThan(1);
  if (options.archiveCompression === 'gzip') await journal.compressArchived();
  const { firstAvailableSequence: first } = journal;
  await app.close();
  return first ?? 0n;
}

const filesOf = (directory: string, ending: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(directory, name));

describe.each<['none' | 'gzip', string]>([
  ['none', '.archived'],
  ['gzip', '.archived.gz'],
])('archived segments (%s) that are still in the directory', (archiveCompression, ending) => {
  it('are read if there is no snapshot: the state is that of the whole history', async () => {
    const directory = temporaryDirectory();
    const options = { directory, archiveCompression };
    const first = await archive(options);
    expect(filesOf(directory, ending).length).toBeGreaterThan(1);
    rmSync(join(directory, 'snapshots'), { recursive: true });

    await expect(bootBank(options)).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: 0n,
      actualSequence: first,
      message: expect.stringContaining('replay: { includeArchived: true }'),
    });

    const again = await bootBank({ ...options, ...ARCHIVED });
    expect(again.bank.balanceOf('a')).toBe(200n);
    expect(again.bank.executed).toBe(200);
    expect(again.report).toMatchObject({ replayed: 200, fromSequence: 0n, lastSequence: 199n });
    await depositMany(again.sequencer, 5);
    await again.snapshots.take();
    await again.app.close();

    // With its new snapshot it no longer needs them.
    const without = await bootBank(options);
    expect(without.bank.balanceOf('a')).toBe(205n);
    expect(without.report).toMatchObject({ replayed: 0 });
  });

  it('are read from an older snapshot on, and not before it', async () => {
    const directory = temporaryDirectory();
    const options = { directory, archiveCompression };
    await archive(options);
    const [, newest] = filesOf(join(directory, 'snapshots'), '.snap');
    rmSync(newest as string);
    await expect(bootBank(options)).rejects.toMatchObject({ code: 'JOURNAL_REPLAY_GAP' });
    const { bank, report } = await bootBank({ ...options, ...ARCHIVED });
    expect(bank.balanceOf('a')).toBe(200n);
    expect(report).toMatchObject({ replayed: 100, fromSequence: 100n, snapshots: new Map([['Bank', 99n]]) });
  });

  it('are not read if a snapshot covers them', async () => {
    const directory = temporaryDirectory();
    const options = { directory, archiveCompression };
    await archive(options);
    for (const path of filesOf(directory, ending)) rmSync(path);
    const { bank, report } = await bootBank({ ...options, ...ARCHIVED });
    expect(bank.balanceOf('a')).toBe(200n);
    expect(report).toMatchObject({ replayed: 0 });
  });

  it('with one missing are a gap: the error names the missing entries', async () => {
    const directory = temporaryDirectory();
    const options = { directory, archiveCompression };
    await archive(options);
    rmSync(join(directory, 'snapshots'), { recursive: true });
    const [oldest, second] = filesOf(directory, ending);
    rmSync(second as string);
    await expect(bootBank({ ...options, ...ARCHIVED })).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: expect.any(BigInt),
    });
    rmSync(oldest as string);
    await expect(bootBank({ ...options, ...ARCHIVED })).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: 0n,
      message: expect.stringMatching(/restore the missing segments.*firstSequence/),
    });
  });

  it('also provide the events of aggregate roots', async () => {
    const options = { directory: temporaryDirectory(), archiveCompression, ...SMALL };
    const before = await bootAccounts(options);
    for (let index = 0; index < 100; index += 1)
      await before.accounts.update(`account-${index % 7}`, (account) => account.deposit(1n), {
        createIfAbsent: true,
      });
    await before.journal.archiveSegmentsBefore(60n);
    await expect(before.accounts.load('account-0')).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      message: expect.stringContaining('replay: { includeArchived: true }'),
    });
    if (archiveCompression === 'gzip') await (before.journal as FileJournal).compressArchived();
    await before.close();

    const { accounts } = await bootAccounts({ ...options, ...ARCHIVED });
    const loaded = await Promise.all([...accounts.ids()].map((id) => accounts.load(id)));
    expect(loaded.map(({ balance }) => balance)).toEqual([15n, 15n, 14n, 14n, 14n, 14n, 14n]);
  });
});

describe('replay.includeArchived', () => {
  it('uses firstSequence for a history that did not begin with 0', async () => {
    const options = { directory: temporaryDirectory(), firstSequence: 7n };
    const first = await bootBank(options);
    await depositMany(first.sequencer, 100);
    await first.journal.archiveSegmentsBefore(80n);
    await first.app.close();
    const { directory } = options;
    await expect(bootBank({ directory, ...ARCHIVED })).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: 0n,
      actualSequence: 7n,
    });
    const { bank } = await bootBank({ ...options, ...ARCHIVED });
    expect(bank.balanceOf('a')).toBe(100n);
  });

  it.each<[object, string]>([
    [{ includeArchived: 'yes' }, 'replay.includeArchived'],
    [{ includeArchive: true }, 'replay.includeArchive'],
  ])('%j stops the boot, by the name of the option', async (replay, option) => {
    const options = { directory: '/nonexistent', replay } as FileJournalModuleOptions;
    await expect(compile({ imports: [FileJournalModule.forRoot(options)] })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option,
    });
  });
});
