import assert from 'node:assert/strict';
import { clearInterval, clearTimeout, monotonicMs, setInterval, setTimeout } from '../../../common/index.js';
import { type Journal } from '../../../journal/index.js';
import { eventsFrom, readAll, readAllAsync, sequencesFrom } from '../events.js';
import type { Topic } from '../topic.js';

/**
 * Total time that the consumer is busy with the entries. An event loop without a turn in this time is
 * blocked.
 */
const BUSY_MS = 150;

export const readAsyncTopic: Topic = {
  name: 'readFrom: event loop and signal',
  define(test) {
    test('for await yields to the event loop, even if its consumer never waits', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 3_000));
      let turns = 0;
      const timer = setInterval(() => (turns += 1), 1);
      let read = 0;
      for await (const entry of journal.readFrom(0n)) {
        busyFor(BUSY_MS / 3_000);
        read += Number(entry.sequenceNum >= 0n);
      }
      clearInterval(timer);
      assert.equal(read, 3_000);
      assert(turns >= 3, `timers ran ${turns} times in ${BUSY_MS} ms of reading`);
    });

    test('an aborted signal ends it before the first entry, with its reason', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 3));
      const reason = new Error('the boot was cancelled');
      const signal = AbortSignal.abort(reason);
      assert.throws(
        () => readAll(journal, 0n, { signal }),
        (error) => error === reason,
      );
      await assert.rejects(readAllAsync(journal, 0n, { signal }), (error) => error === reason);
    });

    test('a signal that is aborted during the iteration ends it at the next entry', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 10));
      const reason = { why: 'any value can be a reason' };
      assert.deepEqual(await readUntilAborted(journal, reason, 'sync'), {
        seen: sequencesFrom(0, 3),
        thrown: reason,
      });
      assert.deepEqual(await readUntilAborted(journal, reason, 'async'), {
        seen: sequencesFrom(0, 3),
        thrown: reason,
      });
    });

    test('a signal that is aborted by a timer ends an async iteration', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 3_000));
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), 1);
      let read = 0;
      await assert.rejects(
        async () => {
          for await (const entry of journal.readFrom(0n, { signal: controller.signal })) {
            busyFor(BUSY_MS / 3_000);
            read += Number(entry.sequenceNum >= 0n);
          }
        },
        { name: 'AbortError' },
      );
      clearTimeout(timer);
      assert(read < 3_000);
    });

    test('a signal that is never aborted changes nothing', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 3));
      const { signal } = new AbortController();
      assert.equal(readAll(journal, 0n, { signal }).length, 3);
      assert.equal((await readAllAsync(journal, 0n, { signal })).length, 3);
    });
  },
};

/** Reads, aborts after the third entry, and returns the outcome. */
async function readUntilAborted(journal: Journal, reason: unknown, mode: 'sync' | 'async'): Promise<unknown> {
  const controller = new AbortController();
  const entries = journal.readFrom(0n, { signal: controller.signal });
  const seen: bigint[] = [];
  const take = (sequence: bigint): void => {
    seen.push(sequence);
    if (seen.length === 3) controller.abort(reason);
  };
  try {
    if (mode === 'sync') for (const entry of entries) take(entry.sequenceNum);
    else for await (const entry of entries) take(entry.sequenceNum);
    return { seen, thrown: undefined };
  } catch (thrown) {
    return { seen, thrown };
  }
}

function busyFor(durationMs: number): void {
  const end = monotonicMs() + durationMs;
  while (monotonicMs() < end);
}
