import assert from 'node:assert/strict';
import { JournalPoisonedError, type Journal, type JournalSubscription } from '../../../journal/index.js';
import { clearInterval, monotonicMs, setInterval, nextTurn } from '../../../common/index.js';
import { assertCode, errorOf, inFlight, observeDuring } from '../assertions.js';
import { eventAt, eventsFrom, readAll, sequencesFrom, sequencesOf } from '../events.js';
import type { Topic } from '../topic.js';

export const subscribeTopic: Topic = {
  name: 'subscribe',
  define(test) {
    test('refuses invalid options synchronously', async ({ open }) => {
      const journal = await open();
      for (const options of [
        { from: -1 },
        { from: 1.5 },
        { from: 'now' },
        { batchSize: 0 },
        { durable: 1 },
        { signal: {} },
      ])
        errorOf(() => journal.subscribe(options as never), 'JOURNAL_INVALID_ARGUMENT');
    });

    test('delivers existing entries, then new ones, each once and in order', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 10));
      const subscription = journal.subscribe({ from: 0n, batchSize: 4 });
      const seen = await take(subscription, 10);
      const pending = inFlight(take(subscription, 3));
      await nextTurn();
      await journal.append(eventAt(10));
      await journal.appendBatch(eventsFrom(11, 2));
      seen.push(...(await pending));
      assert.deepEqual(seen, sequencesFrom(0, 13));
      assert.equal(subscription.position, 12n);
      assert.equal(subscription.lag, 0n);
      await subscription.close();
    });

    test('neither loses nor repeats entries during appends', async ({ open }) => {
      const journal = await open();
      const count = 1_000;
      const subscriptions = [0n, 1n, 500n].map((from) => journal.subscribe({ from, batchSize: 7 }));
      const reading = subscriptions.map((subscription, index) =>
        inFlight(take(subscription, count - Number([0n, 1n, 500n][index]))),
      );
      for (let next = 0; next < count;) {
        const size = 1 + (next % 5);
        const events = eventsFrom(next, Math.min(size, count - next));
        if (next % 3 === 0) await journal.appendBatch(events);
        else await Promise.all(events.map((event) => journal.append(event)));
        next += events.length;
        if (next % 4 === 0) await nextTurn();
      }
      assert.deepEqual(await Promise.all(reading), [
        sequencesFrom(0, count),
        sequencesFrom(1, count - 1),
        sequencesFrom(500, count - 500),
      ]);
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    });

    test('delivers no entry before readers may see it', async ({ open }) => {
      const journal = await open();
      const subscription = journal.subscribe({ from: 0n });
      let handedOut = -1n;
      const reading = (async () => {
        for await (const { sequenceNum } of subscription) {
          const last = journal.lastSequence;
          assert(last !== null && sequenceNum <= last, `${sequenceNum} is not visible, ${last} is the last`);
          handedOut = sequenceNum;
          if (sequenceNum === 49n) break;
        }
      })();
      inFlight(reading);
      const work = Promise.all(eventsFrom(0, 50).map((event) => journal.append(event)));
      await observeDuring(work, () => assert(handedOut <= (journal.lastSequence ?? -1n)));
      await reading;
    });

    test("'end' begins with the first entry that becomes visible after the call", async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 5));
      const subscription = journal.subscribe({ from: 'end' });
      assert.equal(subscription.lag, 0n);
      await journal.appendBatch(eventsFrom(5, 2));
      assert.equal(subscription.lag, 2n);
      assert.deepEqual(await take(subscription, 2), [5n, 6n]);
      await subscription.close();
    });

    test("'end' of an empty journal begins with its first entry, whatever its sequence", async ({ open }) => {
      const journal = await open();
      const subscription = journal.subscribe({ from: 'end' });
      await journal.appendBatch(eventsFrom(1000, 2));
      assert.deepEqual(await take(subscription, 2), [1000n, 1001n]);
      await subscription.close();
    });

    test('a complete journal begins with its first entry for 0', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(7, 2));
      if (journal.isComplete !== true) return;
      const subscription = journal.subscribe({ from: 0n });
      assert.deepEqual(await take(subscription, 2), [7n, 8n]);
      await subscription.close();
    });

    test('waits for a first sequence that does not exist yet', async ({ open }) => {
      const journal = await open();
      const subscription = journal.subscribe({ from: 3 });
      const pending = inFlight(take(subscription, 1));
      await journal.appendBatch(eventsFrom(0, 4));
      assert.deepEqual(await pending, [3n]);
      await subscription.close();
    });

    test('nextBatch returns available entries up to the limit, and none after the timeout', async ({
      open,
    }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 10));
      const subscription = journal.subscribe({ from: 0n });
      assert.deepEqual(sequencesOf(await subscription.nextBatch({ maxEntries: 6 })), sequencesFrom(0, 6));
      assert.deepEqual(sequencesOf(await subscription.nextBatch({ maxEntries: 6 })), sequencesFrom(6, 4));
      assert.deepEqual(await subscription.nextBatch({ timeoutMs: 1 }), []);
      assert.equal(subscription.isEnded, false);
      await subscription.close();
      assert.deepEqual(await subscription.nextBatch(), []);
    });

    test('return and break end it, even while it waits', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(0));
      const subscription = journal.subscribe();
      for await (const entry of subscription) if (entry.sequenceNum === 0n) break;
      assert.equal(subscription.isEnded, true);
      const waiting = journal.subscribe({ from: 'end' });
      const pending = inFlight(waiting.next());
      await nextTurn();
      await waiting.return();
      assert.deepEqual(await pending, { done: true, value: undefined });
      assert.deepEqual(await waiting.next(), { done: true, value: undefined });
    });

    test('a signal ends it with its reason, even while it waits', async ({ open }) => {
      const journal = await open();
      const reason = new Error('enough');
      await assert.rejects(
        journal.subscribe({ signal: AbortSignal.abort(reason) }).next(),
        (e) => e === reason,
      );
      const controller = new AbortController();
      const pending = inFlight(journal.subscribe({ signal: controller.signal }).next());
      await nextTurn();
      controller.abort(reason);
      await assert.rejects(pending, (error) => error === reason);
    });

    test('closing the journal ends it, even while it waits', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(0));
      const [waiting, behind] = [journal.subscribe({ from: 'end' }), journal.subscribe({ from: 0n })];
      const pending = inFlight(waiting.next());
      await nextTurn();
      await journal.close();
      assert.deepEqual(await pending, { done: true, value: undefined });
      assert.deepEqual(await behind.next(), { done: true, value: undefined });
      errorOf(() => journal.subscribe(), 'JOURNAL_CLOSED');
    });

    test('a poisoned journal ends it after the last visible entry', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 5));
      const waiting = journal.subscribe({ from: 'end' });
      const pending = inFlight(waiting.next());
      await nextTurn();
      journal.poison(new Error('the disk is gone'));
      await assert.rejects(pending, isPoisoned);
      const behind = journal.subscribe({ from: 0n });
      assert.deepEqual(await take(behind, 5), sequencesFrom(0, 5));
      await assert.rejects(behind.next(), isPoisoned);
      assert.deepEqual(await behind.next(), { done: true, value: undefined });
    });

    test(
      'refuses to begin before the first available entry without startAtFirstAvailable',
      async ({ open }) => {
        const journal = await open({ smallSegments: true });
        const first = await archiveSome(journal);
        for (const from of [0n, first - 1n]) {
          const rejection = await journal
            .subscribe({ from })
            .next()
            .catch((error: unknown) => error);
          assertCode(rejection, 'JOURNAL_REPLAY_GAP');
        }
        // Without isComplete, 'beginning' is the first available entry.
        if (journal.isComplete !== undefined) {
          assert.equal(journal.isComplete, false);
          const rejection = await journal
            .subscribe({ from: 'beginning' })
            .next()
            .catch((error: unknown) => error);
          assertCode(rejection, 'JOURNAL_REPLAY_GAP');
        }
        const subscription = journal.subscribe({ from: 0n, startAtFirstAvailable: true });
        assert.deepEqual(await take(subscription, 3), sequencesFrom(first, 3));
        await subscription.close();
      },
      'smallSegments',
    );

    test(
      'ends with a gap if its next entry was archived meanwhile',
      async ({ open }) => {
        const journal = await open({ smallSegments: true });
        await journal.appendBatch(eventsFrom(0, 100));
        const subscription = journal.subscribe({ from: 0n, batchSize: 1 });
        assert.deepEqual(await take(subscription, 1), [0n]);
        await journal.archiveSegmentsBefore(90n);
        assertCode(await subscription.next().catch((error: unknown) => error), 'JOURNAL_REPLAY_GAP');
      },
      'smallSegments',
    );

    test('yields to the event loop, even if its consumer never waits', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 3_000));
      let turns = 0;
      // If a journal never delivers the last entry, nothing may keep the process alive.
      const timer = setInterval(() => (turns += 1), 1).unref();
      try {
        for await (const entry of journal.subscribe()) {
          const end = monotonicMs() + 0.05;
          while (monotonicMs() < end);
          if (entry.sequenceNum === 2_999n) break;
        }
      } finally {
        clearInterval(timer);
      }
      assert(turns >= 3, `timers ran ${turns} times`);
    });

    test('reads nothing ahead of its consumer', async ({ open }) => {
      const journal = await open();
      const subscription = journal.subscribe({ from: 0n, batchSize: 2 });
      const first = inFlight(take(subscription, 1));
      await journal.appendBatch(eventsFrom(0, 50));
      assert.deepEqual(await first, [0n]);
      await nextTurn();
      assert.equal(subscription.position, 0n);
      assert.equal(subscription.lag, 49n);
      await subscription.close();
    });

    test('onAdvanced, if present, reports every advance until its listener is removed', async ({ open }) => {
      const journal = await open();
      if (journal.onAdvanced === undefined) return;
      const seen: (bigint | null)[] = [];
      const remove = journal.onAdvanced(() => seen.push(journal.lastSequence));
      await journal.append(eventAt(0));
      assert(seen.includes(0n));
      await journal.append(eventAt(1));
      assert(seen.includes(1n));
      remove();
      const before = seen.length;
      await journal.append(eventAt(2));
      assert.equal(seen.length, before);
      assert.equal(readAll(journal).length, 3);
    });
  },
};

async function take(subscription: JournalSubscription, count: number): Promise<bigint[]> {
  const sequences: bigint[] = [];
  while (sequences.length < count) {
    const { done, value } = await subscription.next();
    if (done === true) assert.fail(`the subscription ended after ${sequences.length} of ${count} entries`);
    sequences.push(value.sequenceNum);
  }
  return sequences;
}

async function archiveSome(journal: Journal): Promise<bigint> {
  await journal.appendBatch(eventsFrom(0, 100));
  await journal.archiveSegmentsBefore(60n);
  const first = journal.firstAvailableSequence;
  assert(first !== null && first > 1n, 'whole segments were archived');
  return first;
}

function isPoisoned(error: unknown): boolean {
  assertCode(error, 'JOURNAL_POISONED');
  return error instanceof JournalPoisonedError;
}
