import assert from 'node:assert/strict';
import type { Journal, ReadOptions } from '../../../journal/index.js';
import { InvalidArgumentError } from '../../../journal/index.js';
import { assertGoesOn, assertRefused, errorOf, rejectionOf } from '../assertions.js';
import { eventAt, eventsFrom, forgedEvent, readAll, sequencesOf } from '../events.js';
import type { Topic } from '../topic.js';

const CODE = 'JOURNAL_INVALID_ARGUMENT';

/** None of these is an integer of 0 … 2^64 - 1. */
const NO_U64: readonly unknown[] = [
  undefined,
  null,
  true,
  '',
  '1',
  {},
  [],
  [1],
  Symbol('sequence'),
  () => 1,
  NaN,
  Infinity,
  -Infinity,
  -1,
  -1n,
  0.5,
  2 ** 53,
  2n ** 64n,
];

const NO_EVENT: readonly unknown[] = [
  undefined,
  null,
  0,
  'event',
  [],
  () => null,
  { sequenceNum: 0n, timestampNs: 0n, command: null, result: null },
];

const NO_READ_OPTIONS: readonly [argument: string, options: unknown][] = [
  ['options', null],
  ['options', 5],
  ['onCorrupt', { onCorrupt: 'ignore' }],
  ['onCorrupt', { onCorrupt: null }],
  ['onCorrupt', { onCorrupt: true }],
  ['signal', { signal: 'abort' }],
  ['signal', { signal: {} }],
  ['limit', { limit: -1 }],
  ['limit', { limit: 1.5 }],
  ['limit', { limit: NaN }],
  ['limit', { limit: '5' }],
  ['limit', { limit: 5n }],
];

export const argumentsTopic: Topic = {
  name: 'arguments',
  define(test) {
    test('readFrom throws synchronously for an invalid sequence', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(0));
      for (const value of NO_U64) {
        const error = errorOf(() => journal.readFrom(value as bigint), CODE);
        assert.match((error as InvalidArgumentError).argument, /sequence/i);
      }
    });

    test('readFrom throws synchronously for invalid options, and names them', async ({ open }) => {
      const journal = await open();
      for (const [argument, options] of NO_READ_OPTIONS) {
        const error = errorOf(() => journal.readFrom(0n, options as ReadOptions), CODE);
        assert.match((error as InvalidArgumentError).argument, new RegExp(argument));
      }
    });

    test('readFrom accepts numbers and bigints', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 3));
      assert.deepEqual(sequencesOf(readAll(journal, 1)), [1n, 2n]);
      assert.deepEqual(sequencesOf(readAll(journal, 1n)), [1n, 2n]);
    });

    test('append refuses values that are not events', async ({ open }) => {
      const journal = await open();
      for (const value of NO_EVENT) await assertRefused(journal, () => journal.append(value as never), CODE);
      await assertGoesOn(journal);
    });

    test('append refuses an event whose sequence or time is not a u64', async ({ open }) => {
      const journal = await open();
      for (const value of NO_U64) {
        for (const event of [forgedEvent({ sequenceNum: value }), forgedEvent({ timestampNs: value })]) {
          await assertRefused(journal, () => journal.append(event), CODE);
        }
      }
      await assertGoesOn(journal);
    });

    test('appendBatch refuses values that are not arrays of events', async ({ open }) => {
      const journal = await open();
      const noBatches: unknown[] = [undefined, null, 'events', eventAt(0), new Set([eventAt(0)])];
      for (const value of noBatches)
        await assertRefused(journal, () => journal.appendBatch(value as never), CODE);
      for (const value of NO_EVENT) {
        await assertRefused(journal, () => journal.appendBatch([eventAt(0), value as never]), CODE);
      }
      await assertRefused(journal, () => journal.appendBatch(withHole()), CODE);
      await assertGoesOn(journal);
    });

    test('archiveSegmentsBefore rejects for an invalid sequence', async ({ open }) => {
      const journal = await open();
      for (const value of NO_U64) await rejectionOf(journal.archiveSegmentsBefore(value as bigint), CODE);
    });

    test('onPoisoned throws for values that are not functions', async ({ open }) => {
      const journal = await open();
      for (const value of [undefined, null, 'listener', {}])
        errorOf(() => journal.onPoisoned(value as never), CODE);
    });
  },
};

function withHole(): Parameters<Journal['appendBatch']>[0] {
  const events = eventsFrom(0, 3);
  delete events[1];
  return events;
}
