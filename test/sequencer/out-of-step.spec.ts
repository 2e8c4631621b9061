/** Entries that come into the journal past the Sequencer while it catches up or rebuilds: at every moment of its last steps. */
import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SequencerEvent } from '../../src/journal/index.js';
import { deposit } from './bank.js';
import { openFaultyJournal, type FaultyJournal } from '../support/faulty-journal.js';
import { openBank, type BankSetup } from './setup.js';

Logger.overrideLogger(false);

/** More turns of the microtask queue than lie between the last look at the journal and the first command. */
const TURNS = 24;

interface Scene extends BankSetup {
  readonly journal: FaultyJournal;
  readonly turns: number;
}

/** A deposit of 100 that somebody else gives the next place. */
function foreign({ journal }: Scene, balance: bigint, commandId?: string): SequencerEvent {
  const sequenceNum = journal.nextSequence ?? 0n;
  const command = deposit('a', 100);
  return new SequencerEvent({ sequenceNum, timestampNs: 2n ** 60n, command, result: { balance }, commandId });
}

/** Does something so many turns after the next replay, whose caller does not wait for it. @returns what `act` comes to */
function afterReplay<T>({ replay, turns }: Scene, act: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const catchUp = replay.catchUp.bind(replay);
    replay.catchUp = (...args) => {
      replay.catchUp = catchUp;
      const done = catchUp(...args);
      void done.then(async () => {
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        act().then(resolve, reject);
      });
      return done;
    };
  });
}

/** Tells the story once for each moment. @returns what it comes to, each with its moment */
async function atEveryMoment<T>(
  storesCommandIds: boolean,
  tell: (scene: Scene) => Promise<T>,
): Promise<(readonly [number, T])[]> {
  const told: (readonly [number, T])[] = [];
  for (let turns = 0; turns < TURNS; turns += 1) {
    const journal = await openFaultyJournal();
    const bank = await openBank(journal, { storesCommandIds });
    await bank.sequencer.submit(deposit('a', 1));
    told.push([turns, await tell({ ...bank, journal, turns })]);
  }
  return told;
}

const always = <T>(value: T) => Array.from({ length: TURNS }, (_, turns) => [turns, value] as const);

/** What is submitted is refused, and the aggregate rebuilt. */
async function rebuild({ journal, sequencer }: Scene): Promise<void> {
  journal.fault = 'no-space';
  await expect(sequencer.submit(deposit('a', 7))).rejects.toMatchObject({ code: 'JOURNAL_IO' });
  journal.fault = null;
}

/** What a query shows, and what the next command makes of it. */
async function balances({ sequencer }: Scene): Promise<unknown> {
  const shown = await sequencer.query((bank) => bank.balanceOf('a'));
  const { result } = await sequencer.submit(deposit('a', 1));
  return { shown, next: (result as { balance: bigint }).balance };
}

describe.each([true, false])('a Sequencer (ids of commands: %p)', (storesCommandIds) => {
  it('sees an entry that was appended when it had just caught up', async () => {
    const seen = await atEveryMoment(storesCommandIds, async (scene) => {
      const { journal, sequencer } = scene;
      const second = afterReplay(scene, () => journal.append(foreign(scene, 201n)));
      await journal.append(foreign(scene, 101n));
      await sequencer.query(() => null);
      await second;
      return balances(scene);
    });
    expect(seen).toEqual(always({ shown: 201n, next: 202n }));
  });

  it('sees an entry that was appended when it was just rebuilt', async () => {
    const seen = await atEveryMoment(storesCommandIds, async (scene) => {
      const appended = afterReplay(scene, () => scene.journal.append(foreign(scene, 101n)));
      await rebuild(scene);
      await appended;
      return balances(scene);
    });
    expect(seen).toEqual(always({ shown: 101n, next: 102n }));
  });

  it('sees an entry that came through another door when it was just rebuilt', async () => {
    const seen = await atEveryMoment(storesCommandIds, async (scene) => {
      const { sequencer } = scene;
      const committed = afterReplay(scene, () => sequencer.commitExternal(foreign(scene, 101n)).acknowledged);
      await rebuild(scene);
      await committed;
      return balances(scene);
    });
    expect(seen).toEqual(always({ shown: 101n, next: 102n }));
  });
});

it('a Sequencer is stopped when the journal fails while it catches up', async () => {
  const seen = await atEveryMoment(true, async (scene) => {
    const { journal, sequencer } = scene;
    const poisoned = afterReplay(scene, async () => journal.poison(new Error('a disk')));
    await journal.append(foreign(scene, 101n));
    const caughtUp = sequencer.query(() => null).catch(() => null);
    await poisoned;
    await caughtUp;
    await sequencer.drain();
    return sequencer.state;
  });
  expect(seen).toEqual(always('stopped'));
});

it('a Sequencer delivers what another door commits behind an entry that it has not seen, after that entry', async () => {
  const journal = await openFaultyJournal();
  const bank = await openBank(journal);
  const scene = { ...bank, journal, turns: 0 };
  await journal.append(foreign(scene, 100n));
  await bank.sequencer.commitExternal(foreign(scene, 200n)).acknowledged;
  expect(await balances(scene)).toEqual({ shown: 200n, next: 201n });
  expect(bank.target.instance?.executed).toBe(3);
});

it('a Sequencer goes on behind an event that is not its aggregate’s', async () => {
  const journal = await openFaultyJournal();
  const { sequencer, target } = await openBank(journal);
  const event = { sequenceNum: 0n, timestampNs: 1n, command: { Noted: 'x' }, result: null };
  await sequencer.commitExternal(new SequencerEvent(event)).acknowledged;
  expect(sequencer.lastSequence).toBe(0n);
  expect(await sequencer.query((_, lastSequence) => lastSequence)).toBe(0n);
  expect(target.instance?.executed).toBe(0);
});

it('a Sequencer knows the id of an entry that was appended when it had just caught up', async () => {
  const seen = await atEveryMoment(true, async (scene) => {
    const { journal, sequencer } = scene;
    const second = afterReplay(scene, () => journal.append(foreign(scene, 201n, 'second')));
    await journal.append(foreign(scene, 101n, 'first'));
    const again = await sequencer.submit(deposit('a', 100), { commandId: 'first' });
    await second;
    const { sequenceNum } = await sequencer.submit(deposit('a', 100), { commandId: 'second' });
    return { first: again.sequenceNum, second: sequenceNum };
  });
  expect(seen).toEqual(always({ first: 1n, second: 2n }));
});
