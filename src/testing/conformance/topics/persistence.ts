import assert from 'node:assert/strict';
import { U64_MAX, type Journal } from '../../../journal/index.js';
import { assertConsistent, assertGoesOn, rejectionOf } from '../assertions.js';
import { eventAt, eventsFrom, readAll, sequencesFrom, sequencesOf, textOf } from '../events.js';
import type { Topic } from '../topic.js';

export const persistenceTopic: Topic = {
  name: 'persistence',
  requires: 'persistent',
  define(test) {
    test('a restart finds every entry with the same bytes', async ({ open, reopen }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(3, 20));
      await journal.append(eventAt(23, { price: 2n ** 100n, note: 'é' }));
      const before = contentOf(journal);
      const reopened = await reopen(journal);
      assert.deepEqual(contentOf(reopened), before);
      assertConsistent(reopened);
    });

    test('recovery after a restart reports a clean shutdown and the entries', async ({ open, reopen }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(3, 20));
      const { recovery } = await reopen(journal);
      const { outcome, segments, firstAvailableSequence, lastSequence, cut } = recovery;
      assert.deepEqual(
        { outcome, segments, firstAvailableSequence, lastSequence, cut },
        { outcome: 'clean', segments: 1, firstAvailableSequence: 3n, lastSequence: 22n, cut: null },
      );
    });

    test('the sequence continues after a restart', async ({ open, reopen }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(3, 2));
      const reopened = await reopen(journal);
      assert.equal(reopened.nextSequence, 5n);
      assert.equal(reopened.durableSequence, 4n);
      await rejectionOf(reopened.append(eventAt(4)), 'JOURNAL_SEQUENCE_CONFLICT');
      await assertGoesOn(reopened);
    });

    test('several restarts add up, across segments', async ({ open, reopen }) => {
      let journal = await open({ smallSegments: true });
      for (const first of [0, 50, 100]) {
        await journal.appendBatch(eventsFrom(first, 50));
        journal = await reopen(journal);
      }
      assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 150));
      assert.equal((await journal.verifyIntegrity()).ok, true);
    });

    test(
      'archived segments stay archived',
      async ({ open, reopen }) => {
        const journal = await open({ smallSegments: true });
        await journal.appendBatch(eventsFrom(0, 100));
        await journal.archiveSegmentsBefore(60);
        const before = contentOf(journal);
        const reopened = await reopen(journal);
        assert.deepEqual(contentOf(reopened), before);
        assert.equal(reopened.recovery.firstAvailableSequence, reopened.firstAvailableSequence);
        await assertGoesOn(reopened);
      },
      'smallSegments',
    );

    test('an empty journal is empty after a restart', async ({ open, reopen }) => {
      const reopened = await reopen(await open());
      assert.equal(reopened.nextSequence, null);
      await reopened.append(eventAt(8));
      assert.deepEqual(sequencesOf(readAll(reopened)), [8n]);
    });

    test('a full journal stays full', async ({ open, reopen }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(U64_MAX - 1n, 2));
      const reopened = await reopen(journal);
      assert.deepEqual(sequencesOf(readAll(reopened)), [U64_MAX - 1n, U64_MAX]);
      await rejectionOf(reopened.append(eventAt(0)), 'JOURNAL_SEQUENCE_CONFLICT');
    });

    test('refused appends leave no trace', async ({ open, reopen }) => {
      const journal = await open();
      await journal.append(eventAt(0));
      await rejectionOf(journal.appendBatch([eventAt(1), eventAt(2, NaN)]), 'JOURNAL_SERIALIZATION');
      await rejectionOf(journal.append(eventAt(5)), 'JOURNAL_SEQUENCE_CONFLICT');
      const reopened = await reopen(journal);
      assert.deepEqual(sequencesOf(readAll(reopened)), [0n]);
    });
  },
};

function contentOf(journal: Journal): unknown {
  return readAll(journal).map((entry) => [
    entry.sequenceNum,
    entry.timestampNs,
    entry.storedCrc,
    textOf(entry.payload),
  ]);
}
