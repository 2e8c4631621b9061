import assert from 'node:assert/strict';
import { SequenceConflictError, SequencerEvent, U64_MAX } from '../../../journal/index.js';
import { assertConsistent, assertGoesOn, assertRefused, inFlight, rejectionOf } from '../assertions.js';
import { eventAt, eventsFrom, readAll, sequencesOf } from '../events.js';
import type { Topic } from '../topic.js';

const CONFLICT = 'JOURNAL_SEQUENCE_CONFLICT';

export const appendTopic: Topic = {
  name: 'append',
  define(test) {
    test('an empty journal has no sequences, and accepts any first one', async ({ open }) => {
      const journal = await open();
      assert.equal(journal.nextSequence, null);
      assert.equal(journal.firstAvailableSequence, null);
      assert.equal(journal.lastSequence, null);
      assert.equal(journal.durableSequence, null);
      assert.deepEqual(readAll(journal), []);
    });

    for (const first of [0n, 1n, 42n, 2n ** 53n + 1n, U64_MAX - 1n]) {
      test(`the first sequence can be ${first}`, async ({ open }) => {
        const journal = await open();
        await journal.append(eventAt(first));
        assert.equal(journal.nextSequence, first + 1n);
        await journal.append(eventAt(first + 1n));
        assert.deepEqual(sequencesOf(readAll(journal)), [first, first + 1n]);
        assertConsistent(journal);
      });
    }

    test('keeps the order of appending', async ({ open }) => {
      const journal = await open();
      for (const event of eventsFrom(5, 10)) await journal.append(event);
      assert.deepEqual(
        readAll(journal).map((entry) => entry.event.command),
        eventsFrom(5, 10).map((event) => event.command),
      );
    });

    for (const [name, actual] of [
      ['a duplicate', 11n],
      ['a step back', 10n],
      ['zero', 0n],
      ['a gap', 13n],
      ['a huge gap', U64_MAX],
    ] as const) {
      test(`refuses ${name} and says what it expects`, async ({ open }) => {
        const journal = await open();
        await journal.appendBatch(eventsFrom(10, 2));
        const error = await assertRefused(journal, () => journal.append(eventAt(actual)), CONFLICT);
        const { expected, actual: reported } = error as SequenceConflictError;
        assert.deepEqual({ expected, reported }, { expected: 12n, reported: actual });
        await assertGoesOn(journal);
      });
    }

    test('takes the sequence when append is called, not when it resolves', async ({ open }) => {
      const journal = await open();
      const first = inFlight(journal.append(eventAt(0)));
      assert.equal(journal.nextSequence, 1n);
      const second = inFlight(journal.append(eventAt(1)));
      assert.equal(journal.nextSequence, 2n);
      const duplicate = inFlight(rejectionOf(journal.append(eventAt(1)), CONFLICT));
      const gap = inFlight(rejectionOf(journal.append(eventAt(3)), CONFLICT));
      assert.equal(journal.nextSequence, 2n, 'a refused append takes no sequence');
      await Promise.all([first, second, duplicate, gap]);
      assert.deepEqual(sequencesOf(readAll(journal)), [0n, 1n]);
    });

    test('accepts 2^64 - 1 and nothing after it', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(U64_MAX - 1n, 2));
      assert.equal(journal.nextSequence, null);
      for (const sequence of [0n, 1n, U64_MAX]) {
        const error = await assertRefused(journal, () => journal.append(eventAt(sequence)), CONFLICT);
        assert.equal((error as SequenceConflictError).expected, null);
      }
      assert.deepEqual(sequencesOf(readAll(journal, U64_MAX)), [U64_MAX]);
    });

    test('accepts numbers, returns bigints', async ({ open }) => {
      const journal = await open();
      await journal.append(new SequencerEvent({ sequenceNum: 3, timestampNs: 7, command: 1, result: 2 }));
      const [entry] = readAll(journal, 3);
      assert(entry !== undefined);
      assert.deepEqual([entry.sequenceNum, entry.timestampNs], [3n, 7n]);
      assert.deepEqual([entry.event.sequenceNum, entry.event.timestampNs], [3n, 7n]);
      assert.deepEqual(
        [journal.firstAvailableSequence, journal.lastSequence, journal.nextSequence],
        [3n, 3n, 4n],
      );
    });

    test('stores any time: 0, 2^64 - 1, and one before the last', async ({ open }) => {
      const journal = await open();
      const times = [0n, U64_MAX, 5n];
      for (const [sequenceNum, timestampNs] of times.entries()) {
        await journal.append(new SequencerEvent({ sequenceNum, timestampNs, command: null, result: null }));
      }
      assert.deepEqual(
        readAll(journal).map((entry) => entry.timestampNs),
        times,
      );
      assert.deepEqual(
        readAll(journal).map((entry) => entry.event.timestampNs),
        times,
      );
    });

    test('stores the event as it is when append is called', async ({ open }) => {
      const journal = await open();
      const command = { quantity: 5, tags: ['a'] };
      const pending = inFlight(journal.append(eventAt(0, command)));
      command.quantity = 6;
      command.tags.push('b');
      await pending;
      command.quantity = 7;
      assert.deepEqual(readAll(journal)[0]?.event.command, { quantity: 5, tags: ['a'] });
    });
  },
};
