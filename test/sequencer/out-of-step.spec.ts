/**
 * Entries that are appended past the Sequencer during a catch-up or a rebuild, at each moment of its last
 * steps.
 */
import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SequencerEvent } from '../../src/journal/index.js';
import { deposit } from './bank.js';
import { openFaultyJournal, type FaultyJournal } from '../support/faulty-journal.js';
import { openBank, type BankSetup } from './setup.js';

Logger.overrideLogger(false);

/** More turns of the microtask queue than pass between the last read of the journal and the first command. */
const TURNS = 24;

interface Scene extends BankSetup {
  readonly journal: FaultyJournal;
  readonly turns: number;
}

/** A deposit of 100 with the next sequence, made outside of the Sequencer. */
function external({ journal }: Scene, balance: bigint, commandId?: string): SequencerEvent {
  const sequenceNum = journal.nextSequence ?? 0n;
  const command = deposit('a', 100);
  return new SequencerEvent({ sequenceNum, timestampNs: 2n ** 60n, command, result: { balance }, commandId });
}

/**
 * Calls `act` a number of turns after the next replay, which does not wait for it.
 * @returns what `act` resolves to
 */
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

/** Plays the scene once for each moment. @returns the outcomes, each with its moment */
async function atEveryMoment<T>(
  storesCommandIds: boolean,
  play: (scene: Scene) => Promise<T>,
): Promise<(readonly [number, T])[]> {
  const outcomes: (readonly [number, T])[] = [];
  for (let turns = 0; turns < TURNS; turns += 1) {
    const journal = await openFaultyJournal();
    const bank = await openBank(journal, { storesCommandIds });
    await bank.sequencer.submit(deposit('a', 1));
    outcomes.push([turns, await play({ ...bank, journal, turns })]);
  }
  return outcomes;
}

const always = <T>(value: T) => Array.from({ length: TURNS }, (_, turns) => [turns, value] as const);

/** Submits a command that is refused, so that the aggregate is rebuilt. */
async function rebuild({ journal, sequencer }: Scene): Promise<void> {
  journal.fault = 'no-space';
  await expect(sequencer.submit(deposit('a', 7))).rejects.toMatchObject({ code: 'JOURNAL_IO' });
  journal.fault = null;
}

/** The balance that a query reads, and the one after the next command. */
async function balances({ sequencer }: Scene): Promise<unknown> {
  const shown = await sequencer.query((bank) => bank.balanceOf('a'));
  const { result } = await sequencer.submit(deposit('a', 1));
  return { shown, next: (result as { balance: bigint }).balance };
}

describe.each([true, false])('a Sequencer (ids of commands: %p)', (storesCommandIds) => {
  it('notices an entry that was appended just after it caught up', async () => {
    const seen = await atEveryMoment(storesCommandIds, async (scene) => {
      const { journal, sequencer } = scene;
      const second = afterReplay(scene, () => journal.append(external(scene, 201n)));
      await journal.append(external(scene, 101n));
      await sequencer.query(() => null);
      await second;
      return balances(scene);
    });
    expect(seen).toEqual(always({ shown: 201n, next: 202n }));
  });

  it('notices an entry that was appended just after a rebuild', async () => {
    const seen = await atEveryMoment(storesCommandIds, async (scene) => {
      const appended = afterReplay(scene, () => scene.journal.append(external(scene, 101n)));
      await rebuild(scene);
      await appended;
      return balances(scene);
    });
    expect(seen).toEqual(always({ shown: 101n, next: 102n }));
  });

  it('notices an external event that was committed just after a rebuild', async () => {
    const seen = await atEveryMoment(storesCommandIds, async (scene) => {
      const { sequencer } = scene;
      const committed = afterReplay(
        scene,
        () => sequencer.commitExternal(external(scene, 101n)).acknowledged,
      );
      await rebuild(scene);
      await committed;
      return balances(scene);
    });
    expect(seen).toEqual(always({ shown: 101n, next: 102n }));
  });
});

it('a Sequencer stops if the journal fails while it catches up', async () => {
  const seen = await atEveryMoment(true, async (scene) => {
    const { journal, sequencer } = scene;
    const poisoned = afterReplay(scene, async () => journal.poison(new Error('a disk')));
    await journal.append(external(scene, 101n));
    const caughtUp = sequencer.query(() => null).catch(() => null);
    await poisoned;
    await caughtUp;
    await sequencer.drain();
    return sequencer.state;
  });
  expect(seen).toEqual(always('stopped'));
});

it('a Sequencer delivers an external event after the unseen entries before it', async () => {
  const journal = await openFaultyJournal();
  const bank = await openBank(journal);
  const scene = { ...bank, journal, turns: 0 };
  await journal.append(external(scene, 100n));
  await bank.sequencer.commitExternal(external(scene, 200n)).acknowledged;
  expect(await balances(scene)).toEqual({ shown: 200n, next: 201n });
  expect(bank.target.instance?.executed).toBe(3);
});

it('a Sequencer continues after an event that its aggregate ignores', async () => {
  const journal = await openFaultyJournal();
  const { sequencer, target } = await openBank(journal);
  const event = { sequenceNum: 0n, timestampNs: 1n, command: { Noted: 'x' }, result: null };
  await sequencer.commitExternal(new SequencerEvent(event)).acknowledged;
  expect(sequencer.lastSequence).toBe(0n);
  expect(await sequencer.query((_, lastSequence) => lastSequence)).toBe(0n);
  expect(target.instance?.executed).toBe(0);
});

it('a Sequencer knows the id of an entry that was appended just after it caught up', async () => {
  const seen = await atEveryMoment(true, async (scene) => {
    const { journal, sequencer } = scene;
    const second = afterReplay(scene, () => journal.append(external(scene, 201n, 'second')));
    await journal.append(external(scene, 101n, 'first'));
    const again = await sequencer.submit(deposit('a', 100), { commandId: 'first' });
    await second;
    const { sequenceNum } = await sequencer.submit(deposit('a', 100), { commandId: 'second' });
    return { first: again.sequenceNum, second: sequenceNum };
  });
  expect(seen).toEqual(always({ first: 1n, second: 2n }));
});

it('a Sequencer knows the id of an entry whose sequence the journal had taken back during a catch-up', async () => {
  const seen = await atEveryMoment(true, async (scene) => {
    const { journal, sequencer } = scene;
    // Refused while the Sequencer still catches up, at the early moments.
    const refused = afterReplay(scene, async () => {
      journal.fault = 'no-space';
      const { acknowledged } = sequencer.commitExternal(external(scene, 201n));
      await expect(acknowledged).rejects.toMatchObject({ code: 'JOURNAL_IO' });
      journal.fault = null;
    });
    await journal.append(external(scene, 101n));
    // Rejects at the late moments, when the aggregate holds the refused event.
    await sequencer.query(() => null).catch(() => null);
    await refused;
    await sequencer.query(() => null);
    await journal.append(external(scene, 201n, 'later'));
    const { sequenceNum } = await sequencer.submit(deposit('a', 100), { commandId: 'later' });
    return sequenceNum;
  });
  expect(seen).toEqual(always(2n));
});
