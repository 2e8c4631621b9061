/** Rebuilds of a projection, and requests that come meanwhile. */
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { type JournalEntry } from '../../src/journal/index.js';
import { getJournalToken } from '../../src/nest/index.js';
import {
  InMemoryCheckpointStore,
  Projection,
  type Checkpoint,
  type ProjectionContext,
} from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns, until } from '../support/until.js';
import { bootWith, memory } from './apps.js';
import { First, QUICK, Second, Sums, add, range } from './sums.js';

describe('a rebuild', () => {
  it('begins at the first entry, with progress, while others continue; handled entries are history', async () => {
    const { app, projections } = await bootWith(memory(), [First, Second]);
    const first = app.get(First);
    await add(app.get(Sequencer), 1_000);
    await projections.waitFor('first');
    first.total = -1; // the result of a bug
    const reports: bigint[] = [];
    const [report, same] = await Promise.all([
      projections.rebuild('first', { onProgress: ({ position }) => reports.push(position ?? -1n) }),
      projections.rebuild('first'),
    ]);
    expect(report).toBe(same);
    expect(report).toMatchObject({ handled: 1_000, total: 1_000n, position: 999n, target: 999n, etaMs: 0 });
    expect(reports.at(-1)).toBe(999n);
    expect(first).toMatchObject({ total: 1_000, resets: 1 });
    expect(first.replayed).toEqual(range(0, 1_000));
    await add(app.get(Sequencer), 1);
    await projections.waitFor('first');
    expect(first.replayed).toHaveLength(1_000);
    expect(app.get(Second)).toMatchObject({ resets: 0 });
  });

  it('is refused without reset(), and if entries are archived', async () => {
    @Projection('for good')
    class ForGood {
      handle(): void {}
    }
    const directory = temporaryDirectory();
    const { app, projections } = await bootWith({ directory, segmentSizeBytes: 4096 }, [ForGood, First]);
    await add(app.get(Sequencer), 200);
    await projections.waitFor('first');
    await expect(projections.rebuild('for good')).rejects.toMatchObject({ code: 'JOURNAL_INVALID_ARGUMENT' });
    await app.get<FileJournal>(getJournalToken()).archiveSegmentsBefore(100n);
    await expect(projections.rebuild('first')).rejects.toMatchObject({ code: 'JOURNAL_REPLAY_GAP' });
    expect(app.get(First)).toMatchObject({ resets: 0, total: 200 });
    await add(app.get(Sequencer), 1);
    await projections.waitFor('first');
    expect(app.get(First).total).toBe(201);
  });

  it('resets again after a crash between its reset and its end', async () => {
    const store = new InMemoryCheckpointStore();
    const options = { ...memory(), projections: { checkpointStore: store } };
    const { app, projections } = await bootWith(options, [First]);
    await add(app.get(Sequencer), 10);
    await projections.waitFor('first');
    await app.close();
    // The checkpoint that a rebuild stores before it calls reset().
    const checkpoint: Checkpoint = { position: null, entryCrc: null, historyEnd: 9n, isResetting: true };
    await store.save('first', checkpoint);
    const after = await bootWith(options, [First]);
    await after.projections.waitFor('first');
    expect(after.app.get(First)).toMatchObject({ resets: 1, total: 10 });
  });
});

/** Its reset() waits until it is released; records what happened in which order. */
class Watched extends Sums {
  log: (string | bigint)[] = [];
  letGo: () => void = () => undefined;
  override handle(entry: JournalEntry, context: ProjectionContext): void {
    super.handle(entry, context);
    this.log.push(entry.sequenceNum);
  }
  override async reset(): Promise<void> {
    this.log.push('reset');
    await new Promise<void>((resolve) => (this.letGo = resolve));
    super.reset();
    this.log.push('empty');
  }
}

describe('while a rebuild resets the read model', () => {
  @Projection('watched', { retry: QUICK.retry, checkpointIntervalMs: 0, batchSize: 2 })
  class WatchedProjection extends Watched {}

  async function start(entries = 5) {
    const options = { ...memory(), projections: { checkpointStore: new InMemoryCheckpointStore() } };
    const before = await bootWith(options, [WatchedProjection]);
    await add(before.app.get(Sequencer), entries);
    await before.projections.waitFor('watched');
    await before.app.close();
    const { app, projections } = await bootWith(options, [WatchedProjection]);
    const watched = app.get(WatchedProjection);
    return { app, projections, watched, hasReset: () => until(() => watched.log.includes('reset')) };
  }

  it('nothing is handled, even if the application starts its projections then', async () => {
    const { app, projections, watched, hasReset } = await start();
    // Before the turn of the event loop that starts them.
    const rebuilt = projections.rebuild('watched');
    await hasReset();
    await add(app.get(Sequencer), 3);
    projections.start();
    projections.resume('watched');
    await turns();
    expect(watched.log).toEqual(['reset']);
    watched.letGo();
    await rebuilt;
    await projections.waitFor('watched');
    expect(watched.log).toEqual(['reset', 'empty', ...range(0, 8)]);
    expect(watched.replayed).toEqual(range(0, 5));
  });

  it('nothing is handled between the loop that ends and the one that begins', async () => {
    const { app, projections, watched, hasReset } = await start();
    await projections.waitFor('watched');
    await add(app.get(Sequencer), 2);
    await projections.waitFor('watched');
    const rebuilt = projections.rebuild('watched');
    projections.resume('watched');
    await hasReset();
    await add(app.get(Sequencer), 3);
    watched.letGo();
    await rebuilt;
    await projections.waitFor('watched');
    expect(watched.log).toEqual([5n, 6n, 'reset', 'empty', ...range(0, 10)]);
  });

  it('a pause takes effect afterwards, and the rebuild continues when it is resumed', async () => {
    const { app, projections, watched, hasReset } = await start();
    const rebuilt = projections.rebuild('watched');
    await hasReset();
    const paused = projections.pause('watched');
    watched.letGo();
    await paused;
    await add(app.get(Sequencer), 1);
    await turns();
    expect(projections.status('watched')).toMatchObject({ state: 'paused', rebuild: { target: 4n } });
    const handled = watched.log.length;
    await turns();
    expect(watched.log).toHaveLength(handled);
    projections.resume('watched');
    expect(await rebuilt).toMatchObject({ target: 4n, etaMs: 0 });
    await projections.waitFor('watched');
    expect(watched.seen).toEqual(range(0, 6));
  });

  it('the shutdown waits for it, and the next start continues', async () => {
    const { app, projections, watched, hasReset } = await start();
    const rebuilt = projections.rebuild('watched');
    const failed = rebuilt.catch((error: Error) => error.message);
    await hasReset();
    let isClosed = false;
    const closed = app.close().then(() => (isClosed = true));
    await turns();
    expect(isClosed).toBe(false);
    expect(projections.status('watched').state).toBe('draining');
    watched.letGo();
    await closed;
    expect(await failed).toBe('projection watched was stopped');
    expect(watched.log).toEqual(['reset', 'empty']);
    expect(projections.status('watched').state).toBe('stopped');
  });
});

describe('a projection with several requests at once', () => {
  it('carries them out one after another', async () => {
    const { app, projections } = await bootWith(memory(), [First]);
    await add(app.get(Sequencer), 3);
    await projections.waitFor('first');
    const paused = [projections.pause('first'), projections.pause('first')];
    projections.resume('first');
    await Promise.all(paused);
    await add(app.get(Sequencer), 1);
    await projections.waitFor('first');
    const pausedAgain = projections.pause('first');
    const rebuilt = projections.rebuild('first');
    await Promise.all([pausedAgain, rebuilt]);
    expect(app.get(First).seen).toEqual(range(0, 4));
    expect(app.get(First).resets).toBe(1);
  });

  it('stays paused if it was paused before the application started it', async () => {
    const options = { ...memory(), projections: { checkpointStore: new InMemoryCheckpointStore() } };
    const before = await bootWith(options, [First]);
    await add(before.app.get(Sequencer), 3);
    await before.projections.waitFor('first');
    await before.app.close();
    const { app, projections } = await bootWith(options, [First]);
    await projections.pause('first');
    await add(app.get(Sequencer), 1);
    await turns();
    expect(projections.status('first').state).toBe('paused');
    expect(app.get(First).seen).toEqual([]);
    projections.resume('first');
    await projections.waitFor('first');
    expect(app.get(First).seen).toEqual([3n]);
  });
});
