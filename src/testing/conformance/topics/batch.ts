import assert from 'node:assert/strict';
import { U64_MAX, type SequenceConflictError, type SequencerEvent } from '../../../journal/index.js';
import { assertConsistent, assertGoesOn, assertRefused, inFlight } from '../assertions.js';
import { eventAt, eventsFrom, readAll, sequencesFrom, sequencesOf } from '../events.js';
import type { Topic } from '../topic.js';

const CONFLICT = 'JOURNAL_SEQUENCE_CONFLICT';

/** Batches for a journal whose next sequence is 2. */
const BAD_BATCHES: readonly [name: string, code: string, batch: readonly SequencerEvent[]][] = [
  ['a gap before it', CONFLICT, eventsFrom(3, 3)],
  ['a duplicate in front', CONFLICT, eventsFrom(1, 3)],
  ['a gap in the middle', CONFLICT, [...eventsFrom(2, 2), ...eventsFrom(5, 2)]],
  ['a duplicate in the middle', CONFLICT, [...eventsFrom(2, 2), ...eventsFrom(3, 2)]],
  ['an order that runs backwards', CONFLICT, eventsFrom(2, 3).reverse()],
  [
    'an unserialisable event in the middle',
    'JOURNAL_SERIALIZATION',
    [eventAt(2), eventAt(3, { price: NaN }), eventAt(4)],
  ],
  [
    'an unserialisable event at the end',
    'JOURNAL_SERIALIZATION',
    [eventAt(2), eventAt(3), eventAt(4, () => 1)],
  ],
];

export const batchTopic: Topic = {
  name: 'appendBatch',
  define(test) {
    test('stores its events in order, and resolves when all are readable', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(7, 20));
      assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(7, 20));
      assert.equal(journal.nextSequence, 27n);
      assertConsistent(journal);
    });

    test('an empty batch changes nothing', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch([]);
      assert.equal(journal.nextSequence, null);
      await journal.append(eventAt(3));
      await journal.appendBatch([]);
      assert.equal(journal.nextSequence, 4n);
      assert.deepEqual(sequencesOf(readAll(journal)), [3n]);
    });

    for (const [name, code, batch] of BAD_BATCHES) {
      test(`writes nothing of a batch with ${name}`, async ({ open }) => {
        const journal = await open();
        await journal.appendBatch(eventsFrom(0, 2));
        await assertRefused(journal, () => journal.appendBatch(batch), code);
        await assertGoesOn(journal);
      });
    }

    test('writes nothing of a batch with a gap on an empty journal', async ({ open }) => {
      const journal = await open();
      const error = await assertRefused(
        journal,
        () => journal.appendBatch([eventAt(5), eventAt(7)]),
        CONFLICT,
      );
      assert.deepEqual(
        [(error as SequenceConflictError).expected, (error as SequenceConflictError).actual],
        [6n, 7n],
      );
      assert.equal(journal.nextSequence, null, 'the refused batch has not decided where the journal starts');
    });

    test('writes nothing of a batch that goes past 2^64 - 1', async ({ open }) => {
      const journal = await open();
      const batch = [...eventsFrom(U64_MAX - 1n, 2), eventAt(0)];
      const error = await assertRefused(journal, () => journal.appendBatch(batch), CONFLICT);
      assert.deepEqual(
        [(error as SequenceConflictError).expected, (error as SequenceConflictError).actual],
        [null, 0n],
      );
    });

    test('takes its sequences when it is called, between the surrounding appends', async ({ open }) => {
      const journal = await open();
      const before = inFlight(journal.append(eventAt(0)));
      const batch = inFlight(journal.appendBatch(eventsFrom(1, 3)));
      assert.equal(journal.nextSequence, 4n);
      const after = journal.append(eventAt(4));
      await Promise.all([before, batch, after]);
      assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 5));
    });

    test('stores the elements of the array at the call', async ({ open }) => {
      const journal = await open();
      const events = eventsFrom(0, 4);
      const pending = inFlight(journal.appendBatch(events));
      events.length = 1;
      await pending;
      assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 4));
    });

    test(
      'stores a batch larger than a segment',
      async ({ open }) => {
        const journal = await open({ smallSegments: true });
        await journal.appendBatch(eventsFrom(0, 100));
        assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 100));
        await assertGoesOn(journal);
      },
      'smallSegments',
    );
  },
};
