import assert from 'node:assert/strict';
import { U64_MAX } from '../../../journal/index.js';
import { eventAt, eventsFrom, readAll, readAllAsync, sequencesFrom, sequencesOf, textOf } from '../events.js';
import type { Topic } from '../topic.js';

export const readTopic: Topic = {
  name: 'readFrom',
  define(test) {
    for (const [name, from, expected] of [
      ['the first sequence', 10n, sequencesFrom(10, 20)],
      ['the middle', 17n, sequencesFrom(17, 13)],
      ['the last sequence', 29n, [29n]],
      ['below the first: starts there', 3n, sequencesFrom(10, 20)],
      ['0: starts at the first', 0n, sequencesFrom(10, 20)],
      ['one beyond the end: none', 30n, []],
      ['far beyond the end: none', U64_MAX, []],
    ] as const) {
      test(`from ${name}`, async ({ open }) => {
        const journal = await open();
        await journal.appendBatch(eventsFrom(10, 20));
        assert.deepEqual(sequencesOf(readAll(journal, from)), expected);
        assert.deepEqual(sequencesOf(await readAllAsync(journal, from)), expected);
      });
    }

    test('an empty journal has no entries', async ({ open }) => {
      const journal = await open();
      assert.deepEqual(readAll(journal, 0n), []);
      assert.deepEqual(await readAllAsync(journal, 0n), []);
    });

    test('for await returns the same entries as for … of', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 30));
      const summary = (entries: Awaited<ReturnType<typeof readAllAsync>>): unknown =>
        entries.map((entry) => [
          entry.sequenceNum,
          entry.timestampNs,
          entry.storedCrc,
          textOf(entry.payload),
        ]);
      assert.deepEqual(summary(await readAllAsync(journal)), summary(readAll(journal)));
    });

    for (const from of [0n, 5n, 55n, 99n]) {
      test(
        `crosses segments from ${from}`,
        async ({ open }) => {
          const journal = await open({ smallSegments: true });
          for (const event of eventsFrom(0, 100)) await journal.append(event);
          const expected = sequencesFrom(from, 100 - Number(from));
          assert.deepEqual(sequencesOf(readAll(journal, from)), expected);
          assert.deepEqual(sequencesOf(await readAllAsync(journal, from)), expected);
        },
        'smallSegments',
      );
    }

    for (const [limit, count] of [
      [0, 0],
      [1, 1],
      [7, 7],
      [15, 15],
      [16, 15],
    ] as const) {
      test(`limit ${limit} returns ${count} of 15 entries`, async ({ open }) => {
        const journal = await open();
        await journal.appendBatch(eventsFrom(0, 20));
        assert.deepEqual(sequencesOf(readAll(journal, 5n, { limit })), sequencesFrom(5, count));
        assert.deepEqual(sequencesOf(await readAllAsync(journal, 5n, { limit })), sequencesFrom(5, count));
      });
    }

    test('starts again with every iteration', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 5));
      const entries = journal.readFrom(1n);
      assert.deepEqual(sequencesOf(entries), sequencesFrom(1, 4));
      await journal.append(eventAt(5));
      assert.deepEqual(sequencesOf(entries), sequencesFrom(1, 5));
    });

    test('an iteration ends with the last entry that was visible when it started', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 5));
      const started = journal.readFrom(0n)[Symbol.iterator]();
      const half = journal.readFrom(0n)[Symbol.iterator]();
      const seen = [half.next().value, half.next().value].map((entry) => entry?.sequenceNum);
      await journal.appendBatch(eventsFrom(5, 5));
      for (let step = half.next(); !step.done; step = half.next()) seen.push(step.value.sequenceNum);
      assert.deepEqual(seen, sequencesFrom(0, 5));
      assert.deepEqual(sequencesOf({ [Symbol.iterator]: () => started }), sequencesFrom(0, 5));
    });

    test('an async iteration ends with the last entry that was visible when it started', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 5));
      const seen: bigint[] = [];
      for await (const entry of journal.readFrom(0n)) {
        seen.push(entry.sequenceNum);
        // An iteration that follows the journal would never end.
        if (seen.length > 5) break;
        await journal.append(eventAt(entry.sequenceNum + 5n));
      }
      assert.deepEqual(seen, sequencesFrom(0, 5));
    });

    test('several iterations do not affect each other', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 10));
      const entries = journal.readFrom(0n);
      const pairs: bigint[][] = [];
      for (const outer of entries)
        for (const inner of entries) pairs.push([outer.sequenceNum, inner.sequenceNum]);
      assert.deepEqual(
        pairs,
        sequencesFrom(0, 10).flatMap((outer) => sequencesFrom(0, 10).map((inner) => [outer, inner])),
      );
      const both = await Promise.all([readAllAsync(journal, 0n), readAllAsync(journal, 5n)]);
      assert.deepEqual(both.map(sequencesOf), [sequencesFrom(0, 10), sequencesFrom(5, 5)]);
    });

    test('can be left early and started again', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 10));
      const seen: bigint[] = [];
      for (const entry of journal.readFrom(0n)) {
        seen.push(entry.sequenceNum);
        if (seen.length === 2) break;
      }
      for await (const entry of journal.readFrom(2n)) {
        seen.push(entry.sequenceNum);
        if (seen.length === 4) break;
      }
      assert.deepEqual(seen, sequencesFrom(0, 4));
      assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 10));
    });
  },
};
