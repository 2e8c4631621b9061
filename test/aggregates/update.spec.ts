import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import type { Journal } from '../../src/journal/index.js';
import { survivingJournal } from '../nest/apps.js';
import { Account, bootAccounts, bootFaultyAccounts } from './accounts.js';

const commandsOf = (journal: Journal): unknown[] =>
  [...journal.readFrom(0)].map(({ event }) => Object.keys(event.command as object));

/** Counts the objects that a repository creates. */
function counting(maxLive?: number) {
  const made: string[] = [];
  const create = (id: string): Account => {
    made.push(id);
    return new Account(id);
  };
  return { made, definition: { aggregate: Account, create, maxLive } };
}

describe('AggregateRepository.update', () => {
  it('loads, changes and saves, one update after the other, and resolves once the events are stored', async () => {
    const { accounts, journal, published } = await bootAccounts({ journal: survivingJournal() });
    const balances = await Promise.all(
      [1n, 2n, 3n].map((amount) =>
        accounts.update('a', (account) => account.deposit(amount), { createIfAbsent: true }),
      ),
    );
    expect(balances).toEqual([1n, 3n, 6n]);
    expect(journal.durableSequence).toBe(2n);
    expect(published).toHaveLength(3);
    expect(await accounts.query('a', ({ balance, version }) => ({ balance, version }))).toEqual({
      balance: 6n,
      version: 3,
    });
  });

  it('runs the change after the tick of the call, in its async context, and saves in the tick of the change', async () => {
    const { accounts, journal } = await bootFaultyAccounts();
    await accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true });
    const request = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const updateAs = (name: string): Promise<unknown> =>
      request.run(name, async () => {
        const updated = accounts.update('a', (account) => {
          seen.push(request.getStore(), journal.nextSequence);
          queueMicrotask(() => seen.push(journal.nextSequence));
          return account.deposit(1n);
        });
        expect(seen).toEqual([]);
        await updated;
        return request.getStore();
      });
    // All but the first wait for the previous turn.
    expect(await Promise.all(['x', 'y', 'z'].map(updateAs))).toEqual(['x', 'y', 'z']);
    expect(seen).toEqual(['x', 1n, 2n, 'y', 2n, 3n, 'z', 3n, 4n]);
  });

  it('keeps the aggregate in memory, and creates a new object only if necessary', async () => {
    const { made, definition } = counting();
    const { accounts } = await bootAccounts({ journal: survivingJournal() }, definition);
    await accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true });
    const applied = await accounts.update('a', (account) => (account.deposit(1n), account.applied));
    expect(applied).toBe(2);
    expect(made).toEqual(['a']);
  });

  it('applies the events that other saves stored meanwhile, without reading all events again', async () => {
    const { made, definition } = counting();
    const { accounts } = await bootAccounts({ journal: survivingJournal() }, definition);
    await accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true });
    const copy = await accounts.load('a');
    copy.deposit(10n);
    await accounts.save(copy);
    expect(await accounts.update('a', (account) => account.deposit(100n))).toBe(111n);
    expect(made).toEqual(['a', 'a']);
  });

  it('retries on the newer state after another save, a bounded number of times', async () => {
    const { accounts } = await bootAccounts({ journal: survivingJournal() });
    await accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true });
    let runs = 0;
    const interfere = async (account: Account): Promise<bigint> => {
      runs += 1;
      const answer = account.deposit(100n);
      const copy = await accounts.load('a');
      copy.deposit(10n);
      await accounts.save(copy);
      return answer;
    };
    await expect(accounts.update('a', interfere, { attempts: 2 })).rejects.toMatchObject({
      code: 'JOURNAL_AGGREGATE_CONFLICT',
      aggregateId: 'a',
    });
    expect(runs).toBe(2);
    const once = (account: Account): bigint | Promise<bigint> =>
      runs++ === 2 ? interfere(account) : account.deposit(100n);
    expect(await accounts.update('a', once)).toBe(131n);
    expect((await accounts.load('a')).balance).toBe(131n);
    await expect(accounts.update('a', once, { attempts: 0 })).rejects.toThrow('attempts');
  });

  it('waits for a save in flight, and repeats the change on the stored state', async () => {
    const { accounts, journal } = await bootFaultyAccounts();
    await accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true });
    const copy = await accounts.load('a');
    copy.deposit(10n);
    journal.held = true;
    const saved = accounts.save(copy);
    const updated = accounts.update('a', (account) => account.deposit(100n), { attempts: 2 });
    // The update has found the unacknowledged save.
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    journal.release();
    await saved;
    expect(await updated).toBe(111n);
  });

  it('stores nothing if the change throws, and continues with a clean aggregate', async () => {
    const { made, definition } = counting();
    const { accounts, journal } = await bootAccounts({ journal: survivingJournal() }, definition);
    await accounts.update('a', (account) => account.deposit(5n), { createIfAbsent: true });
    await expect(accounts.update('a', (account) => account.withdraw(6n))).rejects.toThrow('not enough');
    expect(made).toEqual(['a']);
    const half = (account: Account): void => {
      account.deposit(1_000n);
      throw new Error('half way');
    };
    await expect(accounts.update('a', half)).rejects.toThrow('half way');
    expect(await accounts.update('a', (account) => account.withdraw(5n))).toBe(0n);
    expect(made).toEqual(['a', 'a']);
    expect(commandsOf(journal)).toEqual([['Deposited'], ['Withdrawn']]);
  });

  it('drops the aggregate after a save is refused or has an unknown outcome', async () => {
    const { accounts, journal, published } = await bootFaultyAccounts();
    await accounts.update('a', (account) => account.deposit(5n), { createIfAbsent: true });
    journal.fault = 'no-space';
    await expect(accounts.update('a', (account) => account.deposit(1n))).rejects.toMatchObject({
      code: 'JOURNAL_IO',
    });
    expect(await accounts.query('a', ({ balance }) => balance)).toBe(5n);
    journal.fault = 'sync-failed';
    await expect(accounts.update('a', (account) => account.deposit(1n))).rejects.toMatchObject({
      outcome: 'unknown',
    });
    expect(await accounts.query('a', ({ balance }) => balance)).toBe(5n);
    expect(published).toHaveLength(1);
  });

  it('ends its turn and drops the aggregate even if a method of the class throws afterwards', async () => {
    const { made, definition } = counting();
    const { accounts } = await bootFaultyAccounts(definition);
    await accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true });
    const failure = new Error('a broken class');
    const breakIt = (account: Account): void => {
      account.getUncommittedEvents = () => {
        throw failure;
      };
    };
    await expect(accounts.update('a', breakIt)).rejects.toBe(failure);
    await expect(accounts.query('a', breakIt)).rejects.toBe(failure);
    await expect(accounts.updateAll(['a'], ([account]) => account && breakIt(account))).rejects.toBe(failure);
    expect(await accounts.update('a', (account) => account.deposit(1n))).toBe(2n);
    expect(made).toHaveLength(4);
  });

  it('rejects for an unknown aggregate, and creates none by default', async () => {
    const { accounts, journal } = await bootAccounts({ journal: survivingJournal() });
    const missing = { code: 'JOURNAL_AGGREGATE_NOT_FOUND', aggregateId: 'a' };
    await expect(accounts.update('a', (account) => account.deposit(1n))).rejects.toMatchObject(missing);
    await expect(accounts.query('a', () => 1)).rejects.toMatchObject(missing);
    expect(await accounts.update('a', () => 'nothing', { createIfAbsent: true })).toBe('nothing');
    expect(accounts.has('a')).toBe(false);
    expect(journal.lastSequence).toBeNull();
  });

  it('refuses an update inside an update, instead of waiting forever', async () => {
    const { accounts } = await bootAccounts({ journal: survivingJournal() });
    for (const id of ['a', 'b'])
      await accounts.update(id, (account) => account.deposit(5n), { createIfAbsent: true });
    for (const inner of ['a', 'b']) {
      const nested = accounts.update('a', async () => {
        await Promise.resolve();
        return accounts.update(inner, (account) => account.deposit(1n));
      });
      await expect(nested).rejects.toThrow(/updateAll/);
    }
    expect(await accounts.update('b', (account) => account.deposit(1n))).toBe(6n);
  });

  it('changes several aggregates in one entry, whatever the order of their ids', async () => {
    const { made, definition } = counting();
    const { accounts, journal } = await bootFaultyAccounts(definition);
    await accounts.updateAll(['b', 'a'], ([b]) => b?.deposit(100n), { createIfAbsent: true });
    expect(accounts.has('a')).toBe(false);
    await accounts.update('a', (account) => account.deposit(100n), { createIfAbsent: true });
    made.length = 0;
    const transfer = (from: string, to: string, amount: bigint): Promise<void> =>
      accounts.updateAll([from, to], ([source, target]) => {
        source?.withdraw(amount);
        target?.deposit(amount);
      });
    await Promise.all(
      Array.from({ length: 20 }, (_unused, index) =>
        transfer(...((index % 2 ? ['a', 'b'] : ['b', 'a']) as [string, string]), BigInt(index)),
      ),
    );
    const balances = (): Promise<bigint[]> =>
      Promise.all(['a', 'b'].map((id) => accounts.query(id, ({ balance }) => balance)));
    expect(await balances()).toEqual([90n, 110n]);
    expect(made).toEqual([]);
    expect(journal.lastSequence).toBe(21n);
    await expect(transfer('a', 'b', 91n)).rejects.toThrow('not enough');
    journal.fault = 'no-space';
    await expect(transfer('a', 'b', 1n)).rejects.toMatchObject({ code: 'JOURNAL_IO' });
    expect(await balances()).toEqual([90n, 110n]);
    journal.fault = null;
    await transfer('a', 'a', 5n);
    expect(await balances()).toEqual([90n, 110n]);
  });

  it('refuses a look that applies events, and discards them', async () => {
    const { accounts } = await bootAccounts({ journal: survivingJournal() });
    await accounts.update('a', (account) => account.deposit(5n), { createIfAbsent: true });
    await expect(accounts.query('a', (account) => account.deposit(1n))).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ARGUMENT',
    });
    expect(await accounts.query('a', ({ balance }) => balance)).toBe(5n);
  });

  it.each([
    [0, ['c', 'b', 'a', 'b', 'c']],
    [2, ['a', 'c']],
    [3, []],
  ])('keeps the %i most recently used aggregates', async (maxLive, expected) => {
    const { made, definition } = counting(maxLive);
    const { accounts } = await bootAccounts({ journal: survivingJournal() }, definition);
    for (const id of ['a', 'b', 'c'])
      await accounts.update(id, (account) => account.deposit(1n), { createIfAbsent: true });
    made.length = 0;
    for (const id of ['c', 'b', 'a', 'b', 'c']) await accounts.query(id, () => null);
    expect(made).toEqual(expected);
  });

  it('never evicts an aggregate in use, however many there are', async () => {
    const { made, definition } = counting(1);
    const { accounts, journal } = await bootFaultyAccounts(definition);
    const ids = ['a', 'b', 'c', 'a', 'b', 'c'];
    journal.held = true;
    const updates = ids.map((id) =>
      accounts.update(id, (account) => account.deposit(1n), { createIfAbsent: true }),
    );
    journal.release();
    expect(await Promise.all(updates)).toEqual([1n, 1n, 1n, 2n, 2n, 2n]);
    expect(made).toEqual(['a', 'b', 'c']);
  });
});

describe('AggregateRepository.save', () => {
  it('compares the version or sequence that the caller expects', async () => {
    const { accounts } = await bootAccounts({ journal: survivingJournal() });
    const account = await accounts.loadOrCreate('a');
    account.deposit(1n);
    account.deposit(2n);
    expect(await accounts.save(account, { expectedVersion: 0, expectedSequence: null })).toMatchObject({
      sequenceNum: 0n,
      timestampNs: expect.any(BigInt),
    });
    expect(account.version).toBe(2);
    expect(accounts.versionOf(account)).toBe(2);
    account.deposit(4n);
    await expect(accounts.save(account, { expectedVersion: 1 })).rejects.toMatchObject({
      code: 'JOURNAL_AGGREGATE_CONFLICT',
      outcome: 'not-written',
      expectedVersion: 1,
      actualVersion: 2,
    });
    await expect(accounts.save(account, { expectedSequence: null })).rejects.toMatchObject({
      expectedSequence: null,
      actualSequence: 0n,
    });
    expect(account.getUncommittedEvents()).toHaveLength(1);
    expect(await accounts.save(account, { expectedVersion: 2, expectedSequence: 0n })).toMatchObject({
      sequenceNum: 1n,
    });
    expect(await accounts.save(account, { expectedVersion: 3 })).toBeNull();
    await expect(accounts.save(account, { expectedVersion: 2 })).rejects.toMatchObject({ actualVersion: 3 });
  });

  it('refuses to create an aggregate that another save created', async () => {
    const { accounts, journal } = await bootFaultyAccounts();
    const [mine, theirs] = [await accounts.loadOrCreate('a'), await accounts.loadOrCreate('a')];
    mine.deposit(1n);
    theirs.deposit(2n);
    journal.held = true;
    const saved = accounts.save(mine);
    await expect(accounts.save(theirs)).rejects.toMatchObject({ expectedVersion: 0, actualVersion: 1 });
    journal.release();
    await saved;
    await expect(accounts.save(theirs)).rejects.toMatchObject({ code: 'JOURNAL_AGGREGATE_CONFLICT' });
    expect(await accounts.find('b')).toBeNull();
  });

  it('stores the events of several aggregates as one entry, all or none', async () => {
    const { accounts, journal, published } = await bootFaultyAccounts();
    await accounts.update('a', (account) => account.deposit(10n), { createIfAbsent: true });
    const [from, to] = [await accounts.load('a'), await accounts.loadOrCreate('b')];
    from.withdraw(4n);
    to.deposit(4n);
    journal.fault = 'no-space';
    await expect(accounts.saveAll([from, to])).rejects.toMatchObject({ code: 'JOURNAL_IO' });
    expect([from, to].map((account) => account.getUncommittedEvents().length)).toEqual([1, 1]);
    expect(accounts.has('b')).toBe(false);
    journal.fault = null;
    expect(await accounts.saveAll([from, to, from])).toMatchObject({ sequenceNum: 1n });
    expect(published).toHaveLength(3);
    expect(commandsOf(journal)[1]).toEqual(['DomainEvents']);
    expect([(await accounts.load('a')).balance, (await accounts.load('b')).balance]).toEqual([6n, 4n]);
    expect((await accounts.load('b')).version).toBe(1);

    const [stale, twin] = [await accounts.load('a'), await accounts.load('a')];
    stale.deposit(1n);
    twin.deposit(1n);
    await expect(accounts.saveAll([stale, twin])).rejects.toThrow('one object for each aggregate');
    await accounts.save(twin);
    to.deposit(1n);
    await expect(accounts.saveAll([to, stale])).rejects.toMatchObject({ aggregateId: 'a' });
    expect((await accounts.load('b')).balance).toBe(4n);
    expect(to.getUncommittedEvents()).toHaveLength(1);
  });

  it('publishes nothing when it loads an aggregate, and refuses aggregates that would', async () => {
    const factory = survivingJournal();
    const first = await bootAccounts({ journal: factory });
    await first.accounts.update('a', (account) => account.deposit(10n), { createIfAbsent: true });
    await first.close();
    class Loud extends Account {
      override autoCommit = true;
    }
    const create = (id: string): Account => new Loud(id);
    const { accounts, published } = await bootAccounts({ journal: factory }, { aggregate: Account, create });
    await expect(accounts.load('a')).rejects.toThrow('autoCommit');
    expect(published).toEqual([]);
    const quiet = await bootAccounts({ journal: factory });
    expect((await quiet.accounts.load('a')).balance).toBe(10n);
    expect(quiet.published).toEqual([]);
  });

  it('rejects if the events of an aggregate are no longer in the journal', async () => {
    const factory = survivingJournal();
    const { accounts } = await bootAccounts({ journal: factory });
    await accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true });
    await accounts.update('b', (account) => account.deposit(1n), { createIfAbsent: true });
    const journal = factory.current;
    if (journal === null) throw new Error('no journal');
    const readFrom = journal.readFrom.bind(journal);
    journal.readFrom = (sequence, options) => readFrom(BigInt(sequence) + 1n, options);
    for (const [id, expectedSequence] of [
      ['a', 0n],
      ['b', 1n],
    ] as const) {
      await expect(accounts.load(id)).rejects.toMatchObject({ code: 'JOURNAL_REPLAY_GAP', expectedSequence });
    }
  });
});
