/** Snapshots and checkpoints of projections in a backup. */
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { COMPANIONS } from '../../../src/cli/companions.js';
import { backupJournal, FileJournal, restoreJournal } from '../../../src/file-journal/index.js';
import { FileCheckpointStore } from '../../../src/projections/index.js';
import { FileSnapshotStore } from '../../../src/replay/index.js';
import { appendTo, entriesOf, filesOf, place, SMALL } from './support/journals.js';

const companions = COMPANIONS;

async function snapshotAt(
  directory: string,
  target: string,
  sequence: bigint,
  entryCrc: number,
): Promise<void> {
  const store = new FileSnapshotStore({ directory: join(directory, 'snapshots'), keep: 100 });
  await store.save(target, {
    sequence,
    entryCrc,
    stateVersion: 1,
    payload: Buffer.from(`"state ${sequence}"`),
  });
}

async function checkpointAt(
  directory: string,
  projection: string,
  position: bigint | null,
  entryCrc: number | null,
  historyEnd: bigint | null = null,
): Promise<void> {
  const store = new FileCheckpointStore({ directory: join(directory, 'projections') });
  await store.save(projection, { position, entryCrc, historyEnd, isResetting: false });
}

/** A journal with 100 entries, some of them archived and compressed, and the stored checksum of each. */
async function journalWith100(directory: string): Promise<number[]> {
  await using journal = await FileJournal.open({ directory, ...SMALL });
  await appendTo(journal, 100);
  await journal.archiveSegmentsBefore(30n);
  await journal.compressArchived('gzip');
  await journal.archiveSegmentsBefore(60n);
  return (await entriesOf(directory)).map(([, crc]) => crc);
}

const namesIn = (directory: string, folder: string): string[] => {
  try {
    return readdirSync(join(directory, folder)).sort();
  } catch {
    return [];
  }
};

describe('snapshots and checkpoints in a backup', () => {
  it('are included if they belong to its entries: live, archived and compressed ones', async () => {
    const { journal, backup, restored } = place();
    const crcs = await journalWith100(journal);
    const crcOf = (sequence: number): number => crcs[sequence] as number;
    for (const sequence of [10, 45, 99])
      await snapshotAt(journal, 'books/BTC', BigInt(sequence), crcOf(sequence));
    await snapshotAt(journal, 'foreign', 50n, crcOf(50) ^ 1);
    await snapshotAt(journal, 'later', 100n, 7);
    await checkpointAt(journal, 'trades', 98n, crcOf(98), 20n);
    await checkpointAt(journal, 'fresh', null, null);
    await checkpointAt(journal, 'foreign', 30n, crcOf(30) ^ 1);
    await checkpointAt(journal, 'history', 40n, crcOf(40), 100n);
    writeFileSync(join(journal, 'snapshots', 'snapshot-damaged-00000000000000000001.snap'), 'no snapshot');
    writeFileSync(join(journal, 'snapshots', 'snapshot-x-00000000000000000001.snap.tmp'), 'being written');
    const huge = join(journal, 'snapshots', 'snapshot-huge-00000000000000000001.snap');
    writeFileSync(huge, '');
    truncateSync(huge, 2 ** 40); // sparse
    const report = await backupJournal({ directory: journal, destination: backup, companions });
    expect(report).toMatchObject({ snapshots: 3, checkpoints: 2 });
    expect(report.leftOut.map(({ name }) => name).sort()).toEqual([
      'projection-foreign.checkpoint',
      'projection-history.checkpoint',
      'snapshot-damaged-00000000000000000001.snap',
      'snapshot-foreign-00000000000000000050.snap',
      'snapshot-huge-00000000000000000001.snap',
      'snapshot-later-00000000000000000100.snap',
    ]);
    const whole = await restoreJournal({ source: backup, directory: restored, companions });
    expect(whole).toMatchObject({ snapshots: 3, checkpoints: 2, leftOut: [] });
    expect(namesIn(restored, 'snapshots')).toEqual([10, 45, 99].map(nameOfBook));
    expect(namesIn(restored, 'projections')).toEqual([
      'projection-fresh.checkpoint',
      'projection-trades.checkpoint',
    ]);
    for (const name of namesIn(restored, 'snapshots'))
      expect(readFileSync(join(restored, 'snapshots', name))).toEqual(
        readFileSync(join(journal, 'snapshots', name)),
      );
  });

  it('stay behind if they are beyond the point in time', async () => {
    const { journal, backup, parent } = place();
    const crcs = await journalWith100(journal);
    for (const sequence of [10, 45, 99])
      await snapshotAt(journal, 'books/BTC', BigInt(sequence), crcs[sequence] as number);
    await checkpointAt(journal, 'trades', 40n, crcs[40] as number, 45n);
    await backupJournal({ directory: journal, destination: backup, companions });
    for (const [toSequence, snapshots, checkpoints] of [
      [9n, [], []],
      [10n, [10], []],
      [44n, [10], []],
      [45n, [10, 45], ['projection-trades.checkpoint']],
      [98n, [10, 45], ['projection-trades.checkpoint']],
    ] as const) {
      const directory = join(parent, `to-${toSequence}`);
      await restoreJournal({ source: backup, directory, toSequence, companions });
      expect(namesIn(directory, 'snapshots')).toEqual(snapshots.map(nameOfBook));
      expect(namesIn(directory, 'projections')).toEqual(checkpoints);
    }
  });

  it('are copied once, and leave the backup when the journal has replaced them', async () => {
    const { journal, backup } = place();
    const crcs = await journalWith100(journal);
    await snapshotAt(journal, 'book', 10n, crcs[10] as number);
    await backupJournal({ directory: journal, destination: backup, companions });
    await snapshotAt(journal, 'book', 20n, crcs[20] as number);
    await backupJournal({ directory: journal, destination: backup, companions });
    const snapshots = (): string[] => namesIn(backup, '.').filter((name) => name.includes('snapshot'));
    expect(snapshots()).toEqual([
      'g1-snapshot-book-00000000000000000010.snap',
      'g2-snapshot-book-00000000000000000020.snap',
    ]);
    rmSync(join(journal, 'snapshots', 'snapshot-book-00000000000000000010.snap'));
    await backupJournal({ directory: journal, destination: backup, companions });
    expect(snapshots()).toEqual(['g2-snapshot-book-00000000000000000020.snap']);
  });

  it('whose entries are gone are included only if the entries continue right after them', async () => {
    const { journal, backup, restored } = place();
    const crcs = await journalWith100(journal);
    for (const name of readdirSync(journal).filter((one) => one.includes('.archived')))
      rmSync(join(journal, name));
    await using opened = await FileJournal.openReadOnly({ directory: journal });
    const first = Number(opened.firstAvailableSequence);
    await snapshotAt(journal, 'book', BigInt(first - 1), crcs[first - 1] as number);
    await snapshotAt(journal, 'book', BigInt(first - 2), crcs[first - 2] as number);
    const report = await backupJournal({ directory: journal, destination: backup, companions });
    expect(report).toMatchObject({ snapshots: 1, firstSequence: BigInt(first) });
    await restoreJournal({ source: backup, directory: restored, companions });
    expect(namesIn(restored, 'snapshots')).toHaveLength(1);
  });

  it('are not taken from a folder that is a file, or from other files', async () => {
    const { journal, backup } = place();
    await journalWith100(journal);
    mkdirSync(join(journal, 'snapshots'));
    writeFileSync(join(journal, 'snapshots', 'notes.txt'), 'x');
    mkdirSync(join(journal, 'snapshots', 'snapshot-book-00000000000000000010.snap'));
    const before = filesOf(journal);
    expect(await backupJournal({ directory: journal, destination: backup, companions })).toMatchObject({
      snapshots: 0,
      checkpoints: 0,
      leftOut: [],
    });
    expect(filesOf(journal)).toEqual(before);
  });
});

function nameOfBook(sequence: number): string {
  return `snapshot-books%2FBTC-${String(sequence).padStart(20, '0')}.snap`;
}
