/** Automatic snapshots over a restart, and the archiving of the segments that they cover. */
import { readdirSync } from 'node:fs';
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
import type { ReplayService, SnapshotOptions } from '../../src/replay/index.js';
import type { Sequencer } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { boot, compile } from './apps.js';

async function bank(directory: string, snapshots: SnapshotOptions, own?: object) {
  const definition = own === undefined ? Bank : { aggregate: Bank, snapshots: own };
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 4096, snapshots }),
      FileJournalModule.forFeature([definition as never]),
    ],
  });
  return {
    app,
    sequencer: app.get<Sequencer>(getSequencerToken()),
    journal: app.get<FileJournal>(getJournalToken()),
    report: app.get<ReplayService>(getReplayServiceToken()).lastReport,
  };
}

const snapshotsIn = (directory: string): string[] =>
  readdirSync(join(directory, 'snapshots')).filter((name) => name.endsWith('.snap'));

describe('snapshot policies', () => {
  it.each<[string, SnapshotOptions]>([
    ['everyEvents', { everyEvents: 10 }],
    ['everyBytes', { everyBytes: 1_500 }],
    ['everyMs', { everyMs: 5 }],
  ])('%s takes them, and the next start replays only newer entries', async (_name, policy) => {
    const directory = temporaryDirectory('policies-');
    const first = await bank(directory, policy);
    for (let count = 0; count < 45; count += 1) await first.sequencer.submit(deposit('a', 1));
    await until(() => first.report !== null && hasSnapshots(directory));
    await first.app.close();
    const second = await bank(directory, {});
    expect(second.report?.snapshots.has('Bank')).toBe(true);
    expect(second.report?.replayed).toBeLessThan(45);
    expect(second.app.get(Bank).balanceOf('a')).toBe(45n);
  });

  it('archive what they cover, compressed; the whole history stays readable after a restart', async () => {
    const directory = temporaryDirectory('policies-');
    const first = await bank(directory, { archive: true }, { everyEvents: 20, keep: 1 });
    for (let count = 0; count < 150; count += 1) await first.sequencer.submit(deposit('a', 1));
    await until(() => first.journal.isComplete === false);
    await first.app.close();
    expect(snapshotsIn(directory)).toHaveLength(1);
    const second = await bank(directory, {});
    await second.journal.compressArchived();
    expect(readdirSync(directory).some((name) => name.endsWith('.archived.gz'))).toBe(true);
    expect(second.journal.isComplete).toBe(false);
    expect(second.app.get(Bank).balanceOf('a')).toBe(150n);
    expect([...second.journal.readFrom(0, { includeArchived: true })]).toHaveLength(150);
  });

  it('manual takes none', async () => {
    const directory = temporaryDirectory('policies-');
    const { app, sequencer } = await bank(directory, { everyEvents: 1 }, 'manual' as never);
    for (let count = 0; count < 5; count += 1) await sequencer.submit(deposit('a', 1));
    await app.close();
    expect(hasSnapshots(directory)).toBe(false);
  });

  it.each<[object, string]>([
    [{ everyEvents: 0 }, 'snapshots.everyEvents'],
    [{ everyMs: 2 ** 31 }, 'snapshots.everyMs'],
    [{ everyBytes: '1 MB' }, 'snapshots.everyBytes'],
    [{ archive: 'yes' }, 'snapshots.archive'],
  ])('%j stops the boot, and the error names the option', async (snapshots, option) => {
    const options = { directory: '/nonexistent', snapshots } as FileJournalModuleOptions;
    await expect(compile({ imports: [FileJournalModule.forRoot(options)] })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option,
    });
  });
});

function hasSnapshots(directory: string): boolean {
  return readdirSync(directory).includes('snapshots') && snapshotsIn(directory).length > 0;
}
