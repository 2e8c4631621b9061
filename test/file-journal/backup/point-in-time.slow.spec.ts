import { readdirSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { backupJournal, FileJournal, restoreJournal } from '../../../src/file-journal/index.js';
import { SequencerEvent } from '../../../src/journal/index.js';
import { appendTo, entriesOf, place, SMALL } from './support/journals.js';

const SUFFIXES = { gzip: '.gz', zstd: '.zst' } as const;
/** Node.js 20 has no zstd. */
const COMPRESSIONS = 'zstdCompress' in zlib ? (['gzip', 'zstd'] as const) : (['gzip'] as const);

/**
 * A backup of a journal with compressed, archived and live segments; every form holds some of 120 entries.
 */
async function backedUp(
  compression: 'gzip' | 'zstd' = 'gzip',
): Promise<ReturnType<typeof place> & { entries: [bigint, number][] }> {
  const paths = place();
  await using journal = await FileJournal.open({ directory: paths.journal, ...SMALL });
  await appendTo(journal, 120);
  await journal.archiveSegmentsBefore(40n);
  await journal.compressArchived(compression);
  await journal.archiveSegmentsBefore(80n);
  const names = readdirSync(paths.journal);
  expect(names.some((name) => name.endsWith(`.archived${SUFFIXES[compression]}`))).toBe(true);
  expect(names.some((name) => name.endsWith('.archived'))).toBe(true);
  await backupJournal({ directory: paths.journal, destination: paths.backup });
  return { ...paths, entries: await entriesOf(paths.journal) };
}

describe('a restore to a point in time', () => {
  it.each(COMPRESSIONS)(
    'ends at any entry, in live, archived and compressed segments (%s), and continues from there',
    async (compression) => {
      const { parent, backup, entries } = await backedUp(compression);
      const forms = new Set<string>();
      for (let end = 0; end < 120; end += 5) {
        const directory = `${parent}/to-${end}`;
        const report = await restoreJournal({ source: backup, directory, toSequence: BigInt(end) });
        expect(report).toMatchObject({
          entries: end + 1,
          lastSequence: BigInt(end),
          lastTimestampNs: expect.anything(),
        });
        for (const name of readdirSync(directory)) forms.add(name.replace(/\d{20}/, ''));
        await using journal = await FileJournal.open({ directory, ...SMALL });
        expect(journal.recovery).toMatchObject({ outcome: 'clean', lastSequence: BigInt(end) });
        await appendTo(journal, end + 3);
        const sequences = (await entriesOf(directory)).slice(0, end + 1);
        expect(sequences).toEqual(entries.slice(0, end + 1));
        expect(journal.nextSequence).toBe(BigInt(end + 3));
      }
      expect([...forms].sort()).toEqual([
        'journal.checkpoint',
        'segment-.journal',
        'segment-.journal.archived',
        `segment-.journal.archived${SUFFIXES[compression]}`,
      ]);
    },
  );

  it('refuses a sequence outside the backup, and a time before it', async () => {
    const { parent, backup } = await backedUp();
    const directory = `${parent}/target`;
    const to = (point: object): Promise<unknown> => restoreJournal({ source: backup, directory, ...point });
    await expect(to({ toSequence: 120n })).rejects.toMatchObject({
      code: 'JOURNAL_SEQUENCE_NOT_FOUND',
      firstAvailableSequence: 0n,
      lastSequence: 119n,
    });
    await expect(to({ toTimeNs: 1n })).rejects.toMatchObject({ code: 'JOURNAL_INVALID_ARGUMENT' });
    await expect(to({ toTimeNs: 1n, toSequence: 1n })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ARGUMENT',
    });
    expect(readdirSync(parent).sort()).toEqual(['backup', 'journal']);
  });

  it('ends before the first entry with a later time, even if entries with earlier times follow', async () => {
    const { journal: directory, backup, parent } = place();
    {
      await using journal = await FileJournal.open({ directory, ...SMALL });
      for (const [number, timestampNs] of [10n, 20n, 20n, 15n, 30n, 20n, 40n].entries())
        await journal.append(
          new SequencerEvent({ sequenceNum: BigInt(number), timestampNs, command: 'at', result: null }),
        );
    }
    await backupJournal({ directory, destination: backup });
    for (const [timeNs, last] of [
      [10n, 0n],
      [19n, 0n],
      [20n, 3n],
      [29n, 3n],
      [30n, 5n],
      [99n, 6n],
    ] as const) {
      const report = await restoreJournal({
        source: backup,
        directory: `${parent}/at-${timeNs}`,
        toTimeNs: timeNs,
      });
      expect([timeNs, report.lastSequence]).toEqual([timeNs, last]);
    }
  });

  it('works on a journal whose first segment begins anywhere', async () => {
    const { journal: directory, backup, parent } = place();
    {
      await using journal = await FileJournal.open({ directory, ...SMALL });
      const at = (sequenceNum: bigint): SequencerEvent =>
        new SequencerEvent({ sequenceNum, timestampNs: sequenceNum, command: 'x'.repeat(900), result: null });
      for (let sequence = 2n ** 63n; sequence < 2n ** 63n + 9n; sequence += 1n)
        await journal.append(at(sequence));
    }
    await backupJournal({ directory, destination: backup });
    const report = await restoreJournal({
      source: backup,
      directory: `${parent}/cut`,
      toSequence: 2n ** 63n + 4n,
    });
    expect(report).toMatchObject({ firstSequence: 2n ** 63n, lastSequence: 2n ** 63n + 4n, entries: 5 });
    expect(await entriesOf(`${parent}/cut`)).toHaveLength(5);
  });
});
