import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { Bank, deposit, withdraw } from './bank.js';
import { openFaultyJournal } from '../support/faulty-journal.js';
import { openBank } from './setup.js';
import { turns } from '../support/until.js';

Logger.overrideLogger(false);

describe('Sequencer.submit', () => {
  it('answers with result, sequence and time, and journals the event', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer } = await openBank(journal, { clock: () => 42n });
    const event = await sequencer.submit(deposit('a', 5));
    expect(event).toMatchObject({ sequenceNum: 0n, timestampNs: 42n, result: { balance: 5n } });
    const [entry] = [...journal.readFrom(0)];
    expect(Buffer.from(entry?.payload ?? []).toString()).toBe(
      '{"sequence_num":0,"timestamp_ns":42,"command":{"Deposit":{"account":"a","amount":5}},"result":{"balance":5}}',
    );
  });

  it('journals nothing if the aggregate throws, and gives the next command the same sequence', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer } = await openBank(journal);
    await expect(sequencer.submit({ Fail: 'no such thing' })).rejects.toThrow('no such thing');
    expect(journal.nextSequence).toBeNull();
    expect((await sequencer.submit(deposit('a', 1))).sequenceNum).toBe(0n);
  });

  it('executes and appends without waiting for earlier entries, and answers and publishes in sequence order', async () => {
    const journal = await openFaultyJournal();
    const { sequencer, published } = await openBank(journal);
    journal.held = true;
    const answered: bigint[] = [];
    const submits = Array.from({ length: 64 }, (_, index) =>
      sequencer
        .submit(deposit(`account ${index % 3}`, 1))
        .then(({ sequenceNum }) => answered.push(sequenceNum)),
    );
    expect(journal.nextSequence).toBe(64n);
    expect(published).toEqual([]);
    journal.release();
    await Promise.all(submits);
    const inOrder = Array.from({ length: 64 }, (_, index) => BigInt(index));
    expect(answered).toEqual(inOrder);
    expect(published.map(({ sequenceNum }) => sequenceNum)).toEqual(inOrder);
  });

  it('publishes only when the journal has acknowledged', async () => {
    const journal = await openFaultyJournal();
    const visibleWhenPublished: bigint[] = [];
    const { sequencer } = await openBank(journal, {
      onPublish: () => visibleWhenPublished.push(journal.lastSequence ?? -1n),
    });
    journal.held = true;
    const submits = [sequencer.submit(deposit('a', 1)), sequencer.submit(deposit('a', 1))];
    await turns();
    expect(visibleWhenPublished).toEqual([]);
    journal.release();
    await Promise.all(submits);
    expect(visibleWhenPublished).toHaveLength(2);
    visibleWhenPublished.forEach((visible, index) => expect(visible).toBeGreaterThanOrEqual(BigInt(index)));
  });

  it('keeps commands beyond maxInFlight pending, and refuses those beyond maxQueued', async () => {
    const journal = await openFaultyJournal();
    const { sequencer, target } = await openBank(journal, { maxInFlight: 2, maxQueued: 3 });
    journal.held = true;
    const submits = Array.from({ length: 5 }, () => sequencer.submit(deposit('a', 1)));
    expect(target.instance?.executed).toBe(2);
    expect(sequencer.queued).toBe(3);
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({
      code: 'JOURNAL_SEQUENCER_OVERLOADED',
      outcome: 'not-written',
    });
    journal.release();
    const events = await Promise.all(submits);
    expect(events.map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n, 2n, 3n, 4n]);
  });

  it('gives the aggregate a command in the form of a replay, not the caller’s object', async () => {
    const journal = await InMemoryJournal.open();
    const seen: unknown[] = [];
    class Watching extends Bank {
      override execute(...args: Parameters<Bank['execute']>) {
        const result = super.execute(...args);
        seen.push(structuredClone(args[0]));
        if ('Deposit' in args[0]) args[0].Deposit.amount = 0;
        return result;
      }
    }
    const { sequencer } = await openBank(journal, { create: () => new Watching() });
    const command = deposit('a', 7n);
    const { command: journaled } = await sequencer.submit(command);
    expect(seen).toEqual([deposit('a', 7)]);
    expect(journaled).toEqual(deposit('a', 7n));
    expect([...journal.readFrom(0)][0]?.event.command).toEqual(deposit('a', 7));
  });

  it('refuses a command that cannot be stored before executing it', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer, target } = await openBank(journal);
    await expect(sequencer.submit(deposit('a', NaN))).rejects.toMatchObject({
      code: 'JOURNAL_SERIALIZATION',
    });
    expect(target.instance?.executed).toBe(0);
    expect((await sequencer.submit(deposit('a', 1))).sequenceNum).toBe(0n);
  });

  it('never decreases the time, and reports a wall clock that is more than a second behind', async () => {
    const journal = await InMemoryJournal.open();
    let now = 10_000_000_000n;
    const { sequencer } = await openBank(journal, { clock: () => now });
    await sequencer.submit(deposit('a', 1));
    now = 9_500_000_000n;
    expect((await sequencer.submit(deposit('a', 1))).timestampNs).toBe(10_000_000_000n);
    expect(sequencer.isClockSkewed).toBe(false);
    now = 8_000_000_000n;
    expect((await sequencer.submit(deposit('a', 1))).timestampNs).toBe(10_000_000_000n);
    expect(sequencer.isClockSkewed).toBe(true);
    now = 10_000_000_001n;
    expect((await sequencer.submit(deposit('a', 1))).timestampNs).toBe(10_000_000_001n);
    expect(sequencer.isClockSkewed).toBe(false);
  });

  it('lets an aggregate or a subscriber submit while a command is executed or published', async () => {
    const journal = await InMemoryJournal.open();
    const inner: Promise<unknown>[] = [];
    const { sequencer } = await openBank(journal, {
      onPublish: ({ sequenceNum }) => {
        if (sequenceNum === 0n) inner.push(sequencer.submit(deposit('b', 1)));
      },
    });
    await sequencer.submit(deposit('a', 1));
    await Promise.all(inner);
    expect(journal.lastSequence).toBe(1n);
  });
});

describe('Sequencer after a failed append', () => {
  it.each(['no-space', 'refused-at-once'] as const)(
    'rebuilds the aggregate after a refusal (%s) and continues',
    async (fault) => {
      const journal = await openFaultyJournal();
      const { sequencer } = await openBank(journal);
      await sequencer.submit(deposit('a', 10));
      journal.fault = fault;
      const failed = [sequencer.submit(deposit('a', 1)), sequencer.submit(deposit('a', 1))];
      const results = await Promise.allSettled(failed);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      journal.fault = null;
      const event = await sequencer.submit(deposit('a', 5));
      expect(event).toMatchObject({ sequenceNum: 1n, result: { balance: 15n } });
      expect(await sequencer.query((bank) => bank.balanceOf('a'))).toBe(15n);
    },
  );

  it('continues after a journal that throws in append instead of rejecting', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer } = await openBank(journal);
    const failure = new Error('a synchronous failure');
    const append = jest.spyOn(journal, 'append').mockImplementation(() => {
      throw failure;
    });
    const failed = [sequencer.submit(deposit('a', 1)), sequencer.submit(deposit('a', 2))];
    const results = await Promise.allSettled(failed);
    expect(results[0]).toEqual({ status: 'rejected', reason: failure });
    expect(results[1]?.status).toBe('rejected');
    append.mockRestore();
    expect(await sequencer.submit(deposit('a', 5))).toMatchObject({
      sequenceNum: 0n,
      result: { balance: 5n },
    });
  });

  it('continues after a result that cannot be stored, without that command', async () => {
    const journal = await InMemoryJournal.open();
    class Leaky extends Bank {
      override execute(...args: Parameters<Bank['execute']>) {
        const result = super.execute(...args);
        return 'Deposit' in args[0] && args[0].Deposit.amount === 99 ? ({ leak: () => 0 } as never) : result;
      }
    }
    const { sequencer } = await openBank(journal, { create: () => new Leaky() });
    const bad = sequencer.submit(deposit('a', 99));
    // In the same turn: it must not see the effect of the first.
    const next = sequencer.submit(deposit('a', 1));
    await expect(bad).rejects.toMatchObject({ code: 'JOURNAL_SERIALIZATION' });
    expect(await next).toMatchObject({ sequenceNum: 0n, result: { balance: 1n } });
    expect(await sequencer.query((bank) => bank.balanceOf('a'))).toBe(1n);
  });

  it('rejects the pending commands after a failed entry, unexecuted', async () => {
    const journal = await openFaultyJournal();
    const { sequencer } = await openBank(journal, { maxInFlight: 1 });
    journal.fault = 'no-space';
    const first = sequencer.submit(deposit('a', 1));
    const second = sequencer.submit(deposit('a', 1));
    await expect(first).rejects.toMatchObject({ code: 'JOURNAL_IO', outcome: 'not-written' });
    await expect(second).rejects.toMatchObject({ code: 'JOURNAL_SEQUENCER_INTERRUPTED' });
  });

  it('stays stopped after the journal is poisoned, and shows only stored events', async () => {
    const journal = await openFaultyJournal();
    const { sequencer, published } = await openBank(journal);
    await sequencer.submit(deposit('a', 10));
    journal.held = true;
    journal.fault = 'sync-failed';
    const lost = sequencer.submit(deposit('a', 90));
    const query = sequencer.query((bank) => bank.balanceOf('a'));
    journal.release();
    await expect(lost).rejects.toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'unknown' });
    await expect(query).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    journal.fault = null;
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({
      code: 'JOURNAL_POISONED',
      outcome: 'not-written',
    });
    expect(await sequencer.query((bank) => bank.balanceOf('a'))).toBe(10n);
    expect(sequencer.aggregate.balanceOf('a')).toBe(10n);
    expect(sequencer.state).toBe('stopped');
    expect(published).toHaveLength(1);
  });

  it('refuses an asynchronous execute, and undoes it', async () => {
    const journal = await InMemoryJournal.open();
    class Asynchronous extends Bank {
      override execute(...args: Parameters<Bank['execute']>) {
        const result = super.execute(...args);
        return this.balanceOf('a') > 1n ? (Promise.resolve(result) as never) : result;
      }
    }
    const { sequencer } = await openBank(journal, { create: () => new Asynchronous() });
    await sequencer.submit(deposit('a', 1));
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ARGUMENT',
    });
    expect(await sequencer.query((bank) => bank.balanceOf('a'))).toBe(1n);
  });
});

describe('Sequencer.query', () => {
  it('waits until every event that it saw is acknowledged', async () => {
    const journal = await openFaultyJournal();
    const { sequencer } = await openBank(journal);
    journal.held = true;
    const submitted = sequencer.submit(deposit('a', 3));
    let answer: unknown = null;
    const query = sequencer
      .query((bank, lastSequence) => ({ balance: bank.balanceOf('a'), lastSequence }))
      .then((seen) => (answer = seen));
    await turns();
    expect(answer).toBeNull();
    journal.release();
    await Promise.all([submitted, query]);
    expect(answer).toEqual({ balance: 3n, lastSequence: 0n });
  });

  it('includes events that were appended to the journal past the Sequencer', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer } = await openBank(journal);
    await sequencer.submit(deposit('a', 1));
    const external = { sequenceNum: 1n, timestampNs: 1n, command: deposit('a', 2), result: { balance: 3n } };
    await journal.append(new SequencerEvent(external));
    expect(await sequencer.query((bank) => bank.balanceOf('a'))).toBe(3n);
    expect(await sequencer.submit(deposit('a', 1))).toMatchObject({
      sequenceNum: 2n,
      result: { balance: 4n },
    });
  });
});

describe('Sequencer.aggregate', () => {
  it('is a stable handle: an instance of the class, valid after a rebuild, and read-only', async () => {
    const journal = await openFaultyJournal();
    const { sequencer } = await openBank(journal);
    const bank = sequencer.aggregate;
    expect(bank).toBeInstanceOf(Bank);
    await sequencer.submit(deposit('a', 10));
    expect(bank.balanceOf('a')).toBe(10n);
    journal.fault = 'no-space';
    await expect(sequencer.submit(deposit('a', 1))).rejects.toThrow('ENOSPC');
    expect(() => bank.balanceOf('a')).toThrow('rebuilt');
    await sequencer.drain();
    expect(bank.balanceOf('a')).toBe(10n);
    expect(sequencer.aggregate).toBe(bank);
    expect(() => bank.execute(deposit('a', 1), { sequenceNum: 9n, timestampNs: 9n })).toThrow('submit');
    expect(() => Object.assign(bank, { executed: 0 })).toThrow('read-only');
  });
});

describe('Sequencer.close', () => {
  it('answers accepted commands and refuses later ones', async () => {
    const journal = await openFaultyJournal();
    const { sequencer } = await openBank(journal, { maxInFlight: 1 });
    journal.held = true;
    const accepted = [sequencer.submit(deposit('a', 1)), sequencer.submit(deposit('a', 1))];
    const closed = sequencer.close();
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
    journal.release();
    await closed;
    expect(journal.lastSequence).toBe(1n);
    expect((await Promise.all(accepted)).map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n]);
  });
});

describe('Rejected results', () => {
  it('are journaled and answered, and change nothing at replay', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer } = await openBank(journal);
    expect((await sequencer.submit(withdraw('a', 1))).result).toEqual({ Rejected: 'not enough' });
    await sequencer.submit(deposit('a', 1));
    const restarted = await openBank(journal);
    expect(restarted.target.instance?.executed).toBe(1);
    expect(restarted.target.lastSequence).toBe(1n);
  });
});
