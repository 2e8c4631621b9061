import { describe, expect, it } from '@jest/globals';
import { Inject, type INestApplicationContext } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { EventBus, EventsHandler } from '@nestjs/cqrs';
import type { AggregateRepository } from '../../src/aggregates/index.js';
import { FileJournalModule, getAggregateRepositoryToken } from '../../src/nest/index.js';
import { Projection, ProjectionsService } from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { Account, Deposited, Withdrawn, bootAccounts } from '../aggregates/accounts.js';
import { Counter } from '../projections/apps.js';
import { turns, until } from '../support/until.js';
import { boot, survivingJournal } from './apps.js';

const CIRCULAR = { code: 'JOURNAL_CIRCULAR_WAIT' };

async function bootTwoAccounts(): Promise<AggregateRepository<Account>> {
  const { accounts } = await bootAccounts({ journal: survivingJournal() });
  for (const id of ['a', 'b', 'c'])
    await accounts.update(id, (account) => account.deposit(5n), { createIfAbsent: true });
  return accounts;
}

/** Both aggregates can be used as before. */
async function expectUsable(accounts: AggregateRepository<Account>): Promise<void> {
  for (const id of ['a', 'b', 'c']) {
    const before = await accounts.query(id, ({ balance }) => balance);
    expect(await accounts.update(id, (account) => account.deposit(1n))).toBe(before + 1n);
  }
}

describe('a query inside a query', () => {
  it('completes while another one reads the same aggregates in another order', async () => {
    const accounts = await bootTwoAccounts();
    const sum = (first: string, second: string): Promise<bigint> =>
      accounts.query(first, async (one) => {
        await Promise.resolve();
        const other = await accounts.query(second, async ({ balance }) => {
          await Promise.resolve();
          return balance;
        });
        return one.balance + other;
      });
    const pairs = Array.from({ length: 50 }, (_unused, index) =>
      index % 2 === 0 ? sum('a', 'b') : sum('b', 'a'),
    );
    expect(await Promise.all(pairs)).toEqual(pairs.map(() => 10n));
    await expectUsable(accounts);
  });

  it('reads the same object again, and the stored state of an aggregate that is being changed', async () => {
    const accounts = await bootTwoAccounts();
    await accounts.query('c', async (outer) => {
      await Promise.resolve();
      await accounts.query('c', (inner) => expect(inner).toBe(outer));
    });
    let release = (): void => undefined;
    const isHeld = new Promise<void>((resolve) => (release = resolve));
    const changing = accounts.update('b', async (account) => {
      account.deposit(100n);
      await isHeld;
    });
    await accounts.query('a', async () => {
      await Promise.resolve();
      expect(await accounts.query('b', ({ balance }) => balance)).toBe(5n);
      await expect(accounts.query('none', () => 1)).rejects.toMatchObject({
        code: 'JOURNAL_AGGREGATE_NOT_FOUND',
      });
      await expect(accounts.query('b', (account) => account.deposit(1n))).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_ARGUMENT',
      });
    });
    release();
    await changing;
    expect(await accounts.query('b', ({ balance }) => balance)).toBe(105n);
    await expectUsable(accounts);
  });

  it('keeps its object until it completes, even if the outer query did not wait for it', async () => {
    const accounts = await bootTwoAccounts();
    const seen: bigint[] = [];
    let inner: Promise<unknown> = Promise.resolve();
    const outer = accounts.query('a', async () => {
      await Promise.resolve();
      inner = accounts.query('a', async (account) => {
        for (let turn = 0; turn < 20; turn += 1) {
          seen.push(account.balance);
          await turns(1);
        }
      });
      await turns(5);
    });
    const changed = accounts.update('a', (account) => account.deposit(1n));
    await Promise.all([outer, inner, changed]);
    expect(new Set(seen)).toEqual(new Set([5n]));
  });
});

describe('an update', () => {
  it.each(['a', 'b'])('of %s inside a query of a is refused, and nothing is stored', async (id) => {
    const accounts = await bootTwoAccounts();
    const nested = accounts.query('a', async () => {
      await Promise.resolve();
      return accounts.update(id, (account) => account.deposit(1n));
    });
    await expect(nested).rejects.toMatchObject({
      ...CIRCULAR,
      operation: `update of ${id}`,
      inside: 'query of a',
    });
    expect(await accounts.query(id, ({ balance }) => balance)).toBe(5n);
    await expectUsable(accounts);
  });

  it('inside an update is refused, and so is a query', async () => {
    const accounts = await bootTwoAccounts();
    for (const inner of ['update', 'query'] as const) {
      const nested = accounts.update('a', async () => {
        await Promise.resolve();
        return accounts[inner]('b', ({ balance }) => balance);
      });
      await expect(nested).rejects.toMatchObject(CIRCULAR);
    }
    await expectUsable(accounts);
  });

  it('runs afterwards if a query or an update starts it without waiting for it', async () => {
    const accounts = await bootTwoAccounts();
    const started: Promise<bigint>[] = [];
    const start = (): void => void started.push(accounts.update('a', (account) => account.deposit(1n)));
    await accounts.query('a', start);
    await accounts.update('b', start);
    expect(await Promise.all(started)).toEqual([6n, 7n]);
  });
});

class Noted {
  constructor(readonly handle: () => unknown) {}
}

@EventsHandler(Noted)
class OnNoted {
  handle(event: Noted): unknown {
    return event.handle();
  }
}

type Handler = (parts: { projections: ProjectionsService; app: INestApplicationContext }) => unknown;

let onFirst: Handler = () => undefined;
let onSecond: Handler = () => undefined;
let application: INestApplicationContext | null = null;

@Projection('first', { retry: { maxRetries: 0 } })
class First {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}
  handle(): unknown {
    const projections = this.moduleRef.get(ProjectionsService, { strict: false });
    return onFirst({ projections, app: application as INestApplicationContext });
  }
  reset(): void {}
}

@Projection('second', { retry: { maxRetries: 0 } })
class Second {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}
  handle(): unknown {
    const projections = this.moduleRef.get(ProjectionsService, { strict: false });
    return onSecond({ projections, app: application as INestApplicationContext });
  }
}

async function bootProjections() {
  onFirst = () => undefined;
  onSecond = () => undefined;
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ journal: survivingJournal() }),
      FileJournalModule.forFeature({ aggregates: [Counter, Account], events: [Deposited, Withdrawn] }),
    ],
    providers: [First, Second, OnNoted],
  });
  application = app;
  const sequencer = app.get<Sequencer<Counter>>(Sequencer);
  return { app, projections: app.get(ProjectionsService), sequencer };
}

describe('a handler of a projection', () => {
  it.each<[string, Handler]>([
    ['waitFor', ({ projections }) => projections.waitFor('first')],
    ['rebuild', ({ projections }) => projections.rebuild('first')],
    ['pause', ({ projections }) => projections.pause('first')],
  ])('that waits for %s of its own projection fails instead of hanging', async (operation, wait) => {
    const { projections, sequencer } = await bootProjections();
    onFirst = async (parts) => {
      await Promise.resolve();
      await wait(parts);
    };
    await sequencer.submit({ Add: 1 });
    await expect(projections.waitFor('first')).rejects.toMatchObject({
      ...CIRCULAR,
      operation: `${operation}() of projection first`,
      inside: 'a handler of projection first',
    });
    onFirst = () => undefined;
    projections.resume('first');
    await projections.waitFor('first');
  });

  it('that waits for a projection whose handler waits for it fails', async () => {
    const { projections, sequencer } = await bootProjections();
    onFirst = ({ projections: service }) => service.waitFor('second');
    onSecond = ({ projections: service }) => service.waitFor('first');
    await sequencer.submit({ Add: 1 });
    const outcomes = await Promise.allSettled(['first', 'second'].map((name) => projections.waitFor(name)));
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : null));
    // One of them is refused. So the wait of the other one ends, too: with the failure of the first.
    expect(reasons).toEqual([expect.objectContaining(CIRCULAR), expect.objectContaining(CIRCULAR)]);
    onFirst = () => undefined;
    onSecond = () => undefined;
    for (const name of projections.names) projections.resume(name);
    for (const name of projections.names) await projections.waitFor(name);
  });

  it('that waits for another projection continues', async () => {
    const { projections, sequencer } = await bootProjections();
    onFirst = ({ projections: service }) => service.waitFor('second');
    await sequencer.submit({ Add: 1 });
    await projections.waitFor('first');
    expect(projections.status('second').position).toBe(0n);
  });

  it('does not hang if it and a query wait for each other: one of them fails', async () => {
    const { app, projections, sequencer } = await bootProjections();
    const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
    await accounts.update('a', (account) => account.deposit(5n), { createIfAbsent: true });
    await projections.waitFor('first');
    let isLooking = (): void => undefined;
    const looking = new Promise<void>((resolve) => (isLooking = resolve));
    onFirst = async () => {
      await looking;
      await accounts.query('a', () => 1);
    };
    const { sequenceNum } = await sequencer.submit({ Add: 1 });
    const look = accounts.query('a', async () => {
      isLooking();
      await projections.waitFor('first', sequenceNum);
    });
    await expect(look).rejects.toMatchObject(CIRCULAR);
    onFirst = () => undefined;
    projections.resume('first');
    await projections.waitFor('first');
  });

  it('fails if it updates an aggregate after several other updates, one of which waits for the handler', async () => {
    const { app, projections, sequencer } = await bootProjections();
    const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
    for (const id of ['a', 'b'])
      await accounts.update(id, (account) => account.deposit(5n), { createIfAbsent: true });
    await projections.waitFor('first');
    let isInHandler = false;
    onFirst = () => {
      isInHandler = true;
      return accounts.update('a', (account) => void account.balance);
    };
    let go = (): void => undefined;
    const isReleased = new Promise<void>((resolve) => (go = resolve));
    let isInChange = false;
    const changing = accounts.update('b', async (account) => {
      isInChange = true;
      await isReleased;
      await projections.waitFor('first');
      account.deposit(1n);
    });
    await until(() => isInChange);
    // The update holds a and waits for b; the handler waits for a.
    const both = accounts.updateAll(['a', 'b'], ([a, b]) => [a?.deposit(1n), b?.deposit(1n)]);
    await turns(5);
    await sequencer.submit({ Add: 1 });
    await until(() => isInHandler);
    await turns(5);
    go();
    await expect(changing).rejects.toMatchObject({ ...CIRCULAR, operation: 'waitFor() of projection first' });
    expect(await both).toEqual([6n, 6n]);
    onFirst = () => undefined;
    await projections.waitFor('first');
  });

  it('may start a wait without awaiting it', async () => {
    const { projections, sequencer } = await bootProjections();
    const told: string[] = [];
    onFirst = ({ projections: service }) => {
      void service.waitFor('first').then(() => told.push('handled'));
    };
    await sequencer.submit({ Add: 1 });
    await until(() => told.length === 1);
    expect(projections.status('first').lastError).toBeNull();
  });

  it('that closes the application does not prevent the close', async () => {
    const { app, sequencer } = await bootProjections();
    let closed: Promise<void> | null = null;
    onFirst = async (parts) => {
      await Promise.resolve();
      closed = parts.app.close();
      await closed;
    };
    await sequencer.submit({ Add: 1 });
    await until(() => closed !== null);
    const startedAtMs = performance.now();
    await closed;
    await app.close();
    // It takes less than shutdownTimeoutMs, 5 s, which limits any shutdown.
    expect(performance.now() - startedAtMs).toBeLessThan(4_500);
  });
});

describe('a handler of an event that is published inside a call', () => {
  it.each(['publish', 'publishAll'] as const)('with %s may change other aggregates', async (method) => {
    const { app } = await bootProjections();
    const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
    const bus = app.get(EventBus);
    const deposit = (id: string): Promise<bigint> =>
      accounts.update(id, (account) => account.deposit(1n), { createIfAbsent: true });
    let changed: Promise<bigint> = Promise.resolve(0n);
    const event = new Noted(() => (changed = deposit('b')));
    await accounts.update(
      'a',
      async (account) => {
        if (method === 'publish') bus.publish(event);
        else bus.publishAll([event]);
        expect(await changed).toBe(1n);
        account.deposit(1n);
      },
      { createIfAbsent: true },
    );
  });

  it('may wait for the projection in whose handler it was published', async () => {
    const { app, projections, sequencer } = await bootProjections();
    const bus = app.get(EventBus);
    let waited: Promise<void> | null = null;
    onFirst = async () => {
      bus.publish(new Noted(() => (waited = projections.waitFor('first', 0))));
      await turns(5);
    };
    await sequencer.submit({ Add: 1 });
    await until(() => waited !== null);
    await expect(waited).resolves.toBeUndefined();
  });
});
