/** Archiving at boot, during a rebuild and beside one. */
import { Module } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { SnapshotManager } from '../../src/replay/index.js';
import { getJournalToken, type FileJournalModuleOptions } from '../../src/nest/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { FileJournal } from '../../src/file-journal/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { bootWith } from './apps.js';
import { pause, Seen } from './seen.js';

describe('archiving', () => {
  class Counter {
    total = 0;
    execute({ Add }: { Add: number }): number {
      this.total += Add;
      return this.total;
    }
    snapshot(): number {
      return this.total;
    }
    restore(total: number): void {
      this.total = total;
    }
  }

  const options = (directory: string, snapshots = {}): FileJournalModuleOptions => ({
    directory,
    segmentSizeBytes: 4096,
    archiveCompression: 'none',
    snapshots,
    projections: { retry: { maxRetries: 0 } },
  });

  it('at boot keeps what projections have not handled, however slow the start is', async () => {
    const directory = temporaryDirectory();
    const before = await bootWith(options(directory), [Seen], [], Counter);
    before.app.get(Seen).failAt = 10n;
    const sequencer = before.app.get(Sequencer);
    await Promise.all(Array.from({ length: 300 }, () => sequencer.submit({ Add: 1 })));
    await until(() => before.projections.status('p').state === 'failed');
    await before.app.close();

    let archivedEarly: number | null = null;
    @Module({
      providers: [
        {
          provide: 'SLOW',
          inject: [SnapshotManager],
          async useFactory(snapshots: SnapshotManager) {
            await snapshots.take();
            archivedEarly = await snapshots.archiveCovered();
            await pause(50);
          },
        },
      ],
    })
    class Slow {}
    const { app, projections } = await bootWith(
      options(directory, { everyEvents: 100, archive: true }),
      [Seen],
      [Slow],
      Counter,
    );
    await projections.waitFor('p');
    expect(archivedEarly).toBe(0);
    expect(app.get(Seen).seen).toEqual(Array.from({ length: 290 }, (_, index) => BigInt(index + 10)));
    const journal = app.get<FileJournal>(getJournalToken());
    const again = app.get(Sequencer);
    await Promise.all(Array.from({ length: 100 }, () => again.submit({ Add: 1 })));
    await until(() => (journal.firstAvailableSequence ?? 0n) > 0n);
  });

  it('and a rebuild at the same time exclude each other, and nothing is lost', async () => {
    const directory = temporaryDirectory();
    const { app, projections } = await bootWith(options(directory), [Seen], [], Counter);
    const sequencer = app.get(Sequencer);
    await Promise.all(Array.from({ length: 300 }, () => sequencer.submit({ Add: 1 })));
    await projections.waitFor('p');
    await projections.pause('p');
    projections.resume('p');
    const snapshots = app.get(SnapshotManager);
    await snapshots.take();
    const archived = snapshots.archiveCovered();
    await expect(projections.rebuild('p')).rejects.toMatchObject({ code: 'JOURNAL_REPLAY_GAP' });
    expect(await archived).toBeGreaterThan(0);
    expect(app.get(Seen).seen).toHaveLength(300);
    expect(projections.status('p').state).not.toBe('failed');
  });

  it('during a rebuild keeps everything', async () => {
    const directory = temporaryDirectory();
    const { app, projections } = await bootWith(options(directory), [Seen], [], Counter);
    const sequencer = app.get(Sequencer);
    await Promise.all(Array.from({ length: 300 }, () => sequencer.submit({ Add: 1 })));
    await projections.waitFor('p');
    const snapshots = app.get(SnapshotManager);
    await snapshots.take();
    const rebuilt = projections.rebuild('p');
    expect(await snapshots.archiveCovered()).toBe(0);
    await rebuilt;
    expect(app.get(Seen).seen).toHaveLength(300);
  });
});
