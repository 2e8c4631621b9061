import assert from 'node:assert/strict';
import { assertConsistent, inFlight, observeDuring } from '../assertions.js';
import { eventAt, eventsFrom, readAll, sequencesFrom, sequencesOf } from '../events.js';
import type { Topic } from '../topic.js';

export const visibilityTopic: Topic = {
  name: 'visibility',
  define(test) {
    test('hides an append until it is acknowledged', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(0));
      const pending = [journal.append(eventAt(1)), journal.appendBatch(eventsFrom(2, 3))].map(inFlight);
      assert.equal(journal.lastSequence, 0n);
      assert.deepEqual(sequencesOf(readAll(journal)), [0n]);
      assert.deepEqual(sequencesOf(readAll(journal, 1n)), []);
      await Promise.all(pending);
    });

    test('shows an entry after its acknowledgement', async ({ open }) => {
      const journal = await open();
      const acknowledged = eventsFrom(0, 20).map(async (event) => {
        await journal.append(event);
        const last = journal.lastSequence;
        assert(last !== null && last >= event.sequenceNum);
        assert.deepEqual(sequencesOf(readAll(journal, event.sequenceNum, { limit: 1 })), [event.sequenceNum]);
      });
      await Promise.all(acknowledged);
    });

    test('shows the whole batch after its acknowledgement', async ({ open }) => {
      const journal = await open();
      const batches = [0, 10, 20].map(async (first) => {
        await journal.appendBatch(eventsFrom(first, 10));
        assert.deepEqual(sequencesOf(readAll(journal, first, { limit: 10 })), sequencesFrom(first, 10));
      });
      await Promise.all(batches);
    });

    test('getters and entries agree at any time, and only move forward', async ({ open }) => {
      const journal = await open();
      let last = -1n;
      await observeDuring(Promise.all(eventsFrom(0, 100).map((event) => journal.append(event))), () => {
        assertConsistent(journal);
        assert((journal.lastSequence ?? -1n) >= last);
        last = journal.lastSequence ?? -1n;
      });
      assertConsistent(journal);
      assert.equal(journal.lastSequence, 99n);
    });

    test('acknowledged entries are durable: immediately in sync, after flush in async', async ({
      open,
      durability,
    }) => {
      const journal = await open();
      assert.equal(journal.durability, durability);
      for (const event of eventsFrom(0, 5)) {
        await journal.append(event);
        if (durability === 'async') await journal.flush();
        assert.equal(journal.durableSequence, event.sequenceNum);
      }
    });
  },
};
