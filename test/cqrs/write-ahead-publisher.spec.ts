import { describe, expect, it } from '@jest/globals';
import { EventBus } from '@nestjs/cqrs';
import { WriteAheadPublisher } from '../../src/cqrs/index.js';
import { SequencerEvent, type Journal } from '../../src/journal/index.js';
import { FileJournalModule, getJournalToken } from '../../src/nest/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { openFaultyJournal, type FaultyJournal } from '../support/faulty-journal.js';
import { boot } from '../nest/apps.js';
import { EVENTS, OrderCancelled, OrderPlaced } from './events.js';
import { turns } from '../support/until.js';
import { named } from '../support/event-classes.js';

async function bootFaulty() {
  let journal: FaultyJournal | undefined;
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({
        journal: async ({ codec }) => (journal = await openFaultyJournal({ codec })),
        events: EVENTS,
      }),
      FileJournalModule.forFeature([Bank]),
    ],
  });
  if (journal === undefined) throw new Error('the journal was not opened');
  const published: object[] = [];
  app.get(EventBus).subscribe((event) => published.push(event));
  return {
    journal,
    published,
    publisher: app.get(WriteAheadPublisher),
    sequencer: app.get<Sequencer<Bank>>(Sequencer),
  };
}

describe('WriteAheadPublisher', () => {
  it('journals an event of a registered class, then publishes it', async () => {
    const { journal, publisher, published } = await bootFaulty();
    journal.held = true;
    const event = OrderPlaced.of('A-1', 5n);
    const publishing = publisher.publish(event);
    await turns();
    expect(published).toEqual([]);
    journal.release();
    expect(await publishing).toMatchObject({
      sequenceNum: 0n,
      command: { OrderPlaced: event },
      result: null,
    });
    expect(published).toEqual([event]);
    const [entry] = [...journal.readFrom(0)];
    expect(entry?.event.command).toEqual({ OrderPlaced: event });
  });

  it('journals and publishes a SequencerEvent once, and delivers it to the aggregate', async () => {
    const { journal, publisher, published, sequencer } = await bootFaulty();
    const result = { balance: 5n };
    const event = new SequencerEvent({ sequenceNum: 0n, timestampNs: 1n, command: deposit('a', 5), result });
    await publisher.publish(event);
    expect(published).toEqual([event]);
    expect(journal.lastSequence).toBe(0n);
    expect(await sequencer.query((bank) => bank.balanceOf('a'))).toBe(5n);
  });

  it('publishes several events in order, in flight together', async () => {
    const { publisher, published } = await bootFaulty();
    const events = [1n, 2n, 3n].map((quantity) => OrderPlaced.of('A-1', quantity));
    const journaled = await publisher.publishAll(events);
    expect(journaled.map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n, 2n]);
    expect(published).toEqual(events);
  });

  it('refuses an event that a reload would change, and no handler has seen it', async () => {
    class LimitsSet {
      limits = new Map([['toString', 1]]);
    }
    const app = await boot({ imports: [FileJournalModule.forTesting({ events: named({ LimitsSet }) })] });
    const published: object[] = [];
    app.get(EventBus).subscribe((event) => published.push(event));
    const publisher = app.get(WriteAheadPublisher);
    await expect(publisher.publish(new LimitsSet())).rejects.toMatchObject({
      code: 'JOURNAL_SERIALIZATION',
      path: 'command.LimitsSet.limits',
      outcome: 'not-written',
    });
    const journal = app.get<Journal>(getJournalToken());
    expect([published, journal.lastSequence, journal.state]).toEqual([[], null, 'open']);
  });

  it('rejects when the journal does, and no handler has seen the event', async () => {
    const { journal, publisher, published } = await bootFaulty();
    journal.fault = 'no-space';
    await expect(publisher.publish(OrderPlaced.of('A-1', 1n))).rejects.toMatchObject({ code: 'JOURNAL_IO' });
    journal.fault = null;
    await expect(publisher.publish(new OrderCancelled())).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ARGUMENT',
    });
    const taken = new SequencerEvent({ sequenceNum: 9n, timestampNs: 1n, command: 'x', result: null });
    await publisher.publish(OrderPlaced.of('A-1', 1n));
    await expect(publisher.publish(taken)).rejects.toMatchObject({ code: 'JOURNAL_SEQUENCE_CONFLICT' });
    expect(published).toEqual([OrderPlaced.of('A-1', 1n)]);
    expect(journal.state).toBe('open');
  });
});
