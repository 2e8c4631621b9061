import { describe, expect, it } from '@jest/globals';
import { EventBus } from '@nestjs/cqrs';
import type { Type } from '@nestjs/common';
import type { AggregateRepository } from '../../src/aggregates/index.js';
import type { Journal, SequencerEvent } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getAggregateRepositoryToken,
  getJournalToken,
  type JournalFactory,
} from '../../src/nest/index.js';
import { Sequencer, type AppliedAggregate } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { openFaultyJournal, type FaultyJournal } from '../support/faulty-journal.js';
import { boot, survivingJournal } from '../nest/apps.js';
import { EVENTS, Order, OrderCancelled, OrderFilled, OrderPlaced } from '../cqrs/events.js';

class Log implements AppliedAggregate {
  readonly events: SequencerEvent[] = [];
  apply(event: SequencerEvent): void {
    this.events.push(event);
  }
}

async function bootWith(journal: JournalFactory, aggregates: Type[] = [Order]) {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ journal }),
      FileJournalModule.forFeature({ aggregates, events: EVENTS }),
    ],
  });
  const published: object[] = [];
  app.get(EventBus).subscribe((event) => published.push(event));
  return {
    app,
    published,
    journal: app.get<Journal>(getJournalToken()),
    orders: app.get<AggregateRepository<Order>>(getAggregateRepositoryToken(Order)),
  };
}

async function bootFaulty() {
  let faulty: FaultyJournal | undefined;
  const booted = await bootWith(async ({ codec }) => (faulty = await openFaultyJournal({ codec })));
  if (faulty === undefined) throw new Error('the journal was not opened');
  return { ...booted, journal: faulty };
}

const payloads = (journal: Journal): string[] =>
  [...journal.readFrom(0)].map(({ payload }) => Buffer.from(payload).toString());

describe('AggregateRepository', () => {
  it('stores the events of one save as one entry, and publishes them once it is stored', async () => {
    const { journal, orders, published } = await bootWith(survivingJournal());
    const order = new Order('A-1');
    order.place(10n);
    await orders.save(order);
    order.fill(3n);
    order.fill(4n);
    await orders.save(order);
    expect(payloads(journal).map((text) => text.replace(/"timestamp_ns":\d+/, '"timestamp_ns":0'))).toEqual([
      '{"sequence_num":0,"timestamp_ns":0,"command":{"OrderPlaced":{"v":1,"aggregateId":"A-1","aggregateType":"Order","data":{"orderId":"A-1","quantity":10}}},"result":null}',
      '{"sequence_num":1,"timestamp_ns":0,"command":{"DomainEvents":[{"OrderFilled":{"v":1,"aggregateId":"A-1","aggregateType":"Order","data":{"quantity":3}}},{"OrderFilled":{"v":1,"aggregateId":"A-1","aggregateType":"Order","data":{"quantity":4}}}]},"result":null}',
    ]);
    expect(published).toEqual([OrderPlaced.of('A-1', 10n), OrderFilled.of(3n), OrderFilled.of(4n)]);
    expect(order.getUncommittedEvents()).toEqual([]);
  });

  it('loads an aggregate from its events, as instances of their classes, both live and after a restart', async () => {
    const factory = survivingJournal();
    const { app, orders } = await bootWith(factory, [Order, Log]);
    for (const id of ['A-1', 'A-2']) {
      const order = new Order(id);
      order.place(10n);
      order.fill(3n);
      await orders.save(order);
    }
    expect(await orders.load('A-1')).toMatchObject({ open: 7n, history: ['OrderPlaced', 'OrderFilled'] });
    await app.close();

    const restarted = await bootWith(factory, [Order, Log]);
    const order = await restarted.orders.load('A-2');
    expect(order).toMatchObject({ open: 7n, history: ['OrderPlaced', 'OrderFilled'] });
    expect(restarted.published).toEqual([]);
    order.fill(7n);
    await restarted.orders.save(order);
    expect((await restarted.orders.load('A-2')).open).toBe(0n);
    expect([...restarted.orders.ids()]).toEqual(['A-1', 'A-2']);
    const command = restarted.app.get(Log).events.at(-1)?.command as { OrderFilled: { data: unknown } };
    expect(command.OrderFilled.data).toBeInstanceOf(OrderFilled);
  });

  it('rejects if the append fails, keeps the events and publishes nothing', async () => {
    const { journal, orders, published } = await bootFaulty();
    const order = new Order('A-1');
    order.place(10n);
    journal.fault = 'no-space';
    await expect(orders.save(order)).rejects.toMatchObject({ code: 'JOURNAL_IO', outcome: 'not-written' });
    expect(order.getUncommittedEvents()).toHaveLength(1);
    expect(published).toEqual([]);
    expect(await orders.find('A-1')).toBeNull();
    journal.fault = null;
    await orders.save(order);
    expect((await orders.load('A-1')).open).toBe(10n);
    journal.fault = 'sync-failed';
    order.fill(1n);
    await expect(orders.save(order)).rejects.toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'unknown' });
    expect((await orders.load('A-1')).open).toBe(10n);
  });

  it('keeps events applied during a save for the next save', async () => {
    const { journal, orders } = await bootFaulty();
    const order = new Order('A-1');
    order.place(10n);
    journal.held = true;
    const first = orders.save(order);
    order.fill(1n);
    const second = orders.save(order);
    journal.release();
    await Promise.all([first, second]);
    expect(payloads(journal)).toHaveLength(2);
    expect(order).toMatchObject({ open: 9n, history: ['OrderPlaced', 'OrderFilled'] });
    expect((await orders.load('A-1')).open).toBe(9n);
  });

  it('refuses a save if another save came in between', async () => {
    const { journal, orders } = await bootFaulty();
    const order = new Order('A-1');
    order.place(10n);
    await orders.save(order);
    const [mine, theirs] = [await orders.load('A-1'), await orders.load('A-1')];
    mine.fill(10n);
    theirs.fill(10n);
    journal.held = true;
    const saved = orders.save(mine);
    await expect(orders.save(theirs)).rejects.toMatchObject({
      code: 'JOURNAL_AGGREGATE_CONFLICT',
      aggregateId: 'A-1',
      expectedSequence: 0n,
      actualSequence: 1n,
    });
    journal.release();
    await saved;
    await expect(orders.save(theirs)).rejects.toMatchObject({ code: 'JOURNAL_AGGREGATE_CONFLICT' });
    expect((await orders.load('A-1')).open).toBe(0n);
  });

  it('refuses unregistered events, aggregates that publish by themselves and objects without an id, and writes nothing', async () => {
    const { journal, orders } = await bootWith(survivingJournal());
    const order = new Order('A-1');
    order.apply(new OrderCancelled());
    await expect(orders.save(order)).rejects.toMatchObject({ code: 'JOURNAL_INVALID_ARGUMENT' });
    const automatic = new Order('A-2');
    automatic.autoCommit = true;
    await expect(orders.save(automatic)).rejects.toThrow('autoCommit');
    const nameless = new Order('');
    nameless.place(1n);
    await expect(orders.save(nameless)).rejects.toThrow('id');
    expect(journal.lastSequence).toBeNull();
    await expect(orders.load('A-1')).rejects.toMatchObject({ code: 'JOURNAL_AGGREGATE_NOT_FOUND' });
  });

  it('shares the journal with a Sequencer without disturbing it', async () => {
    const factory = survivingJournal();
    const { app, orders } = await bootWith(factory, [Order, Bank]);
    const sequencer = app.get<Sequencer<Bank>>(Sequencer);
    const order = new Order('A-1');
    order.place(10n);
    const [, event] = await Promise.all([orders.save(order), sequencer.submit(deposit('a', 1))]);
    expect(event.sequenceNum).toBe(1n);
    order.fill(1n);
    await orders.save(order);
    expect((await sequencer.submit(deposit('a', 1))).sequenceNum).toBe(3n);
    await app.close();
    const restarted = await bootWith(factory, [Order, Bank]);
    expect(restarted.app.get(Bank).balanceOf('a')).toBe(2n);
    expect((await restarted.orders.load('A-1')).open).toBe(9n);
  });

  it('creates aggregates with the function create', async () => {
    class Account extends Order {}
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature({
          aggregates: [
            {
              aggregate: Account,
              create: (id) => new Account(id.replace('account/', '')),
              idOf: (account) => `account/${(account as Account).id}`,
            },
          ],
          events: EVENTS,
        }),
      ],
    });
    const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
    const account = new Account('7');
    account.place(1n);
    await accounts.save(account);
    expect((await accounts.load('account/7')).id).toBe('7');
  });
});
