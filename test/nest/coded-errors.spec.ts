import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { AggregateRepository } from '../../src/aggregates/index.js';
import { WriteAheadPublisher } from '../../src/cqrs/index.js';
import { InvalidOptionError, JournalError } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getAggregateRepositoryToken,
  type FileJournalModuleOptions,
} from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import { OnJournaled, ProcessManager, Projection, ProjectionsService } from '../../src/projections/index.js';
import { JournalAggregate, type SnapshotStore } from '../../src/replay/index.js';
import { Sequencer, type SequencerAggregate } from '../../src/sequencer/index.js';
import { EVENTS, Order } from '../cqrs/events.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { boot, survivingJournal } from './apps.js';

const NOTHING = { async *load() {}, save: async () => undefined } satisfies SnapshotStore;

async function application(options: FileJournalModuleOptions = {}, aggregate: never | typeof Bank = Bank) {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ journal: survivingJournal(), events: EVENTS, ...options }),
      FileJournalModule.forFeature([aggregate, Order]),
    ],
  });
  return {
    app,
    sequencer: app.get<Sequencer>(Sequencer),
    orders: app.get<AggregateRepository<Order>>(getAggregateRepositoryToken(Order)),
    publisher: app.get(WriteAheadPublisher),
    snapshots: app.get(SnapshotManager),
  };
}

class Unsnappable implements SequencerAggregate<unknown, null> {
  execute(): null {
    return null;
  }
  snapshot(): object {
    throw new TypeError('no state today');
  }
  restore(): void {}
}

describe('A call with an invalid argument', () => {
  type App = Awaited<ReturnType<typeof application>>;
  it.each<[string, (app: App) => Promise<unknown>, string]>([
    [
      'query without a function',
      ({ sequencer }) => sequencer.query(undefined as never),
      'look must be a function',
    ],
    [
      'query of a repository without a function',
      ({ orders }) => orders.query('A-1', 5 as never),
      'look must be',
    ],
    [
      'query of an id that is not a string',
      ({ orders }) => orders.query(7 as never, () => 1),
      'id must be a string',
    ],
    [
      'update without a function',
      ({ orders }) => orders.update('A-1', null as never),
      'change must be a function',
    ],
    [
      'updateAll without ids',
      ({ orders }) => orders.updateAll('A-1' as never, () => 1),
      'ids must be a list',
    ],
    [
      'updateAll with an id that is not a string',
      ({ orders }) => orders.updateAll([null as never], () => 1),
      'id must be',
    ],
    [
      'save of nothing',
      ({ orders }) => orders.save(undefined as never),
      'aggregate must be an aggregate root',
    ],
    [
      'save of a plain object',
      ({ orders }) => orders.save({} as never),
      'aggregate must be an aggregate root',
    ],
    ['saveAll of nothing', ({ orders }) => orders.saveAll(undefined as never), 'aggregates must be a list'],
    [
      'saveAll with a missing aggregate',
      ({ orders }) => orders.saveAll([null as never]),
      'aggregate must be an aggregate root',
    ],
    [
      'publish of nothing',
      ({ publisher }) => publisher.publish(undefined as never),
      'event must be an object',
    ],
    [
      'publishAll of nothing',
      ({ publisher }) => publisher.publishAll(null as never),
      'events must be a list',
    ],
  ])('is refused with a code: %s', async (_what, call, message) => {
    const app = await application();
    await expect(call(app)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ARGUMENT',
      message: expect.stringContaining(message) as unknown,
    });
  });
});

describe('An error that application code throws for a snapshot', () => {
  it('is the cause of a SnapshotError: in snapshot()', async () => {
    const { sequencer, snapshots } = await application(
      { snapshots: { store: NOTHING } },
      Unsnappable as never,
    );
    await sequencer.submit('go');
    await expect(snapshots.take()).rejects.toMatchObject({
      code: 'JOURNAL_SNAPSHOT',
      message: 'snapshot Unsnappable: snapshot() failed: no state today',
      cause: expect.any(TypeError) as unknown,
    });
  });

  it('is the cause of a SnapshotError: in a store', async () => {
    const store: SnapshotStore = {
      ...NOTHING,
      async save() {
        throw new Error('the bucket is gone');
      },
    };
    const { sequencer, snapshots } = await application({ snapshots: { store } });
    await sequencer.submit(deposit('a', 1));
    const taken = snapshots.take();
    await expect(taken).rejects.toMatchObject({
      code: 'JOURNAL_SNAPSHOT',
      cause: { message: 'the bucket is gone' },
    });
  });
});

describe('A name that becomes part of a file name', () => {
  it.each<[string, string, string]>([
    ['too long', 'x'.repeat(201), 'must take at most 200 bytes'],
    ['too long once it is encoded', 'ä'.repeat(40), 'takes 240'],
    ['lone surrogates', 'a\ud800', 'lone surrogates'],
    ['empty', '', 'a non-empty string'],
  ])('is refused at boot for a projection: %s', async (_what, name, message) => {
    @Projection(name)
    class Badly {
      @OnJournaled('Deposit')
      deposited(): void {}
    }
    const imports = [FileJournalModule.forRoot({ journal: survivingJournal() })];
    await expect(boot({ imports, providers: [Badly] })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('is refused for an aggregate', () => {
    @JournalAggregate('x'.repeat(201))
    class Badly extends Bank {}
    expect(() => FileJournalModule.forFeature([Badly])).toThrow(InvalidOptionError);
  });

  it('may have any other characters', async () => {
    @Projection('a/b:../ü')
    class Fine {
      @OnJournaled('Deposit')
      deposited(): void {}
    }
    const app = await boot({
      imports: [FileJournalModule.forRoot({ journal: survivingJournal() })],
      providers: [Fine],
    });
    expect(app.get(ProjectionsService).names).toEqual(['a/b:../ü']);
  });
});

describe('A process manager without a CommandBus', () => {
  it('fails with a code when it sends a command', async () => {
    @ProcessManager('reorder', { retry: { maxRetries: 0 } })
    class Reorder {
      @OnJournaled('Deposit')
      deposited(): object {
        return { Order: 1 };
      }
    }
    const app = await boot({
      cqrs: null,
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature([Bank]),
      ],
      providers: [Reorder],
    });
    await app.get(Sequencer).submit(deposit('a', 1));
    await expect(app.get(ProjectionsService).waitFor('reorder')).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining('import CqrsModule.forRoot()') as unknown,
    });
  });
});

describe('An inspected error', () => {
  it('has no outcome if the error has none', () => {
    const error = new InvalidOptionError('directory', '', 'a non-empty path');
    expect(error).toBeInstanceOf(JournalError);
    expect(inspect(error)).not.toContain('outcome');
    expect(Object.keys(error)).not.toContain('outcome');
    expect(error.outcome).toBeUndefined();
  });
});
