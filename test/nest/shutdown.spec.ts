import { describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { Journal, JournalEntry } from '../../src/journal/index.js';
import { FileJournalModule, getJournalToken, type JournalFactory } from '../../src/nest/index.js';
import {
  InMemoryCheckpointStore,
  Projection,
  ProjectionsService,
  type CheckpointStore,
} from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { openFaultyJournal, type FaultyJournal } from '../support/faulty-journal.js';
import { boot, serve, survivingJournal } from './apps.js';
import { turns } from '../support/until.js';

const bankOn = (journal: JournalFactory) => [
  FileJournalModule.forRoot({ journal }),
  FileJournalModule.forFeature([Bank]),
];

describe('Shutdown', () => {
  it('drains the queue before it closes the journal', async () => {
    let journal: FaultyJournal | undefined;
    const app = await boot({ imports: bankOn(async () => (journal = await openFaultyJournal())) });
    if (journal === undefined) throw new Error('the journal was not opened');
    const sequencer = app.get<Sequencer<Bank>>(Sequencer);
    journal.held = true;
    const submitted = sequencer.submit(deposit('a', 1));
    const closed = app.close();
    await turns();
    expect(journal.state).toBe('open');
    journal.release();
    await closed;
    expect(journal.state).toBe('closed');
    expect((await submitted).sequenceNum).toBe(0n);
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
  });

  it('runs after HTTP has closed: a pending request gets its answer', async () => {
    let arrived: () => void = () => undefined;
    let goOn: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const going = new Promise<void>((resolve) => (goOn = resolve));

    @Controller()
    class DepositController {
      constructor(@Inject(Sequencer) private readonly sequencer: Sequencer<Bank>) {}

      @Get('deposit')
      async deposit(): Promise<unknown> {
        arrived();
        await going;
        return this.sequencer.submit(deposit('a', 1));
      }
    }
    const factory = survivingJournal();
    const { app, url } = await serve({ imports: bankOn(factory), controllers: [DepositController] });
    const request = fetch(`${url}/deposit`, { headers: { connection: 'close' } });
    await arrival;
    const closed = app.close();
    await turns();
    expect(factory.current?.state).toBe('open');
    goOn();
    const response = await request;
    expect(await response.json()).toMatchObject({ sequenceNum: '0', result: { balance: '1' } });
    await closed;
    expect(factory.current?.state).toBe('closed');
  });

  it('runs after the hooks of the application’s own providers, which may still submit', async () => {
    @Injectable()
    class Last implements OnModuleDestroy, OnApplicationShutdown {
      readonly sequences: bigint[] = [];
      constructor(@Inject(Sequencer) private readonly sequencer: Sequencer<Bank>) {}
      async onModuleDestroy(): Promise<void> {
        this.sequences.push((await this.sequencer.submit(deposit('a', 1))).sequenceNum);
      }
      async onApplicationShutdown(): Promise<void> {
        this.sequences.push((await this.sequencer.submit(deposit('a', 1))).sequenceNum);
      }
    }
    const factory = survivingJournal();
    const module = { module: class Feature {}, providers: [Last], exports: [Last] };
    const app = await boot({ imports: [...bankOn(factory), module], providers: [] });
    const last = app.get(Last);
    await app.close();
    expect(last.sequences).toEqual([0n, 1n]);
    expect(factory.current?.state).toBe('closed');
  });

  it('opens the database of an earlier global module before it is needed, and closes it afterwards', async () => {
    const log: string[] = [];
    let opened: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (opened = resolve));
    @Injectable()
    class Database implements OnModuleInit, OnApplicationShutdown {
      readonly checkpoints = new InMemoryCheckpointStore();
      onModuleInit(): void {
        opened();
      }
      onApplicationShutdown(): void {
        log.push('closed');
      }
    }
    const store: CheckpointStore = {
      async load(name) {
        await ready;
        return database.checkpoints.load(name);
      },
      async save(name, checkpoint) {
        log.push(`saved ${checkpoint.position}`);
        return database.checkpoints.save(name, checkpoint);
      },
    };
    @Global()
    @Module({ providers: [Database] })
    class DatabaseModule {}
    @Projection('read model', { checkpointIntervalMs: 60_000 })
    class ReadModel {
      handle({ sequenceNum }: JournalEntry): void {
        log.push(`handled ${sequenceNum}`);
      }
    }
    const database = new Database();
    const app = await boot({
      imports: [
        { module: DatabaseModule, providers: [{ provide: Database, useValue: database }] },
        FileJournalModule.forRoot({ journal: survivingJournal(), projections: { checkpointStore: store } }),
        FileJournalModule.forFeature([Bank]),
      ],
      providers: [ReadModel],
    });
    await app.get<Sequencer<Bank>>(Sequencer).submit(deposit('a', 1));
    await app.get(ProjectionsService).waitFor('read model');
    await app.close();
    expect(log.slice(-3)).toEqual(['handled 0', 'saved 0', 'closed']);
  });

  it.each(['onModuleDestroy', 'beforeApplicationShutdown'])(
    'starts its time limit only after %s of the other providers',
    async (hook) => {
      let done: () => void = () => undefined;
      const finished = new Promise<void>((resolve) => (done = resolve));
      const last = { [hook]: () => finished };
      const factory = survivingJournal();
      const app = await boot({
        imports: [
          FileJournalModule.forRoot({ journal: factory, shutdownTimeoutMs: 5 }),
          FileJournalModule.forFeature([Bank]),
        ],
        providers: [{ provide: 'LAST', useValue: last }],
      });
      const closed = app.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(factory.current?.state).toBe('open');
      done();
      await closed;
      expect(factory.current?.state).toBe('closed');
    },
  );

  it('closes every journal, even if one of them is poisoned', async () => {
    const [main, risk] = [survivingJournal(), survivingJournal()];
    const app = await boot({
      imports: [...bankOn(main), FileJournalModule.forRoot({ name: 'risk', journal: risk })],
    });
    app.get<Journal>(getJournalToken()).poison(new Error('test'));
    await app.close();
    expect([main.current?.state, risk.current?.state]).toEqual(['closed', 'closed']);
  });
});
