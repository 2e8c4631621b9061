/** Aggregates of several classes in one journal, which may have the same ids. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { Logger, type Type } from '@nestjs/common';
import { AggregateRoot } from '@nestjs/cqrs';
import { JournaledAggregateRoot, On, type AggregateRepository } from '../../src/aggregates/index.js';
import { JournalEvent } from '../../src/events/index.js';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getAggregateRepositoryToken,
  getReplayServiceToken,
  type FileJournalModuleOptions,
} from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import { FileSnapshotStore, JournalAggregate, type ReplayService } from '../../src/replay/index.js';
import { boot } from '../nest/apps.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { named } from '../support/event-classes.js';

@JournalEvent('Deposited')
class Deposited {
  readonly cents!: number;
}

@JournalEvent('Shipped')
class Shipped {
  readonly parcels!: number;
}

/** An event that both classes below apply and handle. */
@JournalEvent('Noted')
class Noted {
  readonly text!: string;
}

const EVENTS = [Deposited, Shipped, Noted];

abstract class WithNotes extends JournaledAggregateRoot {
  readonly notes: string[] = [];
  note(text: string): void {
    this.apply(Object.assign(new Noted(), { text }));
  }
  @On(Noted)
  protected noted({ text }: Noted): void {
    this.notes.push(text);
  }
}

class Account extends WithNotes {
  cents = 0;
  deposit(cents: number): void {
    this.apply(Object.assign(new Deposited(), { cents }));
  }
  @On(Deposited)
  protected deposited({ cents }: Deposited): void {
    this.cents += cents;
  }
}

class Order extends WithNotes {
  parcels = 0;
  ship(parcels: number): void {
    this.apply(Object.assign(new Shipped(), { parcels }));
  }
  @On(Shipped)
  protected shipped({ parcels }: Shipped): void {
    this.parcels += parcels;
  }
}

async function start(
  directory: string,
  classes: readonly Type[] = [Account, Order],
  options: FileJournalModuleOptions = {},
) {
  const warnings: string[] = [];
  const logged = jest
    .spyOn(Logger.prototype, 'warn')
    .mockImplementation((line: unknown) => void warnings.push(String(line)));
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 64 * 1024, ...options }),
      FileJournalModule.forFeature({ aggregates: [...classes], events: EVENTS }),
    ],
  });
  logged.mockRestore();
  const of = <T extends AggregateRoot>(type: Type<T>) =>
    app.get<AggregateRepository<T>>(getAggregateRepositoryToken(type));
  return {
    app,
    warnings,
    of,
    accounts: classes.includes(Account) ? of(Account) : (undefined as never),
    orders: classes.includes(Order) ? of(Order) : (undefined as never),
    snapshots: app.get(SnapshotManager),
    report: app.get<ReplayService>(getReplayServiceToken()).lastReport,
  };
}

/** Events in the form of the first releases, without the type. */
async function untyped(directory: string, events: readonly [string, string, object][]): Promise<void> {
  const journal = await FileJournal.open({ directory, segmentSizeBytes: 64 * 1024 });
  for (const [name, aggregateId, data] of events) {
    const command = { [name]: { v: 1, aggregateId, data } };
    const sequenceNum = journal.nextSequence ?? 0n;
    await journal.append(new SequencerEvent({ sequenceNum, timestampNs: 1n, command, result: null }));
  }
  await journal.close();
}

const CREATE = { createIfAbsent: true };

async function stateOf({ accounts, orders }: Awaited<ReturnType<typeof start>>) {
  const states: Record<string, unknown> = {};
  for (const id of accounts.ids()) {
    const { cents, notes, version } = await accounts.load(id);
    states[`account ${id}`] = { cents, notes, version };
  }
  for (const id of orders.ids()) {
    const { parcels, notes, version } = await orders.load(id);
    states[`order ${id}`] = { parcels, notes, version };
  }
  return states;
}

describe('Aggregates of two classes with the same ids', () => {
  it('are separate: live, after a restart and from a snapshot of the index', async () => {
    const directory = temporaryDirectory();
    const first = await start(directory);
    await first.accounts.update('7', (account) => account.deposit(5), CREATE);
    expect(first.accounts.has('7')).toBe(true);
    expect(first.orders.has('7')).toBe(false);
    await expect(first.orders.load('7')).rejects.toMatchObject({ code: 'JOURNAL_AGGREGATE_NOT_FOUND' });
    await expect(first.orders.query('7', () => 0)).rejects.toMatchObject({
      code: 'JOURNAL_AGGREGATE_NOT_FOUND',
    });
    expect(await first.orders.find('7')).toBeNull();

    const order = await first.orders.loadOrCreate('7');
    order.note('of the order');
    await first.orders.save(order, { expectedVersion: 0 });
    await first.accounts.updateAll(
      ['7', '8'],
      ([seven, eight]) => {
        seven?.note('of the account');
        eight?.deposit(1);
      },
      CREATE,
    );
    await first.orders.update('9', (nine) => nine.ship(2), CREATE);
    const expected = {
      'account 7': { cents: 5, notes: ['of the account'], version: 2 },
      'account 8': { cents: 1, notes: [], version: 1 },
      'order 7': { parcels: 0, notes: ['of the order'], version: 1 },
      'order 9': { parcels: 2, notes: [], version: 1 },
    };
    expect(await stateOf(first)).toEqual(expected);
    expect([...first.accounts.ids()]).toEqual(['7', '8']);
    expect([...first.orders.ids()]).toEqual(['7', '9']);
    await first.app.close();

    const second = await start(directory);
    expect(second.warnings).toEqual([]);
    expect(await stateOf(second)).toEqual(expected);
    await second.snapshots.take();
    await second.orders.update('7', (seven) => seven.ship(3));
    await second.app.close();

    const third = await start(directory);
    expect(third.report).toMatchObject({ replayed: 1 });
    expect(await stateOf(third)).toEqual({
      ...expected,
      'order 7': { parcels: 3, notes: ['of the order'], version: 2 },
    });
    await third.app.close();
  });

  it('do not conflict when both are saved at once', async () => {
    const { accounts, orders, app } = await start(temporaryDirectory());
    const [account, order] = [await accounts.loadOrCreate('1'), await orders.loadOrCreate('1')];
    account.deposit(1);
    order.ship(1);
    await Promise.all([accounts.save(account), orders.save(order)]);
    const again = await accounts.load('1');
    again.deposit(1);
    account.deposit(1);
    const saves = await Promise.allSettled([accounts.save(again), accounts.save(account)]);
    expect(saves.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await app.close();
  });
});

describe('Events that were stored without a type', () => {
  it('belong to the only class with a handler, or without one to the first class that saves', async () => {
    const directory = temporaryDirectory();
    await untyped(directory, [
      ['Deposited', '1', { cents: 5 }],
      ['Noted', '1', { text: 'of the account' }],
      ['Noted', '2', { text: 'of whom?' }],
      ['Shipped', '3', { parcels: 1 }],
      ['Deposited', '3', { cents: 7 }],
    ]);
    const first = await start(directory);
    expect(first.warnings).toHaveLength(2);
    expect(first.warnings[0]).toContain('1 aggregate (2) were stored without the name of their class');
    expect(first.warnings[1]).toContain('1 aggregate (3)');
    const either = { notes: ['of whom?'], version: 1 };
    const expected = {
      'account 1': { cents: 5, notes: ['of the account'], version: 2 },
      'account 3': { cents: 7, notes: [], version: 1 },
      'order 3': { parcels: 1, notes: [], version: 1 },
    };
    expect(await stateOf(first)).toEqual({
      ...expected,
      'account 2': { cents: 0, ...either },
      'order 2': { parcels: 0, ...either },
    });
    const late = await first.accounts.load('2');
    expect(await first.accounts.query('2', ({ notes }) => notes)).toEqual(['of whom?']);
    await first.orders.update('2', (order) => order.ship(4));
    expect(first.accounts.has('2')).toBe(false);
    late.deposit(1);
    await expect(first.accounts.save(late)).rejects.toMatchObject({ code: 'JOURNAL_AGGREGATE_CONFLICT' });
    // The claim also removes the object in memory.
    await expect(first.accounts.query('2', () => 0)).rejects.toMatchObject({
      code: 'JOURNAL_AGGREGATE_NOT_FOUND',
    });
    await expect(first.accounts.update('2', (account) => account.deposit(1))).rejects.toMatchObject({
      code: 'JOURNAL_AGGREGATE_NOT_FOUND',
    });
    const claimed = { ...expected, 'order 2': { parcels: 4, notes: ['of whom?'], version: 2 } };
    expect(await stateOf(first)).toEqual(claimed);
    expect([...first.orders.ids()]).toEqual(['2', '3']);
    await first.app.close();

    const second = await start(directory);
    expect(await stateOf(second)).toEqual(claimed);
    await second.snapshots.take();
    await second.app.close();
    const third = await start(directory);
    expect(third.report).toMatchObject({ replayed: 0 });
    expect(await stateOf(third)).toEqual(claimed);
    await third.app.close();
  });

  it('are not mistaken for as many events that a class stored after another class had claimed them', async () => {
    const directory = temporaryDirectory();
    await untyped(directory, [['Noted', '2', { text: 'of whom?' }]]);
    const { accounts, orders, app } = await start(directory);
    const notes = () => accounts.query('2', (account) => [...account.notes]);
    const late = await accounts.load('2');
    expect(await notes()).toEqual(['of whom?']);
    await orders.update('2', (order) => order.ship(1));
    const own = await accounts.loadOrCreate('2');
    own.deposit(1);
    await accounts.save(own);
    expect(await notes()).toEqual([]);
    expect(await accounts.update('2', (account) => account.notes)).toEqual([]);
    late.deposit(5);
    await expect(accounts.save(late)).rejects.toMatchObject({ code: 'JOURNAL_AGGREGATE_CONFLICT' });
    await app.close();
  });

  it('conflict if they are unclaimed and two classes save them at once', async () => {
    const directory = temporaryDirectory();
    await untyped(directory, [['Noted', '2', { text: 'of whom?' }]]);
    const { accounts, orders, app } = await start(directory);
    const [account, order] = [await accounts.load('2'), await orders.load('2')];
    account.deposit(1);
    order.ship(1);
    const saves = await Promise.allSettled([accounts.save(account), orders.save(order)]);
    expect(saves[0]).toMatchObject({ status: 'fulfilled' });
    expect(saves[1]).toMatchObject({ reason: { code: 'JOURNAL_AGGREGATE_CONFLICT' } });
    await app.close();
  });

  it('are refused if both classes have the id and one event may belong to either', async () => {
    const directory = temporaryDirectory();
    await untyped(directory, [
      ['Deposited', '1', { cents: 5 }],
      ['Shipped', '1', { parcels: 1 }],
      ['Noted', '1', { text: 'of whom?' }],
      ['Noted', '2', { text: 'of whom?' }],
      ['Deposited', '2', { cents: 5 }],
      ['Shipped', '2', { parcels: 1 }],
      ['Deposited', '3', { cents: 5 }],
    ]);
    for (let restart = 0; restart < 2; restart += 1) {
      const { accounts, orders, snapshots, app } = await start(directory);
      for (const [id, sequence] of [
        ['1', 2n],
        ['2', 5n],
      ] as const) {
        for (const repository of [accounts, orders]) {
          const refused = { code: 'JOURNAL_AGGREGATE_TYPE', aggregateId: id, sequence };
          await expect(repository.load(id)).rejects.toMatchObject(refused);
          await expect(repository.update(id, () => undefined)).rejects.toMatchObject(refused);
        }
      }
      expect((await accounts.load('3')).cents).toBe(5);
      await snapshots.take();
      await app.close();
    }
  });

  it('are assigned again if a class has gained a handler since the index was stored', async () => {
    const directory = temporaryDirectory();
    await untyped(directory, [
      ['Noted', '1', { text: 'a' }],
      ['Noted', '2', { text: 'b' }],
    ]);
    class Silent extends JournaledAggregateRoot {}
    const before = await start(directory, [Account, Silent]);
    expect([...before.of(Silent).ids()]).toEqual([]);
    await before.snapshots.take();
    await before.app.close();
    const after = await start(directory);
    expect(after.report).toMatchObject({ replayed: 2 });
    expect([...after.orders.ids()]).toEqual(['1', '2']);
    await after.app.close();
  });

  it('are read again from the first aggregate on if the snapshot of the index has no types', async () => {
    const directory = temporaryDirectory();
    const others = await FileJournal.open({ directory, segmentSizeBytes: 64 * 1024 });
    for (let sequenceNum = 0n; sequenceNum < 3n; sequenceNum += 1n) {
      await others.append(
        new SequencerEvent({ sequenceNum, timestampNs: 1n, command: { Other: 1 }, result: null }),
      );
    }
    await others.close();
    await untyped(directory, [
      ['Deposited', '1', { cents: 5 }],
      ['Shipped', '2', { parcels: 1 }],
    ]);
    const reader = await FileJournal.openReadOnly({ directory });
    const [last] = [...reader.readFrom(4n)];
    await reader.close();
    // Each id has one event in one entry, at sequences 3 and 4.
    const chains = Buffer.from([1, 1, 3, 1, 1, 4]).toString('base64');
    await new FileSnapshotStore({ directory: join(directory, 'snapshots') }).save('domain events', {
      sequence: 4n,
      entryCrc: last?.storedCrc ?? 0,
      stateVersion: 1,
      payload: Buffer.from(JSON.stringify({ ids: '["1","2"]', chains })),
    });
    const { app, accounts, orders, report } = await start(directory);
    expect(report).toMatchObject({ fromSequence: 3n, replayed: 2 });
    expect([[...accounts.ids()], [...orders.ids()]]).toEqual([['1'], ['2']]);
    await app.close();
  });
});

describe('A renamed class', () => {
  async function stored(): Promise<string> {
    const directory = temporaryDirectory();
    const { accounts, snapshots, app } = await start(directory, [Account]);
    await accounts.update('7', (account) => account.deposit(5), CREATE);
    await snapshots.take();
    await app.close();
    return directory;
  }

  it('finds its aggregates by its former name, and stores new events under the new one', async () => {
    const directory = await stored();
    @JournalAggregate('account', { aliases: ['Account'] })
    class Renamed extends Account {}
    for (const count of [1, 2]) {
      const { of, app, warnings, report } = await start(directory, [Renamed, Order]);
      expect(warnings).toEqual([]);
      expect(report).toMatchObject({ replayed: count - 1 });
      await of(Renamed).update('7', (account) => account.deposit(1));
      expect((await of(Renamed).load('7')).cents).toBe(5 + count);
      await app.close();
    }
    const reader = await FileJournal.openReadOnly({ directory });
    const types = [...reader.readFrom(0n)].map(({ event }) =>
      Object.values(event.command as Record<string, { aggregateType: string }>).map(
        (one) => one.aggregateType,
      ),
    );
    expect(types.flat()).toEqual(['Account', 'account', 'account']);
    await reader.close();
  });

  it('cannot use the ids of an undeclared former name, and the log names the alias to add', async () => {
    const directory = await stored();
    @JournalAggregate('Wallet')
    class Wallet extends Account {}
    const { of, app, warnings } = await start(directory, [Wallet]);
    const wallets = of(Wallet);
    expect(warnings.join()).toContain('no class is registered for the stored aggregates of Account');
    const refused = { code: 'JOURNAL_AGGREGATE_TYPE', storedTypes: ['Account'], outcome: 'not-written' };
    expect(() => wallets.has('7')).toThrow(expect.objectContaining(refused));
    for (const call of [
      () => wallets.load('7'),
      () => wallets.find('7'),
      () => wallets.loadOrCreate('7'),
      () => wallets.update('7', (wallet) => wallet.deposit(1), CREATE),
      () => {
        const wallet = new Wallet('7');
        wallet.deposit(1);
        return wallets.save(wallet);
      },
    ])
      await expect(call()).rejects.toMatchObject(refused);
    await wallets.update('8', (wallet) => wallet.deposit(1), CREATE);
    expect([...wallets.ids()]).toEqual(['8']);
    await app.close();

    const skipping = await start(directory, [Wallet], { unknownEvents: 'skip' });
    expect(skipping.warnings).toEqual([]);
    expect(skipping.of(Wallet).has('7')).toBe(false);
    await skipping.app.close();
    expect(readdirSync(join(directory, 'snapshots'))).toHaveLength(1);
  });
});

describe('A handler named after the event class', () => {
  class OrderPlaced {}
  const minified = { a: class extends OrderPlaced {} }['a'];

  class Basket extends JournaledAggregateRoot {
    placed = 0;
    onOrderPlaced(): void {
      this.placed += 1;
    }
  }

  const bootBasket = (type: Type, event: Type) =>
    boot({
      imports: [
        FileJournalModule.forRoot({ directory: temporaryDirectory() }),
        FileJournalModule.forFeature({ aggregates: [type], events: named({ OrderPlaced: event }) }),
      ],
    });

  it('is refused if that class has another name', async () => {
    await expect(bootBasket(Basket, minified)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining('@On(OrderPlaced)'),
    });
    await expect(bootBasket(Basket, OrderPlaced)).resolves.toBeDefined();
  });

  it('is accepted with @On(), and if the aggregate looks for handlers itself', async () => {
    class Marked extends Basket {}
    On(minified)(Marked.prototype, 'onOrderPlaced', {
      value: (_event: object) => undefined,
    } as TypedPropertyDescriptor<(event: object) => void>);
    class Own extends Basket {
      protected override getEventHandler(): never {
        return this.onOrderPlaced as never;
      }
    }
    for (const type of [Marked, Own]) await expect(bootBasket(type, minified)).resolves.toBeDefined();
  });
});
