import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { CommandBus, CqrsModule, EventBus } from '@nestjs/cqrs';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { AggregateRepository } from '../../src/aggregates/index.js';
import { FileJournal } from '../../src/file-journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import type { Journal } from '../../src/journal/index.js';
import {
  FileJournalModule,
  InjectAggregateRepository,
  InjectJournal,
  getAggregateRepositoryToken,
  getJournalToken,
  getProjectionsServiceToken,
  getReplayServiceToken,
  getSequencerToken,
  getSnapshotManagerToken,
  getWriteAheadPublisherToken,
} from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import {
  FileCheckpointStore,
  InMemoryCheckpointStore,
  OnJournaled,
  ProcessManager,
  Projection,
  ProjectionsService,
} from '../../src/projections/index.js';
import { FileSnapshotStore } from '../../src/replay/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { InMemoryDisk } from '../../src/testing/index.js';
import { EVENTS, Order } from '../cqrs/events.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const SILENT = { log() {}, error() {}, warn() {}, debug() {}, verbose() {}, fatal() {} };

@Projection('deposits')
class Deposits {
  readonly seen: unknown[] = [];
  @OnJournaled('Deposit')
  deposited(data: unknown): void {
    this.seen.push(data);
  }
}

@Injectable()
class Teller {
  constructor(
    readonly sequencer: Sequencer,
    @InjectJournal() readonly journal: Journal,
    readonly byClass: FileJournal,
  ) {}
}

@Injectable()
class Clerk {
  constructor(@InjectAggregateRepository(Order) readonly orders: AggregateRepository<Order>) {}
}

let running: TestingModule | null = null;

afterEach(async () => {
  await running?.close();
  running = null;
});

/** An EventBus without RxJS, with every method that CqrsModule and the journal call. */
function eventBusMock() {
  const published: object[] = [];
  const mock = {
    publish: (event: object) => published.push(event),
    publishAll: () => undefined,
    subscribe: () => undefined,
    bind: () => undefined,
    register: () => undefined,
    registerSagas: () => undefined,
    onModuleDestroy: () => undefined,
  };
  return { mock, published };
}

/** An application with a file journal whose directory a test must not touch. */
function application({
  withEvents = false,
  cqrs = CqrsModule.forRoot() as DynamicModule | Type,
  options = {},
} = {}) {
  const directory = join(temporaryDirectory(), 'journal');
  @Module({ imports: [FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536, ...options })] })
  class JournalModule {}
  @Module({
    imports: [
      cqrs,
      JournalModule,
      FileJournalModule.forFeature(withEvents ? { aggregates: [Bank, Order], events: EVENTS } : [Bank]),
    ],
    providers: [Teller, Deposits, ...(withEvents ? [Clerk] : [])],
  })
  class AppModule {}
  const builder = Test.createTestingModule({ imports: [AppModule] }).setLogger(SILENT);
  return { directory, builder, JournalModule };
}

async function start(builder: TestingModuleBuilder): Promise<TestingModule> {
  running = await builder.compile();
  return running.init();
}

describe('overrideProvider() of the journal', () => {
  it.each<[string, symbol | typeof FileJournal]>([
    ['by its token', getJournalToken()],
    ['by its class', FileJournal],
  ])('%s receives all writes, and nothing touches the directory', async (_how, token) => {
    const fake = await InMemoryJournal.open();
    const { directory, builder } = application({
      options: { snapshots: { directory: join(temporaryDirectory(), 'snapshots') } },
    });
    const app = await start(builder.overrideProvider(token).useValue(fake));
    const { sequencer, journal, byClass } = app.get(Teller);
    await sequencer.submit(deposit('a', 5n));
    expect([journal, byClass]).toEqual([fake, fake]);
    expect(fake.lastSequence).toBe(0n);
    await app.get(ProjectionsService).waitFor('deposits');
    expect(app.get(Deposits).seen).toHaveLength(1);
    expect(await app.get(SnapshotManager).take()).toEqual(new Map());
    await app.close();
    expect(fake.state).toBe('closed');
    expect(existsSync(directory)).toBe(false);
  });

  it('leaves the stores of the real journal alone, and keeps those of a test', async () => {
    const real = join(temporaryDirectory(), 'real');
    const checkpoints = new InMemoryCheckpointStore();
    for (const checkpointStore of [new FileCheckpointStore({ directory: real }), checkpoints]) {
      const { builder } = application({
        options: {
          snapshots: { store: new FileSnapshotStore({ directory: real }), everyEvents: 1 },
          projections: { checkpointStore },
        },
      });
      const fake = await InMemoryJournal.open();
      const app = await start(builder.overrideProvider(getJournalToken()).useValue(fake));
      await app.get(Teller).sequencer.submit(deposit('a', 5n));
      await app.get(ProjectionsService).waitFor('deposits');
      await app.close();
    }
    expect(existsSync(real)).toBe(false);
    expect(await checkpoints.load('deposits')).toMatchObject({ position: 0n });
  });

  it.each<[string, (builder: TestingModuleBuilder) => TestingModuleBuilder, string]>([
    [
      'with an incomplete journal',
      (builder) => builder.overrideProvider(getJournalToken()).useValue({ append() {} }),
      'it lacks appendBatch(), archiveSegmentsBefore(), close()',
    ],
    [
      'with a factory',
      (builder) => builder.overrideProvider(getJournalToken()).useFactory({ factory: () => ({}) }),
      'needs useValue with a complete Journal',
    ],
    [
      'with a class',
      (builder) => builder.overrideProvider(FileJournal).useClass(class {}),
      'overrideProvider(FileJournal) needs useValue',
    ],
  ])('%s is refused, and nothing touches the directory', async (_how, override, message) => {
    const { directory, builder } = application();
    await expect(start(override(builder))).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining(message) as unknown,
    });
    expect(existsSync(directory)).toBe(false);
  });

  it('is refused with event classes, which it cannot decode', async () => {
    const { directory, builder } = application({ withEvents: true });
    const fake = await InMemoryJournal.open();
    await expect(start(builder.overrideProvider(getJournalToken()).useValue(fake))).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining('FileJournalModule.forTesting()') as unknown,
    });
    expect(existsSync(directory)).toBe(false);
  });
});

describe('overrideProvider() of another provider of a file journal', () => {
  it.each<[string, Parameters<TestingModuleBuilder['overrideProvider']>[0]]>([
    ['the Sequencer', getSequencerToken()],
    ['the Sequencer by its class', Sequencer],
    ['the ReplayService', getReplayServiceToken()],
    ['the SnapshotManager', getSnapshotManagerToken()],
    ['the ProjectionsService', getProjectionsServiceToken()],
    ['the WriteAheadPublisher', getWriteAheadPublisherToken()],
    ['a repository', getAggregateRepositoryToken(Order)],
    ['an aggregate', Bank],
  ])('is refused for %s before the directory is touched', async (_what, token) => {
    const { directory, builder } = application({ withEvents: true });
    await expect(start(builder.overrideProvider(token).useValue({}))).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringMatching(
        /overrideProvider\(.+\) would leave the journal in .+ open for writing.*forTesting\(\)/,
      ) as unknown,
    });
    expect(existsSync(directory)).toBe(false);
  });

  it('with a factory that wraps the real one is refused as well', async () => {
    const { directory, builder } = application();
    const wrapping = { factory: (real: unknown) => real, inject: [getSequencerToken()] };
    await expect(start(builder.overrideProvider(Sequencer).useFactory(wrapping))).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
    });
    expect(existsSync(directory)).toBe(false);
  });

  it('works over a journal in memory', async () => {
    const { directory, builder, JournalModule } = application({ withEvents: true });
    const [orders, submitted] = [{ load: async () => 'the order' }, [] as unknown[]];
    const sequencer = { submit: async (command: unknown) => submitted.push(command) };
    const app = await start(
      builder
        .overrideModule(JournalModule)
        .useModule(FileJournalModule.forTesting())
        .overrideProvider(getAggregateRepositoryToken(Order))
        .useValue(orders)
        .overrideProvider(Sequencer)
        .useValue(sequencer),
    );
    expect(await app.get(Clerk).orders.load('A-1')).toBe('the order');
    await app.get(Teller).sequencer.submit('anything');
    expect(submitted).toEqual(['anything']);
    expect(existsSync(directory)).toBe(false);
  });
});

describe('overrideProvider(EventBus)', () => {
  it.each<[string, unknown, string]>([
    ['a bare mock', { publish: () => undefined }, 'lacks publishAll(), subscribe()'],
    ['an empty mock', {}, 'lacks publish(), publishAll(), subscribe()'],
    ['null', null, 'lacks publish(), publishAll(), subscribe()'],
  ])('with %s is refused before the directory is touched', async (_what, mock, message) => {
    const { directory, builder } = application();
    await expect(start(builder.overrideProvider(EventBus).useValue(mock))).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining(message) as unknown,
    });
    expect(existsSync(directory)).toBe(false);
  });

  it('with every method the journal needs gets what is journaled', async () => {
    const { builder, JournalModule } = application();
    const { mock, published } = eventBusMock();
    const app = await start(
      builder
        .overrideModule(JournalModule)
        .useModule(FileJournalModule.forTesting())
        .overrideProvider(EventBus)
        .useValue(mock),
    );
    await app.get(Teller).sequencer.submit(deposit('a', 5n));
    expect(published).toMatchObject([{ sequenceNum: 0n }]);
  });
});

describe('overrideProvider(EventBus) in an application whose CqrsModule is not global', () => {
  type Override = (builder: TestingModuleBuilder, mock: object) => TestingModuleBuilder;
  it.each<[string, Override]>([
    ['useValue', (builder, mock) => builder.overrideProvider(EventBus).useValue(mock)],
    ['useFactory', (builder, mock) => builder.overrideProvider(EventBus).useFactory({ factory: () => mock })],
    [
      'useClass',
      (builder, mock) =>
        builder.overrideProvider(EventBus).useClass(
          class {
            constructor() {
              Object.assign(this, mock);
            }
          },
        ),
    ],
  ])('with %s gets what is journaled', async (_how, override) => {
    const { mock, published } = eventBusMock();
    const { builder, JournalModule } = application({ cqrs: CqrsModule });
    const app = await start(
      override(builder, mock).overrideModule(JournalModule).useModule(FileJournalModule.forTesting()),
    );
    await app.get(Teller).sequencer.submit(deposit('a', 5n));
    expect(published).toMatchObject([{ sequenceNum: 0n }]);
  });

  it('with a bare mock is refused before the directory is touched', async () => {
    const { directory, builder } = application({ cqrs: CqrsModule });
    const mocked = builder.overrideProvider(EventBus).useValue({ publish: () => undefined });
    await expect(start(mocked)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining('lacks publishAll(), subscribe()') as unknown,
    });
    expect(existsSync(directory)).toBe(false);
  });
});

describe.each<[string, DynamicModule | Type]>([
  ['CqrsModule.forRoot()', CqrsModule.forRoot()],
  ['a plain CqrsModule', CqrsModule],
])('overrideProvider(CommandBus) in an application with %s', (_which, cqrs) => {
  @ProcessManager('greetings', { startFrom: 'beginning' })
  class Greetings {
    @OnJournaled('Deposit')
    deposited(): object {
      return { greet: 'a' };
    }
  }

  function greeting(mock: object): TestingModuleBuilder {
    return Test.createTestingModule({
      imports: [cqrs, FileJournalModule.forTesting(), FileJournalModule.forFeature([Bank])],
      providers: [Greetings],
    })
      .setLogger(SILENT)
      .overrideProvider(CommandBus)
      .useValue(mock);
  }

  it('gets the commands of process managers', async () => {
    const sent: unknown[] = [];
    const mock = { execute: async (command: unknown) => sent.push(command), register: () => undefined };
    const app = await start(greeting(mock));
    await app.get(Sequencer).submit(deposit('a', 5n));
    await app.get(ProjectionsService).waitFor('greetings');
    expect(sent).toEqual([{ greet: 'a' }]);
  });

  it('is refused without execute()', async () => {
    await expect(start(greeting({ register: () => undefined }))).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining('lacks execute()') as unknown,
    });
    // NestJS 11 cannot close an application whose boot failed; the journals are closed already.
    running = null;
  });
});

describe('overrideModule() of the module that imports forRoot()', () => {
  it('runs the whole application on a journal in memory, also across a restart', async () => {
    const disk = new InMemoryDisk();
    for (const balance of [5n, 10n]) {
      const { directory, builder, JournalModule } = application({ withEvents: true });
      const app = await start(
        builder.overrideModule(JournalModule).useModule(FileJournalModule.forTesting({ disk })),
      );
      await app.get(Clerk).orders.update('A-1', (order) => order.place(1n), { createIfAbsent: true });
      const { result } = await app.get(Teller).sequencer.submit(deposit('a', 5n));
      expect(result).toEqual({ balance });
      await app.close();
      expect(existsSync(directory)).toBe(false);
    }
    expect(disk.entries()).toHaveLength(4);
  });
});
