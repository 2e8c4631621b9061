/** Snapshots of another history in the directory: a backup of the journal was restored beside them. */
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { FileJournal } from '../../src/file-journal/index.js';
import {
  FileJournalModule,
  getJournalToken,
  getSequencerToken,
  type FileJournalModuleOptions,
} from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import type { Sequencer } from '../../src/sequencer/index.js';
import { boot } from '../nest/apps.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { snapshotFiles } from './snapshots.js';

async function bootBank(directory: string, options: FileJournalModuleOptions = {}) {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 4096, ...options }),
      FileJournalModule.forFeature([Bank]),
    ],
  });
  const sequencer = app.get<Sequencer>(getSequencerToken());
  return {
    app,
    bank: app.get(Bank),
    journal: app.get<FileJournal>(getJournalToken()),
    snapshots: app.get(SnapshotManager),
    deposit: (count: number, cents: number) =>
      Promise.all(Array.from({ length: count }, () => sequencer.submit(deposit('a', cents)))),
  };
}

const snapshotsOf = (directory: string): number[] =>
  snapshotFiles(join(directory, 'snapshots')).map((name) => Number(/-(\d+)\.snap$/.exec(name)?.[1]));

function copyJournal(from: string, to: string): void {
  for (const name of readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isFile()))
    cpSync(join(from, name.name), join(to, name.name));
}

describe('pruning', () => {
  it('neither counts nor deletes snapshots of another history, and keeps its own', async () => {
    const directory = temporaryDirectory();
    const backup = temporaryDirectory();
    const old = await bootBank(directory, { snapshots: { keep: 3 } });
    await old.deposit(10, 1);
    await old.snapshots.take();
    await old.journal.flush();
    copyJournal(directory, backup);
    for (let round = 0; round < 2; round += 1) {
      await old.deposit(10, 1);
      await old.snapshots.take();
    }
    await old.app.close();
    expect(snapshotsOf(directory)).toEqual([9, 19, 29]);

    for (const name of readdirSync(directory))
      if (/segment|checkpoint/.test(name)) rmSync(join(directory, name));
    copyJournal(backup, directory);
    const restored = await bootBank(directory, { snapshots: { keep: 2 } });
    expect(restored.bank.balanceOf('a')).toBe(10n);
    await restored.deposit(25, 5);
    await restored.snapshots.take();
    expect(snapshotsOf(directory)).toEqual([9, 19, 29, 34]);
    await restored.deposit(10, 5);
    await restored.snapshots.take();
    expect(snapshotsOf(directory)).toEqual([19, 29, 34, 44]);
    await restored.app.close();

    rmSync(join(directory, 'snapshots', 'snapshot-Bank-00000000000000000044.snap'));
    const again = await bootBank(directory);
    expect(again.bank.balanceOf('a')).toBe(185n);
    expect(again.bank.executed).toBe(10);
    await again.app.close();
  });
});

describe.each(['none', 'gzip'] as const)(
  'a snapshot at the last archived entry (%s)',
  (archiveCompression) => {
    /**
     * Two histories of one length. The first is archived up to `first`; the snapshot there comes from the
     * second.
     */
    async function twoHistories() {
      const directory = temporaryDirectory();
      const own = await bootBank(directory, { archiveCompression });
      await own.deposit(200, 2);
      expect(await own.journal.archiveSegmentsBefore(150n)).toBeGreaterThan(1);
      if (archiveCompression === 'gzip') await own.journal.compressArchived();
      const first = Number(own.journal.firstAvailableSequence);
      await own.app.close();
      return { directory, first, options: { archiveCompression } };
    }

    async function putSnapshot(directory: string, count: number, cents: number): Promise<void> {
      const other = temporaryDirectory();
      const { app, deposit: depositThere, snapshots } = await bootBank(other);
      await depositThere(count, cents);
      await snapshots.take();
      await app.close();
      const [name = ''] = snapshotFiles(join(other, 'snapshots'));
      mkdirSync(join(directory, 'snapshots'), { recursive: true });
      copyFileSync(join(other, 'snapshots', name), join(directory, 'snapshots', basename(name)));
    }

    it('is refused if the archived segment holds another entry', async () => {
      const { directory, first, options } = await twoHistories();
      await putSnapshot(directory, first, 1);
      await expect(bootBank(directory, options)).rejects.toMatchObject({ code: 'JOURNAL_REPLAY_GAP' });
      const { app, bank } = await bootBank(directory, { ...options, replay: { includeArchived: true } });
      expect(bank.balanceOf('a')).toBe(400n);
      await app.close();
    });

    it('is used if the archived segment was moved away, so that it cannot be compared', async () => {
      const { directory, first, options } = await twoHistories();
      await putSnapshot(directory, first, 2);
      for (const name of readdirSync(directory))
        if (name.includes('.archived')) rmSync(join(directory, name));
      const { app, bank } = await bootBank(directory, options);
      expect(bank.balanceOf('a')).toBe(400n);
      expect(bank.executed).toBe(200 - first);
      await app.close();
    });
  },
);

it('a snapshot of the same history at the last archived entry is used', async () => {
  const directory = temporaryDirectory();
  const probe = await bootBank(temporaryDirectory());
  await probe.deposit(200, 2);
  await probe.journal.archiveSegmentsBefore(150n);
  const first = Number(probe.journal.firstAvailableSequence);
  await probe.app.close();

  const own = await bootBank(directory);
  await own.deposit(first, 2);
  await own.snapshots.take();
  await own.deposit(200 - first, 2);
  expect(await own.snapshots.archiveCovered()).toBeGreaterThan(1);
  expect(own.journal.firstAvailableSequence).toBe(BigInt(first));
  await own.app.close();
  const again = await bootBank(directory);
  expect(again.bank.executed).toBe(200 - first);
  expect(again.bank.balanceOf('a')).toBe(400n);
  await again.app.close();
});
