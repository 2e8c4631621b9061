import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { WriteAheadPublisher } from '../../src/cqrs/index.js';
import { SequencerEvent, type JournalEntry } from '../../src/journal/index.js';
import {
  InMemoryCheckpointStore,
  OnJournaled,
  Projection,
  type JournaledContext,
  type ProjectionContext,
} from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { named } from '../support/event-classes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { Counter, bootWith, memory, untilState } from './apps.js';
import { First, Second, Sums, add, range } from './sums.js';

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

  it('continues after a restart at its position, and distinguishes history from new entries', async () => {
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

  it('has the retries of the module if its own are undefined, as an omitted option', async () => {
    @Projection('stubborn', { retry: { initialDelayMs: 1, maxRetries: undefined } })
    class Stubborn extends Sums {}
    const options = { ...memory(), projections: { retry: { maxRetries: 0 } } };
    const { app, projections } = await bootWith(options, [Stubborn]);
    app.get(Stubborn).failAt = 0n;
    await add(app.get(Sequencer), 1);
    expect(await untilState(projections, 'stubborn', 'failed')).toMatchObject({ retries: 0 });
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
    const { app, projections } = await bootWith({ ...memory(), events: named({ Noted }) }, [Events]);
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
