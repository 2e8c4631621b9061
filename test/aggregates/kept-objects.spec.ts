/** Aggregate objects that application code retained, reset or created in an unusual way. */
import { describe, expect, it } from '@jest/globals';
import { AggregateRoot } from '@nestjs/cqrs';
import { WriteAheadPublisher } from '../../src/cqrs/index.js';
import { JournalEvent } from '../../src/events/index.js';
import { FileJournalModule, getAggregateRepositoryToken, getJournalToken } from '../../src/nest/index.js';
import type { AggregateRepository } from '../../src/aggregates/index.js';
import type { Journal } from '../../src/journal/index.js';
import { boot, survivingJournal } from '../nest/apps.js';
import { Account, Deposited, bootAccounts } from './accounts.js';

async function withOne() {
  const booted = await bootAccounts({ journal: survivingJournal() });
  await booted.accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true });
  return booted;
}

describe('an aggregate object in memory', () => {
  it('is dropped after it has discarded events', async () => {
    const { accounts } = await withOne();
    await accounts.update('a', (account) => {
      account.deposit(100n);
      account.uncommit();
    });
    expect(await accounts.query('a', ({ balance }) => balance)).toBe(1n);
    await accounts.update('a', (account) => account.deposit(1n));
    await accounts.update('a', (account) => account.uncommit());
    expect(await accounts.update('a', (account) => account.deposit(1n))).toBe(3n);
    // No event was discarded, so the object is the same.
    expect(await accounts.query('a', ({ applied }) => applied)).toBe(3);
  });

  it('that extends the AggregateRoot of @nestjs/cqrs is dropped after it has published unstored events', async () => {
    class Plain extends AggregateRoot {
      balance = 0n;
      constructor(readonly id: string) {
        super();
      }
      onDeposited({ amount }: Deposited): void {
        this.balance += amount;
      }
    }
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature({ aggregates: [Plain], events: [Deposited] }),
      ],
    });
    const plains = app.get<AggregateRepository<Plain>>(getAggregateRepositoryToken(Plain));
    const deposit = (plain: Plain, amount: bigint): void =>
      plain.apply(Object.assign(new Deposited(), { amount }));
    await plains.update('a', (plain) => deposit(plain, 1n), { createIfAbsent: true });
    await plains.update('a', (plain) => {
      deposit(plain, 100n);
      plain.commit();
    });
    expect(await plains.query('a', ({ balance }) => balance)).toBe(1n);
  });

  it('keeps the methods of its class that do more than discard events', async () => {
    const calls: unknown[] = [];
    class Own extends Account {
      override uncommit(...why: unknown[]): unknown {
        calls.push(why, this instanceof Own);
        const events = [...this.getUncommittedEvents()];
        super.uncommit();
        return events;
      }
    }
    const definition = { aggregate: Account, create: (id: string) => new Own(id) };
    const { accounts } = await bootAccounts({ journal: survivingJournal() }, definition as never);
    const given = await accounts.update(
      'a',
      (account) => {
        account.deposit(1n);
        return (account as Own).uncommit('in vain');
      },
      { createIfAbsent: true },
    );
    expect(given).toEqual([expect.any(Deposited)]);
    expect(calls).toEqual([['in vain'], true]);
  });

  it('does not carry events applied after a change into the next change', async () => {
    const { accounts, journal } = await withOne();
    let kept: Account | null = null;
    await accounts.update('a', (account) => {
      kept = account;
      account.deposit(1n);
    });
    (kept as unknown as Account).deposit(100n);
    expect(await accounts.update('a', (account) => account.deposit(1n))).toBe(3n);
    expect(journal.lastSequence).toBe(2n);
  });

  it('stays readable until the look ends; only a look that applies events is refused', async () => {
    const { accounts, journal } = await withOne();
    const look = accounts.query('a', async (account) => {
      await Promise.resolve();
      account.deposit(100n);
    });
    await expect(look).rejects.toMatchObject({ code: 'JOURNAL_INVALID_ARGUMENT' });
    expect(await accounts.query('a', async ({ balance }) => balance)).toBe(1n);
    expect(journal.lastSequence).toBe(0n);
  });
});

describe('a call that a change starts without awaiting it', () => {
  it('may change other aggregates after the change', async () => {
    const { accounts } = await withOne();
    let later: Promise<bigint> | null = null;
    await accounts.update('a', (account) => {
      account.deposit(1n);
      later = new Promise((resolve, reject) =>
        setTimeout(() => {
          accounts.update('b', (other) => other.deposit(5n), { createIfAbsent: true }).then(resolve, reject);
        }, 10),
      );
    });
    expect(await later).toBe(5n);
  });
});

describe('the create function', () => {
  it('must not be asynchronous: the update is refused before anything is stored', async () => {
    const { accounts, journal } = await bootAccounts({ journal: survivingJournal() }, {
      aggregate: Account,
      create: async (id: string) => new Account(id),
    } as never);
    const code = { code: 'JOURNAL_INVALID_ARGUMENT' };
    await expect(
      accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true }),
    ).rejects.toMatchObject(code);
    await expect(accounts.loadOrCreate('a')).rejects.toMatchObject(code);
    expect(journal.lastSequence).toBeNull();
  });
});

describe('a published event', () => {
  it('is refused if its fields are those of an envelope, because it would be misread', async () => {
    @JournalEvent('Versioned')
    class Versioned {
      v = 2;
      data = { some: 'thing' };
    }
    @JournalEvent('Enveloped')
    class Enveloped {
      v = 1;
      aggregateId = 'x';
      data = {};
    }
    @JournalEvent('Fine', { version: 2, upcasters: { 1: (data: unknown) => data } } as never)
    class Fine {
      v = 2;
      data = 'mine';
    }
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature({ aggregates: [Account], events: [Versioned, Enveloped, Fine] }),
      ],
    });
    const publisher = app.get(WriteAheadPublisher);
    for (const event of [new Versioned(), new Enveloped()])
      await expect(publisher.publish(event)).rejects.toMatchObject({ code: 'JOURNAL_SERIALIZATION' });
    await publisher.publish(new Fine());
    const [entry] = app.get<Journal>(getJournalToken()).readFrom(0);
    expect(entry?.event.command).toEqual({ Fine: new Fine() });
  });
});
