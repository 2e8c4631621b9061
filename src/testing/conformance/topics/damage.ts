import assert from 'node:assert/strict';
import type { CorruptEntryError, Journal, ReadError } from '../../../journal/index.js';
import { assertCode } from '../assertions.js';
import { eventsFrom, readAll, readAllAsync, sequencesFrom, sequencesOf } from '../events.js';
import type { TestTools, Topic } from '../topic.js';

const CODE = 'JOURNAL_CORRUPT_ENTRY';

export const damageTopic: Topic = {
  name: 'damaged entries',
  requires: 'damageable',
  define(test) {
    test('are reported as a typed error when an iteration reaches them', async (tools) => {
      const journal = await damagedAt4(tools);
      for (const { seen, thrown } of [readUntilThrown(journal), await readUntilThrownAsync(journal)]) {
        assert.deepEqual(seen, sequencesFrom(0, 4));
        assertCode(thrown, CODE);
        const { sequence, segment, offset, expectedCrc, actualCrc } = thrown as CorruptEntryError;
        assert.equal(sequence, 4n);
        assert(segment.length > 0 && offset > 0);
        assert.notEqual(expectedCrc, actualCrc);
      }
    });

    test('do not affect an iteration that does not reach them', async (tools) => {
      const journal = await damagedAt4(tools);
      assert.deepEqual(sequencesOf(readAll(journal, 5n)), sequencesFrom(5, 5));
      assert.deepEqual(sequencesOf(readAll(journal, 0n, { limit: 4 })), sequencesFrom(0, 4));
    });

    test('are skipped with skip', async (tools) => {
      const journal = await damagedAt4(tools);
      const intact = sequencesFrom(0, 10).filter((sequence) => sequence !== 4n);
      assert.deepEqual(sequencesOf(readAll(journal, 0n, { onCorrupt: 'skip' })), intact);
      assert.deepEqual(sequencesOf(await readAllAsync(journal, 0n, { onCorrupt: 'skip' })), intact);
      assert.deepEqual(sequencesOf(readAll(journal, 3n, { onCorrupt: 'skip', limit: 2 })), [3n, 5n]);
    });

    test('are reported to a function, and reading continues', async (tools) => {
      const journal = await damagedAt4(tools);
      const reported: ReadError[] = [];
      const seen = sequencesOf(readAll(journal, 0n, { onCorrupt: (error) => void reported.push(error) }));
      assert.equal(seen.length, 9);
      assert.equal(reported.length, 1);
      assertCode(reported[0], CODE);
      assert.equal(reported[0].sequence, 4n);
    });

    test('end the iteration if that function throws', async (tools) => {
      const journal = await damagedAt4(tools);
      const onCorrupt = (error: ReadError): void => {
        throw new Error('enough', { cause: error });
      };
      assert.throws(() => readAll(journal, 0n, { onCorrupt }), { message: 'enough' });
      await assert.rejects(readAllAsync(journal, 0n, { onCorrupt }), { message: 'enough' });
    });

    test('do not stop appends', async (tools) => {
      const journal = await damagedAt4(tools);
      await assertGoesOnAfter(journal);
    });
  },
};

async function damagedAt4({ open, damage }: TestTools): Promise<Journal> {
  const journal = await open();
  await journal.appendBatch(eventsFrom(0, 10));
  return damage(journal, 4n);
}

async function assertGoesOnAfter(journal: Journal): Promise<void> {
  const next = journal.nextSequence;
  assert.equal(next, 10n);
  await journal.appendBatch(eventsFrom(next, 2));
  assert.deepEqual(sequencesOf(readAll(journal, 5n)), sequencesFrom(5, 7));
}

interface Outcome {
  readonly seen: bigint[];
  readonly thrown: unknown;
}

function readUntilThrown(journal: Journal): Outcome {
  const seen: bigint[] = [];
  try {
    for (const entry of journal.readFrom(0n)) seen.push(entry.sequenceNum);
    return { seen, thrown: undefined };
  } catch (thrown) {
    return { seen, thrown };
  }
}

async function readUntilThrownAsync(journal: Journal): Promise<Outcome> {
  const seen: bigint[] = [];
  try {
    for await (const entry of journal.readFrom(0n)) seen.push(entry.sequenceNum);
    return { seen, thrown: undefined };
  } catch (thrown) {
    return { seen, thrown };
  }
}
