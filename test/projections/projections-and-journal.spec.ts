/** Projections at shutdown, on a poisoned or archived journal, and with a failing store. */
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import type { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { type JournalEntry } from '../../src/journal/index.js';
import { getJournalToken } from '../../src/nest/index.js';
import {
  FileCheckpointStore,
  InMemoryCheckpointStore,
  Projection,
  ProjectionsService,
  type Checkpoint,
  type CheckpointStore,
  type ProjectionContext,
} from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { boot, compile } from '../nest/apps.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { FileJournalModule } from '../../src/nest/index.js';
import { until } from '../support/until.js';
import { Counter, bootWith, memory, untilState } from './apps.js';
import { First, Second, Sums, add, range } from './sums.js';

describe('at shutdown', () => {
  it('projections handle the remaining entries before the journal closes', async () => {
    @Projection('slow', { checkpointIntervalMs: 60_000 })
    class Slow extends Sums {
      override async handle(entry: JournalEntry, context: ProjectionContext): Promise<void> {
        await new Promise((resolve) => setTimeout(resolve, 1));
        super.handle(entry, context);
      }
    }
    const directory = temporaryDirectory();
    const { app, projections } = await bootWith({ directory }, [Slow]);
    await add(app.get(Sequencer), 100);
    expect(projections.status('slow').lag).toBeGreaterThan(0n);
    const slow = app.get(Slow);
    await app.close();
    expect(slow.seen).toEqual(range(0, 100));
    expect(projections.status('slow')).toMatchObject({ state: 'stopped', checkpointPosition: 99n });
    const stored = new FileCheckpointStore({ directory: `${directory}/projections` });
    expect(await stored.load('slow')).toMatchObject({ position: 99n });
  });

  it('a handler that never returns delays the shutdown to the time limit, and its signal is aborted', async () => {
    let aborted = false;
    let called = false;
    @Projection('stuck')
    class Stuck {
      handle(_entry: JournalEntry, { signal }: ProjectionContext): Promise<void> {
        called = true;
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason as Error);
          }),
        );
      }
    }
    const { app, projections } = await bootWith({ ...memory(), shutdownTimeoutMs: 50 }, [Stuck, First]);
    const first = app.get(First);
    await add(app.get(Sequencer), 10);
    await until(() => called);
    await app.close();
    expect(aborted).toBe(true);
    expect(first.total).toBe(10);
    expect(projections.status('stuck')).toMatchObject({ state: 'stopped', position: null });
  });
});

describe('a projection and its journal', () => {
  it('fails with the error of a poisoned journal after it has handled everything visible', async () => {
    const options = memory();
    const { app, projections } = await bootWith(options, [First]);
    await add(app.get(Sequencer), 10);
    app.get<InMemoryJournal>(getJournalToken()).poison(new Error('the disk is gone'));
    const status = await untilState(projections, 'first', 'failed');
    expect(status.lastError?.code).toBe('JOURNAL_POISONED');
    expect(app.get(First).total).toBe(10);
  });

  it.each<[string, Checkpoint]>([
    ['beyond its end', { position: 99n, entryCrc: 1, historyEnd: null, isResetting: false }],
    ['of another entry', { position: 3n, entryCrc: 1, historyEnd: null, isResetting: false }],
  ])('fails with a checkpoint %s, alone, until it is rebuilt', async (_, checkpoint) => {
    const store = new InMemoryCheckpointStore();
    const options = { ...memory(), projections: { checkpointStore: store } };
    const before = await bootWith(options, []);
    await add(before.app.get(Sequencer), 5);
    await before.app.close();
    await store.save('first', checkpoint);
    const { app, projections } = await bootWith(options, [First, Second]);
    const status = await untilState(projections, 'first', 'failed');
    expect(status.lastError?.code).toBe('JOURNAL_PROJECTION_CHECKPOINT');
    expect(status).toMatchObject({ position: null, checkpointPosition: checkpoint.position });
    // A rebuild needs all of it, whatever the checkpoint says.
    expect(projections.hold.firstNeededSequence()).toBe(0n);
    await projections.waitFor('second');
    await projections.rebuild('first');
    expect(app.get(First)).toMatchObject({ total: 5, replayed: range(0, 5) });
    expect(await store.load('first')).toMatchObject({ position: 4n });
  });

  it('prevents archiving of segments that it has not handled', async () => {
    class Stored extends Counter {
      snapshot(): unknown {
        return this.total;
      }
      restore(total: unknown): void {
        this.total = Number(total);
      }
    }
    const { SnapshotManager } = await import('../../src/replay/index.js');
    const app = await compile({
      imports: [
        FileJournalModule.forRoot({ directory: temporaryDirectory(), segmentSizeBytes: 4096 }),
        FileJournalModule.forFeature([Stored]),
      ],
      providers: [First],
    });
    await app.init();
    const [projections, snapshots] = [app.get(ProjectionsService), app.get(SnapshotManager)];
    const journal = app.get<FileJournal>(getJournalToken());
    app.get(First).failAt = 60n;
    await add(app.get(Sequencer), 300);
    await until(() => projections.status('first').checkpointPosition === 59n);
    await snapshots.take();
    expect(await snapshots.archiveCovered()).toBeGreaterThan(0);
    expect(journal.firstAvailableSequence).toBeGreaterThan(0n);
    expect(journal.firstAvailableSequence).toBeLessThanOrEqual(60n);
    app.get(First).failAt = null;
    await projections.waitFor('first');
    await until(() => projections.status('first').checkpointPosition === 299n);
    await snapshots.archiveCovered();
    expect(journal.firstAvailableSequence).toBeGreaterThan(60n);
    expect(app.get(First).total).toBe(300);
  });

  it('reports the position of its checkpoint if the entries after it are archived', async () => {
    const options = { directory: temporaryDirectory(), segmentSizeBytes: 4096 };
    const before = await bootWith(options, [First]);
    await add(before.app.get(Sequencer), 10);
    await before.projections.waitFor('first');
    await before.app.close();
    const without = await bootWith(options, []);
    await add(without.app.get(Sequencer), 200);
    await without.app.get<FileJournal>(getJournalToken()).archiveSegmentsBefore(100n);
    await without.app.close();
    // Without the aggregate, because its first entries are archived too.
    const app = await boot({ imports: [FileJournalModule.forRoot(options)], providers: [First] });
    const projections = app.get(ProjectionsService);
    expect(await untilState(projections, 'first', 'failed')).toMatchObject({
      position: null,
      checkpointPosition: 9n,
      lastError: { code: 'JOURNAL_REPLAY_GAP' },
    });
  });

  it('survives a checkpoint store that fails for a while', async () => {
    const inner = new InMemoryCheckpointStore();
    let failures = 5;
    const store: CheckpointStore = {
      load: (name) => inner.load(name),
      async save(name, checkpoint) {
        if (failures > 0) {
          failures -= 1;
          throw new Error('the store is down');
        }
        await inner.save(name, checkpoint);
      },
    };
    const { app, projections } = await bootWith({ ...memory(), projections: { checkpointStore: store } }, [
      First,
    ]);
    await add(app.get(Sequencer), 20);
    await projections.waitFor('first', 19).catch(() => undefined);
    await until(() => projections.status('first').checkpointPosition === 19n);
    expect(app.get(First).seen).toEqual(range(0, 20));
    expect(failures).toBe(0);
  });
});
