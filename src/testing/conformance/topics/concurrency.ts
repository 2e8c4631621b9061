import assert from 'node:assert/strict';
import { nextTurn } from '../../../common/index.js';
import { assertConsistent, inFlight, observeDuring, rejectionOf } from '../assertions.js';
import { eventAt, eventsFrom, readAll, readAllAsync, sequencesFrom, sequencesOf } from '../events.js';
import type { Topic } from '../topic.js';

export const concurrencyTopic: Topic = {
  name: 'concurrency',
  define(test) {
    test('200 appends in flight are stored and acknowledged in order', async ({ open }) => {
      const journal = await open();
      const acknowledged: bigint[] = [];
      const appends = eventsFrom(0, 200).map(async (event) => {
        await journal.append(event);
        acknowledged.push(event.sequenceNum);
      });
      await Promise.all(appends);
      assert.deepEqual(acknowledged, sequencesFrom(0, 200));
      assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 200));
      assert.deepEqual(
        readAll(journal).map((entry) => entry.event.command),
        eventsFrom(0, 200).map((event) => event.command),
      );
    });

    test(
      '200 appends in flight cross segments in order',
      async ({ open }) => {
        const journal = await open({ smallSegments: true });
        await Promise.all(eventsFrom(0, 200).map((event) => journal.append(event)));
        assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 200));
        assertConsistent(journal);
      },
      'smallSegments',
    );

    test('appends and batches interleave in the order of their calls', async ({ open }) => {
      const journal = await open();
      const acknowledged: bigint[] = [];
      const writes: Promise<unknown>[] = [];
      for (let first = 0n; first < 120n; first += 6n) {
        writes.push(inFlight(journal.append(eventAt(first)).then(() => acknowledged.push(first))));
        writes.push(
          inFlight(journal.appendBatch(eventsFrom(first + 1n, 5)).then(() => acknowledged.push(first + 1n))),
        );
        if (first % 4n === 0n) await nextTurn();
      }
      await Promise.all(writes);
      assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 120));
      assert.deepEqual(
        acknowledged,
        acknowledged.toSorted((a, b) => Number(a - b)),
      );
    });

    test('refused appends do not affect the others', async ({ open }) => {
      const journal = await open();
      const writes = sequencesFrom(0, 30).flatMap((sequence) => [
        journal.append(eventAt(sequence)),
        rejectionOf(journal.append(eventAt(sequence)), 'JOURNAL_SEQUENCE_CONFLICT'),
        rejectionOf(journal.append(eventAt(sequence + 1n, NaN)), 'JOURNAL_SERIALIZATION'),
        rejectionOf(
          journal.appendBatch([eventAt(sequence + 1n), eventAt(sequence)]),
          'JOURNAL_SEQUENCE_CONFLICT',
        ),
      ]);
      await Promise.all(writes);
      assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 30));
    });

    test('readers beside a writer see a prefix without gaps', async ({ open }) => {
      const journal = await open();
      const write = async (): Promise<void> => {
        for (const event of eventsFrom(0, 100)) {
          await journal.append(event);
          // A journal without a disk would write everything before a reader gets a turn.
          if (event.sequenceNum % 5n === 0n) await nextTurn();
        }
      };
      await observeDuring(write(), async () => {
        const entries = await readAllAsync(journal);
        assert.deepEqual(sequencesOf(entries), sequencesFrom(0, entries.length));
      });
    });
  },
};
