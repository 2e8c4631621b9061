import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import type { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { WriteAheadPublisher } from '../../src/cqrs/index.js';
import { SequencerEvent, type JournalEntry } from '../../src/journal/index.js';
import { getJournalToken } from '../../src/nest/index.js';
import {
  FileCheckpointStore,
  InMemoryCheckpointStore,
  OnJournaled,
  Projection,
  ProjectionsService,
  type Checkpoint,
  type CheckpointStore,
  type JournaledContext,
  type ProjectionContext,
} from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { boot, compile } from '../nest/apps.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { FileJournalModule } from '../../src/nest/index.js';
import { turns, until } from '../support/until.js';
import { Counter, bootWith, memory, untilState } from './apps.js';

const QUICK = { retry: { initialDelayMs: 1, maxDelayMs: 2, maxRetries: 1_000 } };

/** A read model whose handlers fail on demand. */
class Sums {
  seen: bigint[] = [];
  replayed: bigint[] = [];
  total = 0;
  resets = 0;
  failAt: bigint | null = null;
  handle(entry: JournalEntry, { isReplaying }: ProjectionContext): void {
    if (entry.sequenceNum === this.failAt) throw new Error(`cannot take ${entry.sequenceNum}`);
    this.seen.push(entry.sequenceNum);
    if (isReplaying) this.replayed.push(entry.sequenceNum);
    const { command } = entry.event as { command: { Add?: number } };
    this.total += command.Add ?? 0;
  }
  reset(): void {
    this.resets += 1;
    this.seen = [];
    this.replayed = [];
    this.total = 0;
  }
}

@Projection('first', { retry: QUICK.retry, checkpointIntervalMs: 0 })
class First extends Sums {}

@Projection('second', { retry: QUICK.retry, checkpointIntervalMs: 0 })
class Second extends Sums {}

async function add(sequencer: Sequencer, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => sequencer.submit({ Add: 1 })));
}

function range(from: number, to: number): bigint[] {
  return Array.from({ length: to - from }, (_, index) => BigInt(from + index));
}

describe('a projection', () => {
  it('catches up, follows, and reports its position', async () => {
    const { app, projections } = await bootWith(memory(), [First]);
    const [first, sequencer] = [app.get(First), app.get(Sequencer)];
    await add(sequencer, 500);
    await projections.waitFor('first');
    expect(first.total).toBe(500);
    await untilState(projections, 'first', 'running');
    await until(() => projections.status('first').checkpointPosition === 499n);
    expect(projections.status()).toEqual([
      {
        name: 'first',
        kind: 'projection',
        state: 'running',
        position: 499n,
        checkpointPosition: 499n,
        historyEnd: null,
        lag: 0n,
        lastError: null,
        retries: 0,
        nextRetryAt: null,
        rebuild: null,
      },
    ]);
    expect(projections.minimumPosition()).toBe(499n);
    expect(() => projections.status('nobody')).toThrow(
      expect.objectContaining({ code: 'JOURNAL_PROJECTION_NOT_FOUND' }),
    );
  });

  it('continues after a restart at its position, and tells history from new entries', async () => {
    const options = { ...memory(), projections: { checkpointStore: new InMemoryCheckpointStore() } };
    const before = await bootWith(options, []);
    await add(before.app.get(Sequencer), 10);
    await before.app.close();

    const registered = await bootWith(options, [First]);
    await add(registered.app.get(Sequencer), 5);
    await registered.projections.waitFor('first');
    const first = registered.app.get(First);
    expect(first.seen).toEqual(range(0, 15));
    expect(first.replayed).toEqual(range(0, 10));
    await registered.app.close();

    const after = await bootWith(options, [First]);
    await add(after.app.get(Sequencer), 3);
    await after.projections.waitFor('first');
    expect(after.app.get(First).seen).toEqual(range(15, 18));
    expect(after.app.get(First).replayed).toEqual([]);
    expect(after.projections.status('first').historyEnd).toBe(9n);
  });

  it('pauses alone when it fails, retries with a growing delay, and recovers', async () => {
    const { app, projections } = await bootWith(memory(), [First, Second]);
    const [first, second, sequencer] = [app.get(First), app.get(Second), app.get(Sequencer)];
    first.failAt = 7n;
    await add(sequencer, 20);
    await projections.waitFor('second');
    expect(second.seen).toEqual(range(0, 20));
    await until(() => projections.status('first').retries >= 3);
    const status = projections.status('first');
    expect(status).toMatchObject({
      position: 6n,
      lag: 13n,
      lastError: { message: 'cannot take 7', sequence: 7n, code: null },
    });
    expect(projections.minimumPosition()).toBe(6n);
    first.failAt = null;
    await projections.waitFor('first', 19);
    expect(first.seen).toEqual(range(0, 20));
    expect(projections.status('first')).toMatchObject({ retries: 0, lastError: null });
  });

  it('gives up after its last retry, and continues when it is resumed', async () => {
    @Projection('stubborn', { retry: { initialDelayMs: 1, maxDelayMs: 1, maxRetries: 2 } })
    class Stubborn extends Sums {}
    const { app, projections } = await bootWith(memory(), [Stubborn, First]);
    const stubborn = app.get(Stubborn);
    stubborn.failAt = 0n;
    await add(app.get(Sequencer), 3);
    await untilState(projections, 'stubborn', 'failed');
    await expect(projections.waitFor('stubborn')).rejects.toThrow('cannot take 0');
    await projections.waitFor('first');
    stubborn.failAt = null;
    projections.resume('stubborn');
    await projections.waitFor('stubborn');
    expect(stubborn.seen).toEqual(range(0, 3));
  });

  it('handles nothing while it is paused', async () => {
    const { app, projections } = await bootWith(memory(), [First]);
    await add(app.get(Sequencer), 2);
    await projections.waitFor('first');
    await projections.pause('first');
    await add(app.get(Sequencer), 2);
    expect(projections.status('first')).toMatchObject({ state: 'paused', position: 1n, lag: 2n });
    projections.resume('first');
    await projections.waitFor('first');
    expect(app.get(First).seen).toEqual(range(0, 4));
  });

  it('is rebuilt from the first entry, with progress, while others continue; handled entries are history', async () => {
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

  it('is not rebuilt without reset(), nor if its entries are archived', async () => {
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

  it('resets again after a crash between the reset and the end of a rebuild', async () => {
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

  it('handles batches of limited size, never across the boundary of history', async () => {
    const sizes: [number, boolean][] = [];
    @Projection('batches', { batchSize: 64 })
    class Batches {
      handleBatch(entries: readonly JournalEntry[], { isReplaying }: ProjectionContext): void {
        sizes.push([entries.length, isReplaying]);
      }
    }
    const options = memory();
    const before = await bootWith(options, []);
    await add(before.app.get(Sequencer), 100);
    await before.app.close();
    const { app, projections } = await bootWith({ ...options, projections: { autoStart: false } }, [Batches]);
    await add(app.get(Sequencer), 50);
    expect(projections.status('batches').state).toBe('stopped');
    projections.start();
    await projections.waitFor('batches');
    expect(sizes).toEqual([
      [64, true],
      [36, true],
      [50, false],
    ]);
  });

  it('handles single events by name and by class, of commands and of domain events', async () => {
    class Noted {}
    const got: unknown[] = [];
    @Projection('events')
    class Events {
      @OnJournaled('Add')
      added(data: unknown, { eventName, aggregateId, idempotencyKey }: JournaledContext): void {
        got.push([eventName, data, aggregateId, idempotencyKey]);
      }
      @OnJournaled(Noted, 'Both')
      noted(data: unknown, { idempotencyKey }: JournaledContext): void {
        got.push([data instanceof Noted, idempotencyKey]);
      }
    }
    const { app, projections } = await bootWith({ ...memory(), events: { Noted } }, [Events]);
    const sequencer = app.get(Sequencer);
    const publisher = app.get(WriteAheadPublisher);
    await sequencer.submit({ Add: 5 });
    await sequencer.submit({ Other: 1 });
    await sequencer.submit({ Noted: new Noted() });
    await publisher.publish(
      new SequencerEvent({
        sequenceNum: 3,
        timestampNs: 2n ** 60n,
        command: { Both: { v: 1, aggregateId: 'A', data: {} } },
        result: null,
      }),
    );
    await projections.waitFor('events');
    expect(got).toEqual([
      ['Add', 5, null, 'events/0/0'],
      [true, 'events/2/0'],
      [false, 'events/3/0'],
    ]);
  });

  it("skips stored entries with startFrom: 'end'", async () => {
    @Projection('late', { startFrom: 'end' })
    class Late extends Sums {}
    const options = memory();
    const before = await bootWith(options, []);
    await add(before.app.get(Sequencer), 10);
    await before.app.close();
    const { app, projections } = await bootWith(options, [Late]);
    expect(projections.status('late')).toMatchObject({ position: 9n, lag: 0n });
    await add(app.get(Sequencer), 2);
    await projections.waitFor('late');
    expect(app.get(Late).seen).toEqual([10n, 11n]);
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

describe('boot refuses', () => {
  @Projection('empty')
  class Empty {}
  @Projection('first')
  class AlsoFirst extends Sums {}
  @Projection('elsewhere', { journal: 'nowhere' })
  class Elsewhere extends Sums {}
  @Projection('greedy', { batchSize: 0 })
  class Greedy extends Sums {}
  @Projection('unstored', { checkpointStore: Counter })
  class Unstored extends Sums {}
  @Projection('torn')
  class Torn extends Sums {
    handleBatch(): void {}
  }

  it.each([
    ['a class without handlers', [Empty], 'projection empty'],
    ['two of one name', [First, AlsoFirst], 'projection name'],
    ['an unknown journal', [Elsewhere], 'journal of projection elsewhere'],
    ['an impossible option', [Greedy], 'batchSize of projection greedy'],
    ['a store that is none', [Unstored], 'checkpointStore of projection unstored'],
    ['handlers that do not go together', [Torn], 'projection torn'],
  ])('%s, and leaves the journal unlocked', async (_, providers, option) => {
    const directory = temporaryDirectory();
    await expect(bootWith({ directory }, providers)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option,
    });
    await (await FileJournal.open({ directory, lockTimeoutMs: 1_000 })).close();
  });

  it('invalid options of the module', async () => {
    const wrong = [
      { retry: { maxRetries: -1 } },
      { checkpointStore: {} },
      { autoStart: 1 },
      { drain: 5 },
      { directory: '' },
    ];
    for (const projections of wrong) {
      await expect(bootWith({ ...memory(), projections: projections as never }, [])).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_OPTION',
        option: expect.stringMatching(/^projections\./),
      });
    }
  });
});
