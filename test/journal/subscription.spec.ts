import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { AdvanceListeners, subscribeTo } from '../../src/journal-kit/index.js';
import { type Journal, type JournalSubscription } from '../../src/journal/index.js';
import { Random, seedFromEnvironment } from '../support/random.js';
import { event, events } from '../support/events.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const SEED = seedFromEnvironment(20_261_122);

/** Reads `count` entries in a random way and checks each against the expected one. */
async function follow(
  journal: Journal,
  from: bigint,
  count: bigint,
  random: Random,
): Promise<JournalSubscription> {
  const subscription = journal.subscribe({ from, batchSize: random.integer(1, 300) });
  for (let next = from; next < count;) {
    const isBatch = random.chance(0.5);
    const entries = isBatch
      ? await subscription.nextBatch({ maxEntries: random.integer(1, 50), lingerMs: random.pick([0, 1]) })
      : [(await subscription.next()).value];
    for (const entry of entries) {
      if (entry?.sequenceNum !== next) throw new Error(`${entry?.sequenceNum} where ${next} belongs`);
      if ((journal.lastSequence ?? -1n) < next) throw new Error(`${next} was shown before it was visible`);
      next += 1n;
    }
    if (random.chance(0.05)) await turn();
  }
  return subscription;
}

describe.each([
  ['sync', 'positioned'],
  ['sync', 'mapped'],
  ['async', 'positioned'],
] as const)('subscribing to a file journal during writes, %s, %s writer', (durability, writer) => {
  it(`returns 6,000 entries once and in order to six subscribers, over many segments, from seed ${SEED}`, async () => {
    const random = new Random(SEED);
    const count = 6_000;
    await using journal = await FileJournal.open({
      directory: temporaryDirectory(),
      durability,
      writer,
      segmentSizeBytes: 65_536,
    });
    await journal.appendBatch(events(0, 1_000));
    const followers = [0n, 0n, 1n, 999n, 1_000n, 3_000n].map((from) =>
      follow(journal, from, BigInt(count), new Random(random.integer(1, 2 ** 30))),
    );
    const pending: Promise<void>[] = [];
    for (let next = 1_000; next < count;) {
      const size = Math.min(random.integer(1, 20), count - next);
      if (random.chance(0.5)) pending.push(journal.appendBatch(events(next, next + size)));
      else pending.push(...events(next, next + size).map((one) => journal.append(one)));
      next += size;
      if (random.chance(0.3)) await pending.at(-1);
      if (random.chance(0.2)) await turn();
    }
    await Promise.all(pending);
    for (const subscription of await Promise.all(followers)) {
      expect(subscription.position).toBe(BigInt(count - 1));
      expect(subscription.lag).toBe(0n);
      expect(await subscription.nextBatch({ timeoutMs: 1 })).toEqual([]);
    }
  });
});

describe('a subscription', () => {
  it('with durable: true waits for the device in async durability', async () => {
    await using journal = await FileJournal.open({
      directory: temporaryDirectory(),
      durability: 'async',
      syncIntervalMs: 60_000,
    });
    const subscription = journal.subscribe({ durable: true });
    await journal.appendBatch(events(0, 5));
    expect(await subscription.nextBatch({ timeoutMs: 20 })).toEqual([]);
    expect(subscription.lag).toBe(0n);
    const waiting = subscription.next();
    await journal.flush();
    expect((await waiting).value?.sequenceNum).toBe(0n);
    expect(subscription.lag).toBe(4n);
  });

  it('reads from the files, so a slow consumer does not use more memory', async () => {
    await using journal = await FileJournal.open({
      directory: temporaryDirectory(),
      segmentSizeBytes: 65_536,
    });
    let reads = 0;
    const counting = new Proxy(journal, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key === 'readFrom') reads += 1;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const subscription = subscribeTo(counting, { from: 0, batchSize: 10 });
    const first = subscription.next();
    await journal.appendBatch(events(0, 5_000));
    expect((await first).value?.sequenceNum).toBe(0n);
    await turn();
    expect(reads).toBe(1);
    expect(subscription.lag).toBe(4_999n);
  });

  it('lingers for more, and returns an incomplete batch when the time has passed', async () => {
    const journal = await InMemoryJournal.open();
    const subscription = journal.subscribe();
    const full = subscription.nextBatch({ maxEntries: 3, lingerMs: 60_000 });
    for (const one of events(0, 3)) {
      await journal.append(one);
      await turn();
    }
    expect(await full).toHaveLength(3);
    const incomplete = subscription.nextBatch({ maxEntries: 3, lingerMs: 20 });
    await journal.append(event(3));
    expect(await incomplete).toHaveLength(1);
  });

  it('returns the entries it has before it reports an error', async () => {
    const journal = await InMemoryJournal.open();
    await journal.appendBatch(events(0, 4));
    for (const { payload } of journal.readFrom(2, { limit: 1 })) payload.fill(0x20, -2, -1);
    const subscription = journal.subscribe();
    expect(await subscription.nextBatch({ maxEntries: 10 })).toHaveLength(2);
    expect(subscription.isEnded).toBe(false);
    await expect(subscription.nextBatch()).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT_ENTRY' });
    expect(subscription.isEnded).toBe(true);
  });

  it('polls a journal without onAdvanced', async () => {
    const journal = await InMemoryJournal.open();
    const silent = {
      get firstAvailableSequence() {
        return journal.firstAvailableSequence;
      },
      get lastSequence() {
        return journal.lastSequence;
      },
      get durableSequence() {
        return journal.durableSequence;
      },
      readFrom: journal.readFrom.bind(journal),
    };
    const subscription = subscribeTo(silent, { pollIntervalMs: 5 });
    const waiting = subscription.next();
    await turn();
    await journal.append(event(0));
    expect((await waiting).value?.sequenceNum).toBe(0n);
    const closed = subscription.next();
    await subscription.close();
    expect(await closed).toEqual({ done: true, value: undefined });
  });

  it('answers calls in their order', async () => {
    const journal = await InMemoryJournal.open();
    const subscription = journal.subscribe();
    const asked = Array.from({ length: 5 }, () => subscription.next());
    await journal.appendBatch(events(0, 5));
    const answers = await Promise.all(asked);
    expect(answers.map(({ value }) => value?.sequenceNum)).toEqual([0n, 1n, 2n, 3n, 4n]);
  });

  it('fails if the journal was cut below the returned entries', async () => {
    const journal = await InMemoryJournal.open();
    await journal.appendBatch(events(0, 5));
    let last: bigint | null = null;
    const view = {
      firstAvailableSequence: 0n,
      durableSequence: null,
      get lastSequence() {
        return last ?? journal.lastSequence;
      },
      readFrom: journal.readFrom.bind(journal),
      onAdvanced: journal.onAdvanced.bind(journal),
    };
    const subscription = subscribeTo(view);
    expect(await subscription.nextBatch()).toHaveLength(5);
    last = 2n;
    await expect(subscription.next()).rejects.toMatchObject({ code: 'JOURNAL_REPLAY_GAP' });
  });
});

describe('a read-only journal', () => {
  it('ends its subscriptions when it is closed', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory });
    await journal.append(event(0));
    const viewer = await FileJournal.openReadOnly({ directory });
    const subscription = viewer.subscribe({ pollIntervalMs: 2 });
    await subscription.next();
    const waiting = subscription.next();
    await journal.append(event(1));
    expect((await waiting).value?.sequenceNum).toBe(1n);
    const last = subscription.next();
    await viewer.close();
    expect(await last).toEqual({ done: true, value: undefined });
    expect(() => viewer.subscribe()).toThrow(expect.objectContaining({ code: 'JOURNAL_CLOSED' }));
  });
});

describe('AdvanceListeners', () => {
  it('calls all registrations, also after one throws', () => {
    const warnings: string[] = [];
    const warn = process.emitWarning;
    process.emitWarning = (warning: string | Error) => void warnings.push(String(warning));
    try {
      const listeners = new AdvanceListeners();
      let calls = 0;
      const count = (): void => void (calls += 1);
      listeners.add(() => {
        throw new Error('not my journal');
      });
      const removeFirst = listeners.add(count);
      listeners.add(count);
      listeners.notify();
      removeFirst();
      listeners.notify();
      expect(calls).toBe(3);
      expect(warnings).toHaveLength(2);
      expect(() => listeners.add(null as never)).toThrow(
        expect.objectContaining({ code: 'JOURNAL_INVALID_ARGUMENT' }),
      );
    } finally {
      process.emitWarning = warn;
    }
  });
});
