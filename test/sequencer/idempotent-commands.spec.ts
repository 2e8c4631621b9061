import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FileJournal } from '../../src/file-journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent, type Journal } from '../../src/journal/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { deposit, withdraw } from './bank.js';
import { openFaultyJournal } from '../support/faulty-journal.js';
import { openBank } from './setup.js';

Logger.overrideLogger(false);

function idsOf(journal: Journal): (string | null)[] {
  return Array.from(journal.readFrom(0), ({ event }) => event.commandId);
}

/** The state after a restart. */
async function reopened(journal: Journal): Promise<Journal> {
  return InMemoryJournal.open({ initialEntries: Array.from(journal.readFrom(0), ({ event }) => event) });
}

describe('a command that is submitted again with its id', () => {
  it('is executed once, and answered with the journaled event', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer, target, published } = await openBank(journal);
    const first = await sequencer.submit(deposit('a', 5), { commandId: 'x' });
    await sequencer.submit(deposit('a', 1));
    const again = await sequencer.submit(deposit('a', 5n), { commandId: 'x' });
    expect(first).toMatchObject({ sequenceNum: 0n, commandId: 'x', result: { balance: 5n } });
    expect(again).toMatchObject({ sequenceNum: 0n, commandId: 'x', timestampNs: first.timestampNs });
    expect(again.result).toEqual({ balance: 5 });
    expect(target.instance?.executed).toBe(2);
    expect(published).toHaveLength(2);
    expect(idsOf(journal)).toEqual(['x', null]);
  });

  it('gets the same answer while the first is pending or in flight', async () => {
    const journal = await openFaultyJournal();
    const { sequencer } = await openBank(journal, { maxInFlight: 1 });
    journal.held = true;
    const answers = ['x', 'y', 'x', 'y'].map((commandId) => sequencer.submit(deposit('a', 1), { commandId }));
    expect(answers[2]).toBe(answers[0]);
    expect(answers[3]).toBe(answers[1]);
    journal.release();
    const events = await Promise.all(answers);
    expect(events.map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n, 0n, 1n]);
    expect(idsOf(journal)).toEqual(['x', 'y']);
  });

  it('is known after a restart, in a file', async () => {
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 64 * 1024 });
      const { sequencer } = await openBank(journal);
      await sequencer.submit(deposit('a', 5), { commandId: 'p "\\",\u{1f600}' });
      await sequencer.submit(withdraw('a', 6), { commandId: 'refused' });
    }
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 64 * 1024 });
    const { sequencer, target } = await openBank(journal);
    await sequencer.loadCommandIds();
    const again = await sequencer.submit(deposit('a', 5), { commandId: 'p "\\",\u{1f600}' });
    expect(again).toMatchObject({ sequenceNum: 0n, result: { balance: 5 } });
    // A rejection is a result, although the balance would suffice now.
    await sequencer.submit(deposit('a', 5));
    const refused = await sequencer.submit(withdraw('a', 6), { commandId: 'refused' });
    expect(refused).toMatchObject({ sequenceNum: 1n, result: { Rejected: 'not enough' } });
    expect(target.instance?.balanceOf('a')).toBe(10n);
  });

  it('is known after a restart without loadCommandIds(): the first command with an id waits for the ids', async () => {
    const before = await InMemoryJournal.open();
    await (await openBank(before)).sequencer.submit(deposit('a', 5), { commandId: 'x' });
    const { sequencer, target } = await openBank(await reopened(before));
    const events = await Promise.all([
      sequencer.submit(deposit('a', 5), { commandId: 'x' }),
      sequencer.submit(deposit('a', 1), { commandId: 'y' }),
      sequencer.submit(deposit('a', 1)),
    ]);
    expect(events.map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n, 2n]);
    expect(target.instance?.balanceOf('a')).toBe(7n);
  });

  it('is executed again if the aggregate threw', async () => {
    const { sequencer, target } = await openBank(await InMemoryJournal.open());
    for (const executed of [1, 2]) {
      await expect(sequencer.submit({ Fail: 'no' }, { commandId: 'x' })).rejects.toThrow('no');
      expect(target.instance?.executed).toBe(executed);
    }
    expect((await sequencer.submit(deposit('a', 1), { commandId: 'x' })).sequenceNum).toBe(0n);
  });

  it('is executed again if the journal refused it, after the aggregate was rebuilt', async () => {
    const journal = await openFaultyJournal();
    const { sequencer, target } = await openBank(journal);
    await sequencer.submit(deposit('a', 1), { commandId: 'stored' });
    for (const fault of ['no-space', 'refused-at-once'] as const) {
      journal.fault = fault;
      const refused = sequencer.submit(deposit('a', 2), { commandId: fault });
      await expect(refused).rejects.toMatchObject({ code: 'JOURNAL_IO' });
      journal.fault = null;
      const [again, stored] = await Promise.all([
        sequencer.submit(deposit('a', 2), { commandId: fault }),
        sequencer.submit(deposit('a', 1), { commandId: 'stored' }),
      ]);
      expect(again.commandId).toBe(fault);
      expect(stored.sequenceNum).toBe(0n);
    }
    expect(target.instance?.balanceOf('a')).toBe(5n);
    expect(idsOf(journal)).toEqual(['stored', 'no-space', 'refused-at-once']);
  });

  it.each([true, false])(
    'is answered from the journal after an unknown outcome: entry stored %p',
    async (isThere) => {
      const journal = await openFaultyJournal();
      const { sequencer } = await openBank(journal);
      journal.fault = 'sync-failed';
      const lost = sequencer.submit(deposit('a', 2), { commandId: 'x' });
      await expect(lost).rejects.toMatchObject({ outcome: 'unknown' });
      await expect(sequencer.submit(deposit('a', 2), { commandId: 'x' })).rejects.toMatchObject({
        code: 'JOURNAL_POISONED',
      });
      const there = new SequencerEvent({
        ...{ sequenceNum: 0n, timestampNs: 7n, command: deposit('a', 2), result: { balance: 2n } },
        commandId: 'x',
      });
      const after = await openBank(await InMemoryJournal.open({ initialEntries: isThere ? [there] : [] }));
      const event = await after.sequencer.submit(deposit('a', 2), { commandId: 'x' });
      expect(event.sequenceNum).toBe(0n);
      expect(event.timestampNs === 7n).toBe(isThere);
      expect(after.target.instance?.balanceOf('a')).toBe(2n);
    },
  );
});

describe('an id', () => {
  it('of another command is refused, pending and journaled, even if the caller changed its object', async () => {
    const journal = await openFaultyJournal();
    const { sequencer, target } = await openBank(journal);
    const command = { Deposit: { account: 'a', amount: 1 } };
    journal.held = true;
    const first = sequencer.submit(command, { commandId: 'x' });
    command.Deposit.amount = 2;
    await expect(sequencer.submit(command, { commandId: 'x' })).rejects.toMatchObject({
      ...{ code: 'JOURNAL_COMMAND_ID_REUSED', outcome: 'not-written', sequenceNum: null },
    });
    // This journal encodes an entry when it is released; other journals do so at once.
    command.Deposit.amount = 1;
    journal.release();
    await first;
    command.Deposit.amount = 2;
    await expect(sequencer.submit(command, { commandId: 'x' })).rejects.toMatchObject({
      ...{ code: 'JOURNAL_COMMAND_ID_REUSED', commandId: 'x', sequenceNum: 0n },
    });
    expect(target.instance?.executed).toBe(1);
  });

  it('lets the caller decide which commands are the same', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer } = await openBank(journal);
    const seen: unknown[] = [];
    const isSame = (...commands: unknown[]) => seen.push(...commands) > 0;
    await sequencer.submit(deposit('a', 1), { commandId: 'x', isSame });
    expect((await sequencer.submit(deposit('a', 2), { commandId: 'x', isSame })).sequenceNum).toBe(0n);
    expect(seen).toEqual([deposit('a', 1), deposit('a', 2)]);
  });

  it.each(['', 'x'.repeat(129), 'ü'.repeat(65), '\ud800', 7, null, {}])(
    '%p is refused',
    async (commandId) => {
      const { sequencer, target } = await openBank(await InMemoryJournal.open());
      const options = { commandId } as { commandId: string };
      await expect(sequencer.submit(deposit('a', 1), options)).rejects.toMatchObject({
        ...{ code: 'JOURNAL_INVALID_ARGUMENT', argument: 'commandId' },
      });
      expect(target.instance?.executed).toBe(0);
    },
  );

  it('is refused if the codec does not store it', async () => {
    const { sequencer, target } = await openBank(await InMemoryJournal.open(), { storesCommandIds: false });
    await expect(sequencer.submit(deposit('a', 1), { commandId: 'x' })).rejects.toMatchObject({
      ...{ code: 'JOURNAL_INVALID_ARGUMENT', argument: 'commandId' },
    });
    expect(target.instance?.executed).toBe(0);
  });

  it.each([true, false])('of an external event is known: ids read before %p', async (areRead) => {
    const journal = await openFaultyJournal();
    const { sequencer, target } = await openBank(journal);
    if (areRead) await sequencer.loadCommandIds();
    journal.held = true;
    const event = new SequencerEvent({
      ...{ sequenceNum: 0n, timestampNs: 1n, command: deposit('a', 3), result: { balance: 3 } },
      commandId: 'x',
    });
    const { acknowledged } = sequencer.commitExternal(event);
    const repeated = sequencer.submit(deposit('a', 3), { commandId: 'x' });
    journal.release();
    await acknowledged;
    expect(await repeated).toStrictEqual(event);
    expect((await sequencer.submit(deposit('a', 3), { commandId: 'x' })).sequenceNum).toBe(0n);
    expect(target.instance?.executed).toBe(1);
  });

  it('of an external event is known to the same command that was pending', async () => {
    const journal = await openFaultyJournal();
    const { sequencer, target } = await openBank(journal, { maxInFlight: 1 });
    await sequencer.loadCommandIds();
    journal.held = true;
    const first = sequencer.submit(deposit('a', 1));
    // The aggregate ignores it, so it does not count among the entries in flight of the aggregate.
    const command = { Noted: 'x' };
    const waiting = sequencer.submit(command as never, { commandId: 'x' });
    const event = new SequencerEvent({
      ...{ sequenceNum: 1n, timestampNs: 2n ** 62n, command, result: null },
      commandId: 'x',
    });
    const { acknowledged } = sequencer.commitExternal(event);
    journal.release();
    await first;
    expect(await waiting).toStrictEqual(event);
    await acknowledged;
    expect(target.instance?.executed).toBe(1);
  });

  it('of an event that was appended past the Sequencer is known', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer, target } = await openBank(journal);
    await sequencer.submit(deposit('a', 1), { commandId: 'x' });
    const event = {
      sequenceNum: 1n,
      timestampNs: 2n ** 62n,
      command: deposit('a', 3),
      result: { balance: 4 },
    };
    await journal.append(new SequencerEvent({ ...event, commandId: 'y' }));
    const events = await Promise.all(
      (['x', 'y'] as const).map((commandId) =>
        sequencer.submit(deposit('a', commandId === 'x' ? 1 : 3), { commandId }),
      ),
    );
    expect(events.map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n]);
    expect(target.instance?.balanceOf('a')).toBe(4n);
  });

  it('inside of a command is not its id', async () => {
    const before = await InMemoryJournal.open();
    const command = deposit('","command_id":"x"}', 1);
    await (await openBank(before)).sequencer.submit(command);
    const { sequencer } = await openBank(await reopened(before));
    expect((await sequencer.submit(command, { commandId: 'x' })).sequenceNum).toBe(1n);
  });
});

describe('the window', () => {
  it('is exactly the last entries of the journal, also after a restart', async () => {
    let journal: Journal = await InMemoryJournal.open();
    let bank = await openBank(journal, { commandWindow: 10 });
    const submit = (index: number) => bank.sequencer.submit(deposit('a', 1), { commandId: `id ${index}` });
    for (let index = 0; index < 40; index++) {
      // Some of the entries have no id.
      await (index % 4 === 0 ? bank.sequencer.submit(deposit('a', 1)) : submit(index));
      if (index === 25) {
        journal = await reopened(journal);
        bank = await openBank(journal, { commandWindow: 10 });
        await bank.sequencer.loadCommandIds();
      }
      const inside = index - 9;
      if (inside > 0 && inside % 4 !== 0) expect((await submit(inside)).sequenceNum).toBe(BigInt(inside));
    }
    expect(journal.lastSequence).toBe(39n);
    expect(bank.sequencer.firstNeededSequence).toBe(30n);
    expect((await submit(29)).sequenceNum).toBe(40n);
    expect((await submit(30)).sequenceNum).toBe(41n);
    expect((await submit(33)).sequenceNum).toBe(33n);
  });

  it('that cannot be read stops commands with an id, but no others', async () => {
    const inner = await InMemoryJournal.open();
    const { sequencer: first } = await openBank(inner);
    await first.submit(deposit('a', 1), { commandId: 'x' });
    let isBroken = false;
    const journal = new Proxy(inner, {
      get(target, property) {
        if (property === 'readFrom' && isBroken) throw new Error('unreadable');
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const { sequencer } = await openBank(journal);
    isBroken = true;
    await sequencer.loadCommandIds();
    await expect(sequencer.submit(deposit('a', 1), { commandId: 'x' })).rejects.toThrow('unreadable');
    expect((await sequencer.submit(deposit('a', 1))).sequenceNum).toBe(1n);
    isBroken = false;
    expect((await sequencer.submit(deposit('a', 1), { commandId: 'x' })).sequenceNum).toBe(0n);
  });
});

it('is read once, however many commands wait for it, and misses no id meanwhile', async () => {
  const ids = Array.from({ length: 2_000 }, (_, index) => `id ${index}`);
  const journal = await InMemoryJournal.open({
    initialEntries: ids.map(
      (commandId, index) =>
        new SequencerEvent({
          ...{ sequenceNum: BigInt(index), timestampNs: 1n, command: deposit('a', 1), commandId },
          result: { balance: index + 1 },
        }),
    ),
  });
  for (let turns = 0; turns < 8; turns += 1) {
    const { sequencer } = await openBank(journal);
    const first = sequencer.submit(deposit('a', 1), { commandId: 'id 1999' });
    // Reading the journal yields to the event loop between slices.
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const loaded = sequencer.loadCommandIds();
    expect((await first).sequenceNum).toBe(1_999n);
    const again = await Promise.all(ids.map((commandId) => sequencer.submit(deposit('a', 1), { commandId })));
    expect(again.findIndex(({ sequenceNum }, index) => sequenceNum !== BigInt(index))).toBe(-1);
    await loaded;
  }
  expect(journal.lastSequence).toBe(1_999n);
});
