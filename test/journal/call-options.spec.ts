import { describe, expect, it } from '@jest/globals';
import { AggregateRepository } from '../../src/aggregates/index.js';
import { FileJournal } from '../../src/file-journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import type { Journal } from '../../src/journal/index.js';
import { FileJournalModule, getAggregateRepositoryToken, getJournalToken } from '../../src/nest/index.js';
import {
  FileCheckpointStore,
  OnJournaled,
  Projection,
  ProjectionsService,
  SqliteCheckpointStore,
} from '../../src/projections/index.js';
import { FileSnapshotStore } from '../../src/replay/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import {
  AggregateSpecification,
  JournalFaults,
  ProjectionSpecification,
  SequencerSpecification,
  TestClock,
} from '../../src/testing/index.js';
import { EVENTS, Order } from '../cqrs/events.js';
import { boot, survivingJournal } from '../nest/apps.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** An options object with a typo, and the expected text of the error. */
const TYPOS = {
  submit: [{ comandId: 'a' }, 'unknown option "comandId"; did you mean "commandId"?'],
  save: [{ expectedVerison: 1 }, 'unknown option "expectedVerison"; did you mean "expectedVersion"?'],
  update: [{ createIfAbsnt: true }, 'unknown option "createIfAbsnt"; did you mean "createIfAbsent"?'],
  read: [{ limt: 1 }, 'unknown option "limt"; did you mean "limit"?'],
  subscribe: [{ batchSise: 1 }, 'unknown option "batchSise"; did you mean "batchSize"?'],
  nextBatch: [{ maxEntires: 1 }, 'unknown option "maxEntires"; did you mean "maxEntries"?'],
  verify: [{ includeArchive: true }, 'unknown option "includeArchive"; did you mean "includeArchived"?'],
  rebuild: [{ onProgres: () => undefined }, 'unknown option "onProgres"; did you mean "onProgress"?'],
} as const;

type Call = () => unknown;

/** The error of a call, thrown or rejected. */
async function errorOf(call: Call): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('the call was accepted');
}

const refusal = (message: string, code = 'JOURNAL_INVALID_ARGUMENT') => ({
  code,
  message: expect.stringContaining(message) as unknown,
});

@Projection('totals')
class Totals {
  @OnJournaled('Received')
  receive(): void {}
  reset(): void {}
}

async function application() {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ journal: survivingJournal(), events: EVENTS }),
      FileJournalModule.forFeature([Bank, Order]),
    ],
    providers: [Totals],
  });
  return {
    journal: app.get<Journal>(getJournalToken()),
    sequencer: app.get<Sequencer>(Sequencer),
    orders: app.get<AggregateRepository<Order>>(getAggregateRepositoryToken(Order)),
    projections: app.get(ProjectionsService),
  };
}

describe('Options of a call', () => {
  it.each<[string, unknown, string]>([
    ['a typo', ...TYPOS.submit],
    ['null', null, 'options must be an object'],
    ['a string', 'A-1', 'options must be an object'],
    ['a list', ['A-1'], 'options must be an object'],
    ['an isSame that is none', { commandId: 'a', isSame: true }, 'isSame must be a function'],
  ])('submit refuses %s and executes nothing', async (_what, options, message) => {
    const { journal, sequencer } = await application();
    const submitted = sequencer.submit(deposit('a', 1), options as never);
    expect(submitted).toBeInstanceOf(Promise);
    expect(await errorOf(() => submitted)).toMatchObject(refusal(message));
    expect(journal.nextSequence).toBeNull();
    await sequencer.submit(deposit('a', 1), undefined);
    await sequencer.submit(deposit('a', 1), {});
    await sequencer.submit(deposit('a', 1), { commandId: undefined });
    expect(journal.lastSequence).toBe(2n);
  });

  it('save and update refuse typos and invalid values and store nothing', async () => {
    const { journal, orders } = await application();
    const order = await orders.loadOrCreate('A-1');
    order.place(5n);
    const place = (changed: Order): void => changed.place(1n);
    const [saving, aboutSave] = TYPOS.save;
    const [updating, aboutUpdate] = TYPOS.update;
    expect(await errorOf(() => orders.save(order, saving as never))).toMatchObject(refusal(aboutSave));
    expect(await errorOf(() => orders.save(order, null as never))).toMatchObject(
      refusal('options must be an object'),
    );
    expect(await errorOf(() => orders.save(order, { expectedVersion: -1 }))).toMatchObject(
      refusal('an integer of 0 or more'),
    );
    expect(await errorOf(() => orders.save(order, { expectedSequence: 0 as never }))).toMatchObject(
      refusal('a bigint or null'),
    );
    expect(await errorOf(() => orders.update('A-1', place, updating as never))).toMatchObject(
      refusal(aboutUpdate),
    );
    expect(await errorOf(() => orders.updateAll(['A-1'], () => undefined, updating as never))).toMatchObject(
      refusal(aboutUpdate),
    );
    expect(await errorOf(() => orders.update('A-1', place, { createIfAbsent: 1 as never }))).toMatchObject(
      refusal('a boolean'),
    );
    expect(await errorOf(() => orders.update('A-1', place, { attempts: 0 }))).toMatchObject(
      refusal('an integer of 1 … 100'),
    );
    expect(journal.nextSequence).toBeNull();
    await orders.save(order, { expectedVersion: 0, expectedSequence: null });
    await orders.update('A-1', place, { attempts: 1 });
    expect(orders.has('A-1')).toBe(true);
    expect(journal.lastSequence).toBe(1n);
  });

  it('rebuild refuses typos and values that are not functions', async () => {
    const { projections } = await application();
    const [typo, message] = TYPOS.rebuild;
    expect(await errorOf(() => projections.rebuild('totals', typo as never))).toMatchObject(refusal(message));
    expect(await errorOf(() => projections.rebuild('totals', null as never))).toMatchObject(
      refusal('options must be an object'),
    );
    expect(await errorOf(() => projections.rebuild('totals', { onProgress: 1 as never }))).toMatchObject(
      refusal('a function'),
    );
    await projections.rebuild('totals', {});
  });

  it.each<[string, (directory: string) => Promise<Journal>]>([
    ['FileJournal', (directory) => FileJournal.open({ directory, segmentSizeBytes: 65_536 })],
    ['InMemoryJournal', () => InMemoryJournal.open()],
    ['a journal with faults', async () => new JournalFaults().wrap(await InMemoryJournal.open())],
    [
      'a read-only journal',
      async (directory) => {
        await (await FileJournal.open({ directory, segmentSizeBytes: 65_536 })).close();
        return (await FileJournal.openReadOnly({ directory })) as unknown as Journal;
      },
    ],
  ])('the methods of %s refuse typos', async (_what, open) => {
    const journal = await open(temporaryDirectory());
    try {
      expect(await errorOf(() => journal.readFrom(0, TYPOS.read[0] as never))).toMatchObject(
        refusal(TYPOS.read[1]),
      );
      expect(await errorOf(() => journal.readFrom(0, null as never))).toMatchObject(
        refusal('options must be an object'),
      );
      expect(await errorOf(() => journal.subscribe(TYPOS.subscribe[0] as never))).toMatchObject(
        refusal(TYPOS.subscribe[1]),
      );
      expect(await errorOf(() => journal.verifyIntegrity(TYPOS.verify[0] as never))).toMatchObject(
        refusal(TYPOS.verify[1]),
      );
      expect(await errorOf(() => journal.verifyIntegrity({ includeArchived: 'yes' as never }))).toMatchObject(
        refusal('includeArchived must be a boolean'),
      );
      const subscription = journal.subscribe();
      expect(await errorOf(() => subscription.nextBatch(TYPOS.nextBatch[0] as never))).toMatchObject(
        refusal(TYPOS.nextBatch[1]),
      );
      expect(await errorOf(() => subscription.nextBatch(null as never))).toMatchObject(
        refusal('options must be an object'),
      );
      await subscription.close();
      expect([...journal.readFrom(0, { limit: 1, onCorrupt: undefined })]).toEqual([]);
      expect(await journal.verifyIntegrity({ includeArchived: false })).toMatchObject({ ok: true });
    } finally {
      await journal.close();
    }
  });
});

describe('Options of components that are configured once', () => {
  const snapshot = { sequence: 0n, version: 1, state: {}, entryCrc: 0 };

  it.each<[string, Call, string]>([
    [
      'InMemoryJournal.open',
      () => InMemoryJournal.open({ durabilty: 'sync' } as never),
      'unknown option "durabilty"; did you mean "durability"?',
    ],
    [
      'orderBookCodec',
      () => orderBookCodec({ id: 'any' } as never),
      'unknown option "id" of orderBookCodec(); did you mean "ids"?',
    ],
    ['the ids of orderBookCodec', () => orderBookCodec({ ids: 'all' as never }), "'checked' or 'any'"],
    [
      'FileSnapshotStore',
      () => new FileSnapshotStore({ directory: 'snapshots', kepp: 2 } as never),
      'unknown option "kepp" of FileSnapshotStore; did you mean "keep"?',
    ],
    ['FileSnapshotStore without options', () => new FileSnapshotStore(undefined as never), 'an object'],
    [
      'FileCheckpointStore',
      () => new FileCheckpointStore({ directry: 'x' } as never),
      'unknown option "directry" of FileCheckpointStore; did you mean "directory"?',
    ],
    ['FileCheckpointStore without options', () => new FileCheckpointStore(null as never), 'an object'],
    [
      'SqliteCheckpointStore',
      () => new SqliteCheckpointStore({ conection: {} } as never),
      'unknown option "conection" of SqliteCheckpointStore; did you mean "connection"?',
    ],
  ])('%s', async (_what, call, message) => {
    expect(await errorOf(call)).toMatchObject(refusal(message, 'JOURNAL_INVALID_OPTION'));
  });

  it('of a snapshot store in save', async () => {
    const store = new FileSnapshotStore({ directory: temporaryDirectory() });
    expect(await errorOf(() => store.save('bank', snapshot as never, { kepp: 1 } as never))).toMatchObject(
      refusal('unknown option "kepp"; did you mean "keep"?'),
    );
  });

  it.each<[string, Call, string]>([
    ['TestClock', () => new TestClock({ tickNS: 1n } as never), 'did you mean "tickNs"?'],
    [
      'JournalFaults.failNextWrite',
      () => new JournalFaults().failNextWrite({ stord: true } as never),
      'did you mean "stored"?',
    ],
    [
      'SequencerSpecification',
      () => SequencerSpecification.for(() => new Bank(), { startNS: 1n } as never),
      'did you mean "startNs"?',
    ],
    [
      'AggregateSpecification',
      () => AggregateSpecification.for(() => new Order('a'), { event: [] } as never),
      'did you mean "events"?',
    ],
    [
      'ProjectionSpecification',
      () => ProjectionSpecification.for(() => new Totals(), { transaktion: 1 } as never),
      'did you mean "transaction"?',
    ],
  ])('of the testing kit: %s', async (_what, call, message) => {
    expect(await errorOf(call)).toMatchObject(refusal(message));
  });
});
