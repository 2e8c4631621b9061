import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { SequencerEvent, type Journal } from '../../src/journal/index.js';
import { Logger } from '@nestjs/common';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { CommitQueue, SequencerClock } from '../../src/sequencer/index.js';
import { collectGarbage } from '../support/collect-garbage.js';

/** An in-memory journal that acknowledges its appends when the test says so, in any order. */
async function openSlowJournal() {
  const inner = await InMemoryJournal.open();
  const held = new Map<bigint, { resolve: () => void; reject: (error: unknown) => void }>();
  const journal: Journal = new Proxy(inner, {
    get(target, property) {
      if (property === 'append') {
        return (event: SequencerEvent) => {
          const appended = target.append(event);
          return new Promise<void>((resolve, reject) => {
            // A refusal is reported at once.
            appended.then(() => held.set(event.sequenceNum, { resolve, reject }), reject);
          });
        };
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const settle = async (sequence: number, error?: Error): Promise<void> => {
    while (!held.has(BigInt(sequence))) await Promise.resolve();
    const { resolve, reject } = held.get(BigInt(sequence)) ?? { resolve: () => {}, reject: () => {} };
    if (error === undefined) resolve();
    else reject(error);
    // Lets its reactions run.
    await new Promise((done) => setImmediate(done));
  };
  return { journal, inner, settle };
}

function eventAt(sequence: number): SequencerEvent {
  return new SequencerEvent({ sequenceNum: BigInt(sequence), timestampNs: 1n, command: 'go', result: null });
}

async function openQueue(count = 0) {
  const slow = await openSlowJournal();
  const acknowledged: number[] = [];
  const stored: number[] = [];
  const queue = new CommitQueue(slow.journal, new SequencerClock(), 0n, ({ sequenceNum }) =>
    stored.push(Number(sequenceNum)),
  );
  const commit = (sequence: number) =>
    queue.commit(eventAt(sequence), { onStored: () => acknowledged.push(sequence) }).acknowledged;
  const commits = Array.from({ length: count }, (_, sequence) => commit(sequence));
  const found = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => {
      const event = queue.findInFlight(BigInt(from + index));
      return event === undefined ? null : Number(event.sequenceNum);
    });
  return { ...slow, queue, commit, commits, acknowledged, stored, found };
}

describe('CommitQueue', () => {
  it('makes acknowledged events visible in sequence order, whatever order the journal acknowledges in', async () => {
    const { settle, queue, commits, acknowledged, stored } = await openQueue(4);
    await settle(2);
    await settle(1);
    expect(acknowledged).toEqual([]);
    await settle(0);
    expect([acknowledged, stored, queue.size]).toEqual([[0, 1, 2], [0, 1, 2], 1]);
    await settle(3);
    await Promise.all(commits);
    expect([acknowledged, queue.size]).toEqual([[0, 1, 2, 3], 0]);
  });

  it('publishes each event in the async context of its commit, whatever order the journal acknowledges in', async () => {
    const { journal, settle } = await openSlowJournal();
    const request = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const see = (): void => void seen.push(request.getStore());
    const queue = new CommitQueue(journal, new SequencerClock(), 0n, see);
    for (const user of [0, 1, 2, 3])
      request.run(`user ${user}`, () => void queue.commit(eventAt(user), { onStored: see }).acknowledged);
    for (const user of [2, 3, 1, 0]) await settle(user);
    expect(seen).toEqual([0, 1, 2, 3].flatMap((user) => [`user ${user}`, `user ${user}`]));
  });

  it('skips an entry that failed, and publishes the next one', async () => {
    const { settle, commits, acknowledged, stored } = await openQueue(3);
    await settle(2);
    const failed = commits[1]?.catch(({ message }: Error) => message);
    await settle(1, new Error('no space'));
    await settle(0);
    expect(await failed).toBe('no space');
    await commits[2];
    expect([acknowledged, stored]).toEqual([
      [0, 2],
      [0, 2],
    ]);
  });

  it('finds the entries in flight, and no others, while settled ones are removed in bulk', async () => {
    const count = 50;
    const { settle, queue, commit, found } = await openQueue(count);
    const expected = (from: number, to: number) =>
      Array.from({ length: to }, (_, index) => (index < from ? null : index));
    for (let done = 0; done < count; done += 1) {
      expect(found(0, count)).toEqual(expected(done, count));
      await settle(done);
      expect(queue.size).toBe(count - done - 1);
    }
    expect(found(0, count + 5)).toEqual(Array.from({ length: count + 5 }, () => null));
    // Also after settled entries were removed.
    void commit(count);
    void commit(count + 1);
    expect(found(count - 1, count + 3)).toEqual([null, count, count + 1, null]);
  });

  it('keeps no settled event once most of its events are settled', async () => {
    const { settle, queue } = await openQueue();
    const done: WeakRef<SequencerEvent>[] = [];
    for (let sequence = 0; sequence < 20; sequence += 1) {
      const event = eventAt(sequence);
      void queue.commit(event);
      if (sequence < 10) done.push(new WeakRef(event));
    }
    for (let sequence = 0; sequence < 10; sequence += 1) await settle(sequence);
    collectGarbage();
    expect(queue.size).toBe(10);
    expect(done.filter((event) => event.deref() !== undefined)).toEqual([]);
  });

  it('finds entries in flight behind entries that were appended past it', async () => {
    const { inner, settle, queue, commit, found } = await openQueue(3);
    await inner.append(eventAt(3));
    await inner.append(eventAt(4));
    void commit(5);
    void commit(6);
    expect(queue.isInStep).toBe(false);
    expect(found(0, 9)).toEqual([0, 1, 2, null, null, 5, 6, null, null]);
    await settle(0);
    await settle(1);
    expect(found(0, 9)).toEqual([null, null, 2, null, null, 5, 6, null, null]);
    await settle(2);
    expect(found(0, 9)).toEqual([null, null, null, null, null, 5, 6, null, null]);
  });

  it('is idle when nothing is in flight, also after the last entry failed', async () => {
    const { settle, queue, commits } = await openQueue(2);
    let isIdle = false;
    const idle = queue.idle().then(() => (isIdle = true));
    const failed = commits[1]?.catch(({ message }: Error) => message);
    await settle(0);
    expect(isIdle).toBe(false);
    await settle(1, new Error('EIO'));
    await idle;
    expect(await failed).toBe('EIO');
    expect(isIdle).toBe(true);
    await queue.idle();
  });

  it('calls the listener before the answer: first that the event is stored, then that it is settled', async () => {
    const { settle, queue } = await openQueue();
    const calls: unknown[] = [];
    const commits = [0, 1, 2].map((sequence) =>
      queue
        .commit(eventAt(sequence), {
          onStored: () => void calls.push(`${sequence} stored`),
          onSettled: (refusal) => void calls.push([sequence, refusal]),
        })
        .acknowledged.then(
          () => calls.push(`${sequence} answered`),
          () => calls.push(`${sequence} rejected`),
        ),
    );
    const refusal = new Error('no space');
    await settle(0);
    await settle(2);
    await settle(1, refusal);
    await Promise.all(commits);
    const outcome = (sequence: number) => [`${sequence} stored`, [sequence, null], `${sequence} answered`];
    expect(calls.slice(0, 3)).toEqual(outcome(0));
    // The second was late for the third: both are settled in one turn, then answered.
    expect(calls.slice(3, 6)).toEqual([[1, { error: refusal }], '2 stored', [2, null]]);
    expect(calls.slice(6).sort()).toEqual(['1 rejected', '2 answered']);
  });

  it('settles an entry whose listener throws', async () => {
    Logger.overrideLogger(false);
    const { settle, queue } = await openQueue();
    const settled: unknown[] = [];
    const { acknowledged } = queue.commit(eventAt(0), {
      onStored: () => {
        throw new Error('a handler failed');
      },
      onSettled: (refusal) => settled.push(refusal),
    });
    await settle(0);
    await acknowledged;
    expect([settled, queue.size]).toEqual([[null], 0]);
  });

  it('knows the events that it stored, also one that another queue stored before', async () => {
    const [first, second] = [await openQueue(), await openQueue()];
    const event = eventAt(0);
    const foreign = new Proxy(eventAt(1), {});
    for (const { queue, settle } of [first, second]) {
      const commits = [event, foreign].map((one) => queue.commit(one).acknowledged);
      expect([queue.hasSeen(event), queue.hasSeen(foreign)]).toEqual([false, false]);
      await settle(0);
      await settle(1);
      await Promise.all(commits);
    }
    for (const { queue } of [first, second])
      expect([queue.hasSeen(event), queue.hasSeen(foreign), queue.hasSeen(eventAt(0))]).toEqual([
        true,
        true,
        false,
      ]);
  });

  it('reports at once that the journal did not accept the sequence, and does not know a refused event', async () => {
    const { queue } = await openQueue(1);
    const event = eventAt(7);
    const { accepted, acknowledged } = queue.commit(event);
    expect(accepted).toBe(false);
    await expect(acknowledged).rejects.toMatchObject({ code: 'JOURNAL_SEQUENCE_CONFLICT' });
    expect([queue.hasSeen(event), queue.hasSeen(eventAt(7)), queue.size]).toEqual([false, false, 1]);
  });

  it('is in step with the sequence that the aggregate holds', async () => {
    const { inner, queue } = await openQueue();
    await inner.append(eventAt(0));
    await inner.append(eventAt(1));
    expect(queue.isInStep).toBe(false);
    queue.resync(0n);
    expect(queue.isInStep).toBe(false);
    queue.resync(1n);
    expect(queue.isInStep).toBe(true);
    await inner.append(eventAt(2));
    queue.resync();
    expect(queue.isInStep).toBe(true);
  });
});
