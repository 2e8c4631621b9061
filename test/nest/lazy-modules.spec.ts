import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { AggregateRepository } from '../../src/aggregates/index.js';
import {
  FileJournalModule,
  InjectAggregateRepository,
  getAggregateRepositoryToken,
} from '../../src/nest/index.js';
import { OnJournaled, ProcessManager, Projection, ProjectionsService } from '../../src/projections/index.js';
import { JournalAggregate } from '../../src/replay/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { EVENTS, Order } from '../cqrs/events.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { boot, survivingJournal } from './apps.js';
import { named } from '../support/event-classes.js';

@Projection('deposits')
class Deposits {
  @OnJournaled('Deposit')
  deposited(): void {}
}

@ProcessManager('reorder')
class Reorder {
  @OnJournaled('Deposit')
  deposited(): void {}
}

@JournalAggregate('BareBank')
class BareBank extends Bank {}

class Shipped {}

@Module({ providers: [Deposits] })
class LazyProjection {}
@Module({ providers: [Reorder] })
class LazyManager {}
@Module({ providers: [BareBank] })
class LazyBareAggregate {}
@Module({ imports: [FileJournalModule.forFeature([Order])] })
class LazyAggregate {}
@Module({ imports: [FileJournalModule.forFeature({ events: named({ Shipped }) })] })
class LazyEvents {}

async function application(imports: (DynamicModule | Type)[] = []) {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ journal: survivingJournal() }),
      FileJournalModule.forFeature([Bank]),
      ...imports,
    ],
  });
  return { app, loader: app.get(LazyModuleLoader) };
}

describe('A lazily loaded module', () => {
  it.each<[string, Type, string]>([
    ['a projection', LazyProjection, 'the projection deposits was not registered'],
    ['a process manager', LazyManager, 'the projection reorder was not registered'],
    ['an aggregate', LazyAggregate, 'the aggregate Order was not registered'],
    ['an event class', LazyEvents, 'the event class Shipped was not registered'],
    ['a bare aggregate', LazyBareAggregate, 'FileJournalModule.forFeature([BareBank])'],
  ])(
    'with %s is refused with a code each time, and the application continues',
    async (_what, type, message) => {
      const { app, loader } = await application();
      const refused = {
        code: 'JOURNAL_INVALID_OPTION',
        message: expect.stringContaining(message) as unknown,
      };
      await expect(loader.load(() => type)).rejects.toMatchObject(refused);
      await expect(loader.load(() => type)).rejects.toMatchObject(refused);
      expect(await app.get(Sequencer).submit(deposit('a', 1))).toMatchObject({ sequenceNum: 0n });
    },
  );

  it('with a journal of its own is refused before the journal is opened', async () => {
    const { app, loader } = await application();
    const directory = join(temporaryDirectory(), 'late');
    const late = FileJournalModule.forRoot({ name: 'late', directory, segmentSizeBytes: 65_536 });
    await expect(loader.load(() => late)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining('journal "late"') as unknown,
    });
    expect(existsSync(directory)).toBe(false);
    expect(await app.get(Sequencer).submit(deposit('a', 1))).toMatchObject({ sequenceNum: 0n });
  });

  it('with the only journal is refused before the journal is opened', async () => {
    const app = await boot({});
    const directory = join(temporaryDirectory(), 'late');
    const late = FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536 });
    await expect(app.get(LazyModuleLoader).load(() => late)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining('FileJournalModule.forRoot() was not registered') as unknown,
    });
    expect(existsSync(directory)).toBe(false);
  });

  it('may register the same classes again, and inject them', async () => {
    @Injectable()
    class Clerk {
      constructor(@InjectAggregateRepository(Order) readonly orders: AggregateRepository<Order>) {}
    }
    @Module({
      imports: [FileJournalModule.forFeature({ aggregates: [Order], events: EVENTS })],
      providers: [Clerk],
    })
    class LazyOrders {}
    @Module({
      imports: [FileJournalModule.forFeature({ aggregates: [Order], events: EVENTS })],
      providers: [Deposits],
    })
    class Orders {}
    const { app, loader } = await application([Orders]);
    const { orders } = (await loader.load(() => LazyOrders)).get(Clerk);
    expect(orders).toBe(app.get(getAggregateRepositoryToken(Order), { strict: false }));
    await orders.update('A-1', (order) => order.place(1n), { createIfAbsent: true });
    expect(app.get(ProjectionsService).names).toEqual(['deposits']);
  });
});
