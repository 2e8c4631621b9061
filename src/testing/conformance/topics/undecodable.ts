import assert from 'node:assert/strict';
import {
  DeserializationError,
  type Journal,
  type PayloadCodec,
  type ReadError,
} from '../../../journal/index.js';
import { jsonCodec } from '../../../serialization/index.js';
import { assertCode, errorOf } from '../assertions.js';
import { eventsFrom, readAll, readAllAsync, sequencesFrom, sequencesOf, textOf } from '../events.js';
import type { TestTools, Topic } from '../topic.js';

const CODE = 'JOURNAL_DESERIALIZATION';
const READABLE = [0n, 1n, 3n, 4n];

export const undecodableTopic: Topic = {
  name: 'undecodable payloads',
  requires: 'customCodec',
  define(test) {
    test('are entries whose event throws and whose payload is readable', async (tools) => {
      const journal = await undecodableAt2(tools);
      for (const entries of [readAll(journal), await readAllAsync(journal)]) {
        assert.deepEqual(sequencesOf(entries), sequencesFrom(0, 5));
        const entry = entries[2];
        assert(entry !== undefined);
        const error = errorOf(() => entry.event, CODE) as DeserializationError;
        assert.equal(error.sequence, 2n, 'the error names the entry');
        assert(error.segment !== null && error.offset !== null && error.offset > 0);
        assert.match(textOf(entry.payload), /^\{"sequence_num":2,/);
      }
    });

    test('are skipped with skip', async (tools) => {
      const journal = await undecodableAt2(tools);
      assert.deepEqual(sequencesOf(readAll(journal, 0n, { onCorrupt: 'skip' })), READABLE);
      assert.deepEqual(sequencesOf(await readAllAsync(journal, 0n, { onCorrupt: 'skip' })), READABLE);
    });

    test('are reported to a function, and reading continues', async (tools) => {
      const journal = await undecodableAt2(tools);
      const reported: ReadError[] = [];
      const onCorrupt = (error: ReadError): void => void reported.push(error);
      assert.deepEqual(sequencesOf(readAll(journal, 0n, { onCorrupt })), READABLE);
      assert.equal(reported.length, 1);
      assertCode(reported[0], CODE);
      assert.equal(reported[0].sequence, 2n);
    });

    test('are found by verifyIntegrity', async (tools) => {
      const journal = await undecodableAt2(tools);
      const report = await journal.verifyIntegrity();
      // The bytes of all five are intact.
      assert.deepEqual([report.ok, report.entries], [false, 5n]);
      assert.deepEqual(
        report.errors.map(({ kind, sequence }) => [kind, sequence]),
        [['payload', 2n]],
      );
    });
  },
};

async function undecodableAt2({ open }: TestTools): Promise<Journal> {
  const codec = jsonCodec();
  const failing: PayloadCodec = {
    encode: (event) => codec.encode(event),
    decode(payload, sequenceNum, timestampNs) {
      if (sequenceNum === 2n) throw new DeserializationError('no such command');
      return codec.decode(payload, sequenceNum, timestampNs);
    },
  };
  const journal = await open({ codec: failing });
  await journal.appendBatch(eventsFrom(0, 5));
  return journal;
}
