import { describe, expect, it } from '@jest/globals';
import { EventBus } from '@nestjs/cqrs';
import type { Type } from '@nestjs/common';
import {
  JournaledAggregateRoot,
  On,
  type AggregateRepository,
  type UnknownEvent,
} from '../../src/aggregates/index.js';
import type { WriteAheadPublisher } from '../../src/cqrs/index.js';
import { JournalEvent, type EventClasses } from '../../src/events/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent, type Journal } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getAggregateRepositoryToken,
  getJournalToken,
  getWriteAheadPublisherToken,
  type FileJournalModuleOptions,
} from '../../src/nest/index.js';
import type { AppliedAggregate } from '../../src/sequencer/index.js';
import { boot } from '../nest/apps.js';
import { Counted, Deposited, Priced, TheOpening } from './events.js';

class Account extends JournaledAggregateRoot {
  readonly seen: object[] = [];

  @On(TheOpening, Deposited, Priced, Counted)
  protected see(event: object): void {
    this.seen.push(event);
  }
}

class Log implements AppliedAggregate {
  readonly events: SequencerEvent[] = [];
  apply(event: SequencerEvent): void {
    this.events.push(event);
  }
}

const EVENTS: EventClasses = [TheOpening, Deposited, Priced, Counted];

async function bootWith(commands: unknown[], options: Partial<FileJournalModuleOptions> = {}, log = true) {
  // Written without the event classes, as by an older release.
  const before = await InMemoryJournal.open();
  for (const [index, command] of commands.entries()) {
    await before.append(new SequencerEvent({ sequenceNum: index, timestampNs: 1, command, result: null }));
  }
  const initialEntries = [...before.readFrom(0)];
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({
        journal: ({ codec }) => InMemoryJournal.open({ codec, initialEntries }),
        events: EVENTS,
        ...options,
      }),
      FileJournalModule.forFeature([Account, ...(log ? [Log as Type] : [])]),
    ],
  });
  const published: object[] = [];
  app.get(EventBus).subscribe((event) => published.push(event));
  return {
    app,
    published,
    journal: app.get<Journal>(getJournalToken()),
    accounts: app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account)),
    publisher: app.get<WriteAheadPublisher>(getWriteAheadPublisherToken()),
  };
}

const stored = (name: string, v: number, data: unknown) => ({ [name]: { v, aggregateId: 'a', data } });
const texts = (journal: Journal): string[] =>
  [...journal.readFrom(0)].map(({ payload }) =>
    Buffer.from(payload)
      .toString()
      .replace(/"timestamp_ns":\d+/, '"timestamp_ns":0'),
  );

describe('Stored domain events', () => {
  it('are written under the name and in the version of their class', async () => {
    const { accounts, journal } = await bootWith([]);
    const account = await accounts.loadOrCreate('a');
    account.apply(TheOpening.of('Ada', 'CHF'));
    account.apply(Deposited.of(2n ** 60n));
    await accounts.save(account);
    expect(texts(journal)).toEqual([
      '{"sequence_num":0,"timestamp_ns":0,"command":{"DomainEvents":[' +
        '{"AccountOpened":{"v":3,"aggregateId":"a","aggregateType":"Account","data":{"owner":{"name":"Ada"},"currency":"CHF"}}},' +
        '{"Deposited":{"v":1,"aggregateId":"a","aggregateType":"Account","data":{"amount":1152921504606846976}}}]},"result":null}',
    ]);
  });

  it('of every version and name are decoded as instances of the current class', async () => {
    const { accounts, app } = await bootWith([
      stored('Opened', 1, { owner: 'Ada' }),
      stored('AccountCreated', 2, { owner: { name: 'Ada' } }),
      { DomainEvents: [stored('Deposited', 1, { amount: 1 }), stored('Opened', 1, { owner: 'Ada' })] },
    ]);
    const account = await accounts.load('a');
    expect(account.seen).toEqual([
      TheOpening.of('Ada', 'EUR'),
      TheOpening.of('Ada', 'EUR'),
      Deposited.of(1n),
      TheOpening.of('Ada', 'EUR'),
    ]);
    expect(account.seen[0]).toBeInstanceOf(TheOpening);
    expect(account.version).toBe(4);
    // Followers of the journal see the same: the current name and version.
    expect(app.get(Log).events[0]?.command).toEqual({
      AccountOpened: { v: 3, aggregateId: 'a', data: TheOpening.of('Ada', 'EUR') },
    });
  });

  it('keep their bytes after upcasting when they are written again', async () => {
    const { journal } = await bootWith([stored('Opened', 1, { owner: 'Ada' })]);
    const [entry] = [...journal.readFrom(0)];
    const copy = await InMemoryJournal.open({ codec: (journal as unknown as { codec: never }).codec });
    await copy.append(entry?.event as SequencerEvent);
    expect(texts(copy)).toEqual(texts(journal));
  });

  it.each([
    ['JOURNAL_UNKNOWN_EVENT', stored('Forgotten', 1, {})],
    ['JOURNAL_EVENT_VERSION', stored('AccountOpened', 4, {})],
    ['JOURNAL_EVENT_UPCAST', stored('AccountOpened', 1, null)],
    ['JOURNAL_EVENT_VALIDATION', stored('Priced', 1, { cents: -1 })],
    ['JOURNAL_EVENT_VALIDATION', stored('Counted', 1, { count: 'x' })],
  ])('that cannot be used reject a load with %s, which names the location', async (code, command) => {
    const { accounts } = await bootWith([stored('Deposited', 1, { amount: 1 }), command], {}, false);
    const expected = { code, eventName: Object.keys(command)[0], aggregateId: 'a', sequence: 1n };
    await expect(accounts.load('a')).rejects.toMatchObject(expected);
    await expect(accounts.update('a', () => undefined)).rejects.toMatchObject(expected);
  });

  it('stop the boot of followers of the journal, with the reason as cause', async () => {
    await expect(bootWith([stored('AccountOpened', 4, {})])).rejects.toMatchObject({
      code: 'JOURNAL_DESERIALIZATION',
      sequence: 0n,
      cause: { code: 'JOURNAL_EVENT_VERSION', storedVersion: 4 },
    });
  });

  it('without a class are skipped or shown, by policy, but always counted', async () => {
    const commands = [stored('Forgotten', 2, { x: 1 }), stored('Deposited', 1, { amount: 1 })];
    const skipping = await bootWith(commands, { unknownEvents: 'skip' });
    expect(await skipping.accounts.load('a')).toMatchObject({ seen: [Deposited.of(1n)], version: 2 });
    const shown: UnknownEvent[] = [];
    const showing = await bootWith(commands, { unknownEvents: (event) => shown.push(event) });
    expect((await showing.accounts.load('a')).seen).toEqual([Deposited.of(1n)]);
    expect(shown).toEqual([
      { name: 'Forgotten', version: 2, aggregateId: 'a', data: { x: 1 }, sequenceNum: 0n },
    ]);
  });

  it('are refused if a reload could not decode them', async () => {
    const { accounts, journal, publisher, published } = await bootWith([]);
    const account = await accounts.loadOrCreate('a');
    account.apply(Priced.of(-1));
    const refusal = { code: 'JOURNAL_EVENT_VALIDATION', outcome: 'not-written' };
    await expect(accounts.save(account)).rejects.toMatchObject(refusal);
    await expect(publisher.publish(Counted.of(0))).rejects.toMatchObject(refusal);
    expect(journal.lastSequence).toBeNull();
    expect(journal.state).toBe('open');
    expect(account.getUncommittedEvents()).toHaveLength(1);
    expect(published).toEqual([]);
  });

  it('are decoded without validation if configured', async () => {
    const { accounts } = await bootWith([stored('Priced', 1, { cents: -1 })], { validateEvents: false });
    expect((await accounts.load('a')).seen).toEqual([Priced.of(-1)]);
  });

  it('without an aggregate store their version from the second one on', async () => {
    @JournalEvent('MarketOpened', {
      version: 2,
      upcasters: { 1: ({ at }: { at: number }) => ({ hour: at }) },
    })
    class MarketOpened {
      hour!: number;
    }
    const { app, journal, publisher } = await bootWith([{ MarketOpened: { at: 8 } }], {
      events: [MarketOpened, Deposited, TheOpening, Priced, Counted],
    });
    await publisher.publish(Object.assign(new MarketOpened(), { hour: 9 }));
    await publisher.publish(Deposited.of(3n));
    expect(texts(journal).slice(1)).toEqual([
      '{"sequence_num":1,"timestamp_ns":0,"command":{"MarketOpened":{"v":2,"data":{"hour":9}}},"result":null}',
      '{"sequence_num":2,"timestamp_ns":0,"command":{"Deposited":{"amount":3}},"result":null}',
    ]);
    const seen = app.get(Log).events.map(({ command }) => Object.values(command as object)[0] as object);
    expect(seen).toEqual([{ hour: 8 }, { hour: 9 }, Deposited.of(3n)]);
    expect(seen.map((event) => event.constructor)).toEqual([MarketOpened, MarketOpened, Deposited]);
  });

  it('of two classes with one name stop the boot', async () => {
    @JournalEvent('Elsewhere', { aliases: ['Deposited'] })
    class Elsewhere {}
    await expect(bootWith([], { events: [Deposited, Elsewhere] })).rejects.toThrow(
      /Deposited and Elsewhere both have it/,
    );
  });
});
