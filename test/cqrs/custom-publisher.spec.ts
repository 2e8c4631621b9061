import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { CqrsModule, EventBus, EventsHandler, type IEventPublisher } from '@nestjs/cqrs';
import { SequencerEvent, type Journal } from '../../src/journal/index.js';
import { FileJournalModule, getJournalToken, type JournalFactory } from '../../src/nest/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { boot, survivingJournal } from '../nest/apps.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { openFaultyJournal, type FaultyJournal } from '../support/faulty-journal.js';

/** A publisher like a broker or an outbox: its events do not reach the handlers of the bus. */
class Broker implements IEventPublisher {
  readonly sent: unknown[] = [];
  readonly batches: number[] = [];
  /** Last sequence of the journal when each event arrived. */
  readonly lastSequences: (bigint | null | undefined)[] = [];
  journal: Journal | null = null;

  publish(event: object): string {
    this.lastSequences.push(this.journal?.lastSequence);
    this.sent.push(event);
    return 'sent';
  }

  publishAll(events: object[]): void {
    this.batches.push(events.length);
    for (const event of events) this.publish(event);
  }
}

/** A publisher without `publishAll`: the bus publishes one by one. */
class PlainBroker implements IEventPublisher {
  readonly sent: unknown[] = [];
  publish(event: object): void {
    this.sent.push(event);
  }
}

const note = (sequenceNum: bigint, command: unknown = { Note: Number(sequenceNum) }): SequencerEvent =>
  new SequencerEvent({ sequenceNum, timestampNs: 7n, command, result: null });

async function bootWith(
  publisher: IEventPublisher | null,
  {
    when = 'option',
    factory = survivingJournal(),
  }: { when?: 'option' | 'before' | 'after'; factory?: JournalFactory } = {},
) {
  @Injectable()
  class Installer {
    constructor(private readonly bus: EventBus) {
      if (when === 'before' && publisher !== null) bus.publisher = publisher as never;
    }
    install(): void {
      if (publisher !== null) this.bus.publisher = publisher as never;
    }
  }
  const options = when === 'option' && publisher !== null ? { eventPublisher: publisher as never } : {};
  const app = await boot({
    cqrs: CqrsModule.forRoot(options),
    imports: [FileJournalModule.forRoot({ journal: factory }), FileJournalModule.forFeature([Bank])],
    providers: [Installer],
  });
  if (when === 'after') app.get(Installer).install();
  const journal = app.get<Journal>(getJournalToken());
  if (publisher instanceof Broker) publisher.journal = journal;
  return { bus: app.get(EventBus), journal, sequencer: app.get<Sequencer<Bank>>(Sequencer) };
}

async function faulty(publisher: IEventPublisher) {
  let opened: FaultyJournal | undefined;
  const factory: JournalFactory = async ({ codec }) => (opened = await openFaultyJournal({ codec }));
  const parts = await bootWith(publisher, { factory });
  if (opened === undefined) throw new Error('the journal was not opened');
  return { ...parts, faults: opened };
}

const commands = (journal: Journal): unknown[] => [...journal.readFrom(0)].map(({ event }) => event.command);

describe('With a custom publisher', () => {
  it.each(['option', 'before', 'after'] as const)(
    'a published SequencerEvent is stored, then handed to the publisher (%s)',
    async (when) => {
      const broker = new Broker();
      const { bus, journal, sequencer } = await bootWith(broker, { when });
      const events = [note(0n), note(1n)];
      const answers = events.map((event) => bus.publish(event) as unknown);
      expect(broker.sent).toEqual([]);
      expect(await Promise.all(answers)).toEqual(['sent', 'sent']);
      expect(broker.sent).toEqual(events);
      expect(broker.lastSequences).toEqual([expect.any(BigInt), 1n]);
      expect(broker.lastSequences[0]).toBeGreaterThanOrEqual(0n);

      expect(await sequencer.submit(deposit('a', 1))).toMatchObject({ sequenceNum: 2n });
      expect(commands(journal)).toHaveLength(3);
      // The event of the Sequencer arrives there, too, and is not journaled again.
      expect(broker.sent).toHaveLength(3);
      expect(journal.state).toBe('open');
    },
  );

  it('a batch is stored and published as one batch, including its plain events', async () => {
    const broker = new Broker();
    const { bus, journal } = await bootWith(broker);
    const batch = [{ plain: 1 }, note(0n), note(1n)];
    const answer: unknown = bus.publishAll(batch);
    expect(broker.batches).toEqual([]);
    await answer;
    expect(broker.batches).toEqual([3]);
    expect(broker.sent).toEqual(batch);
    expect(commands(journal)).toEqual([{ Note: 0 }, { Note: 1 }]);
  });

  it('a publisher without publishAll gets the events of a batch one by one', async () => {
    const broker = new PlainBroker();
    const { bus, journal } = await bootWith(broker);
    await (bus.publishAll([note(0n), note(1n)]) as unknown);
    expect(broker.sent).toEqual([note(0n), note(1n)]);
    expect(journal.lastSequence).toBe(1n);
  });

  it('a refused event is not published, rejects the promise of publish, and poisons the journal', async () => {
    const broker = new Broker();
    const { bus, journal, sequencer } = await bootWith(broker);
    const gap = note(5n);
    await expect(bus.publish(gap) as unknown).rejects.toMatchObject({ code: 'JOURNAL_SEQUENCE_CONFLICT' });
    expect(journal.state).toBe('poisoned');
    await expect(bus.publish(gap) as unknown).rejects.toHaveProperty('code');
    const batch = [note(0n), { plain: 1 }];
    await expect(bus.publishAll(batch) as unknown).rejects.toHaveProperty('code');
    expect(broker.sent).toEqual([{ plain: 1 }]);
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    expect(commands(journal)).toEqual([]);
  });

  it('an event whose write fails is not published', async () => {
    const broker = new Broker();
    const { bus, journal, faults } = await faulty(broker);
    faults.fault = 'sync-failed';
    await expect(bus.publish(note(0n)) as unknown).rejects.toHaveProperty('code');
    faults.fault = null;
    expect(broker.sent).toEqual([]);
    expect(journal.state).toBe('poisoned');
  });

  it('the failure of a publisher is logged, and no event is lost', async () => {
    const failing: IEventPublisher = {
      publish() {
        throw new Error('the broker is gone');
      },
    };
    const { bus, journal, sequencer } = await bootWith(failing);
    await expect(bus.publish(note(0n)) as unknown).rejects.toThrow('the broker is gone');
    expect(journal.lastSequence).toBe(0n);
    expect(await sequencer.submit(deposit('a', 1))).toMatchObject({ sequenceNum: 1n });
  });

  it('an event that the publisher itself sends to the subscribers is journaled', async () => {
    const { bus, journal } = await bootWith(new Broker());
    bus.subject$.next(note(0n) as never);
    await journal.flush();
    expect(commands(journal)).toEqual([{ Note: 0 }]);
    bus.subject$.next(note(9n) as never);
    expect(journal.state).toBe('poisoned');
  });
});

describe('With the publisher of @nestjs/cqrs', () => {
  it('handlers get a published SequencerEvent after it is stored, in the async context of its publish', async () => {
    const requests = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    let journal: Journal | null = null;
    @EventsHandler(SequencerEvent)
    class Audit {
      handle(event: SequencerEvent): void {
        seen.push([
          event.sequenceNum,
          requests.getStore(),
          (journal?.lastSequence ?? -1n) >= event.sequenceNum,
        ]);
      }
    }
    const app = await boot({
      imports: [FileJournalModule.forRoot({ journal: survivingJournal() })],
      providers: [Audit],
    });
    journal = app.get<Journal>(getJournalToken());
    const bus = app.get(EventBus);
    const first: unknown = requests.run('Ada', () => bus.publish(note(0n)));
    const second: unknown = requests.run('Bob', () => bus.publish(note(1n)));
    const third: unknown = requests.run('Cy', () => bus.publishAll([note(2n)]));
    expect(seen).toEqual([]);
    await Promise.all([first, second, third]);
    expect(seen).toEqual([
      [0n, 'Ada', true],
      [1n, 'Bob', true],
      [2n, 'Cy', true],
    ]);
  });

  it('the same event, published again while its append is pending, is handled after it is stored', async () => {
    const { bus, journal } = await bootWith(null);
    const seen: unknown[] = [];
    bus.subscribe((event) => seen.push([event, journal.lastSequence]));
    const event = note(0n);
    const answers = [bus.publish(event), bus.publish(event), bus.publish(note(0n))] as unknown[];
    expect(seen).toEqual([]);
    await Promise.all(answers);
    expect(seen).toEqual([
      [event, 0n],
      [event, 0n],
      [event, 0n],
    ]);
    expect(commands(journal)).toHaveLength(1);
    expect(journal.state).toBe('open');
  });
});

describe('With a second bus, of a CqrsModule beside CqrsModule.forRoot()', () => {
  it('an event that is published there is journaled', async () => {
    @Injectable()
    class Feature {
      constructor(readonly bus: EventBus) {}
    }
    @Module({ imports: [CqrsModule], providers: [Feature] })
    class FeatureModule {}
    const app = await boot({
      imports: [FileJournalModule.forRoot({ journal: survivingJournal() }), FeatureModule],
    });
    const { bus } = app.get(Feature);
    expect(app.get(EventBus, { each: true, strict: false })).toHaveLength(2);
    await (bus.publish(note(0n)) as unknown);
    expect(commands(app.get<Journal>(getJournalToken()))).toEqual([{ Note: 0 }]);
  });
});
