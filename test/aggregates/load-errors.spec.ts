/** If an event handler throws during a load, the error names the aggregate and the entry. */
import { describe, expect, it } from '@jest/globals';
import { JournaledAggregateRoot, On, type AggregateRepository } from '../../src/aggregates/index.js';
import { BigIntField } from '../../src/serialization/classes/index.js';
import { JournalEvent } from '../../src/events/index.js';
import { FileJournalModule, getAggregateRepositoryToken } from '../../src/nest/index.js';
import { boot, survivingJournal } from '../nest/apps.js';

@JournalEvent('Counted')
class Counted {
  @BigIntField()
  by!: bigint;
}

/** Fails at the third event while `isBroken`. */
class Counter extends JournaledAggregateRoot {
  static isBroken = false;
  total = 0n;

  count(by: bigint): void {
    this.apply(Object.assign(new Counted(), { by }));
  }

  @On(Counted)
  protected counted({ by }: Counted): void {
    if (Counter.isBroken && by === 3n) throw new TypeError('no third event');
    this.total += by;
  }
}

describe('an event handler that throws during a load', () => {
  it('rejects load, update and query with the aggregate, the event and its sequence', async () => {
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature({
          aggregates: [{ aggregate: Counter, maxLive: 0 }],
          events: [Counted],
        }),
      ],
    });
    const counters = app.get<AggregateRepository<Counter>>(getAggregateRepositoryToken(Counter));
    for (const by of [1n, 2n, 3n]) {
      await counters.update('c', (counter) => counter.count(by), { createIfAbsent: true });
    }
    Counter.isBroken = true;
    const failure = {
      code: 'JOURNAL_REPLAY_FAILED',
      target: 'aggregate Counter c',
      eventName: 'Counted',
      sequence: 2n,
      message: 'aggregate Counter c failed at event Counted of sequence 2: no third event',
      cause: expect.any(TypeError) as unknown,
    };
    await expect(counters.load('c')).rejects.toMatchObject(failure);
    await expect(counters.update('c', (counter) => counter.count(4n))).rejects.toMatchObject(failure);
    await expect(counters.query('c', ({ total }) => total)).rejects.toMatchObject(failure);
    Counter.isBroken = false;
    expect(await counters.query('c', ({ total }) => total)).toBe(6n);
  });
});
