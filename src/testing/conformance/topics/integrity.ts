import assert from 'node:assert/strict';
import { entrySizeBytes } from '../../../journal-kit/index.js';
import { eventsFrom, readAll } from '../events.js';
import type { Topic } from '../topic.js';

export const integrityTopic: Topic = {
  name: 'verifyIntegrity',
  define(test) {
    test('an empty journal is intact', async ({ open }) => {
      const journal = await open();
      const { segments, ...report } = await journal.verifyIntegrity();
      assert(Number.isSafeInteger(segments) && segments >= 0);
      assert.deepEqual(report, {
        ok: true,
        entries: 0n,
        bytes: 0n,
        firstSequence: null,
        lastSequence: null,
        errors: [],
      });
    });

    test('counts entries and bytes of an intact journal', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(7, 10));
      const bytes = readAll(journal).reduce(
        (sum, entry) => sum + entrySizeBytes(entry.payload.byteLength),
        0,
      );
      assert.deepEqual(await journal.verifyIntegrity(), {
        ok: true,
        segments: 1,
        entries: 10n,
        bytes: BigInt(bytes),
        firstSequence: 7n,
        lastSequence: 16n,
        errors: [],
      });
    });

    test(
      'counts segments',
      async ({ open }) => {
        const journal = await open({ smallSegments: true });
        await journal.appendBatch(eventsFrom(0, 100));
        const report = await journal.verifyIntegrity();
        assert.deepEqual([report.ok, report.entries], [true, 100n]);
        assert(report.segments >= 4);
      },
      'smallSegments',
    );

    test(
      'reports every damaged entry without throwing',
      async ({ open, damage }) => {
        let journal = await open();
        await journal.appendBatch(eventsFrom(0, 10));
        for (const sequence of [2n, 7n]) journal = await damage(journal, sequence);
        const report = await journal.verifyIntegrity();
        assert.equal(report.ok, false);
        assert.equal(report.entries, 8n);
        assert.deepEqual(
          report.errors.map(({ kind, sequence }) => [kind, sequence]),
          [
            ['crc', 2n],
            ['crc', 7n],
          ],
        );
        for (const { segment, offset, message } of report.errors) {
          assert(segment.length > 0 && offset > 0 && message.length > 0);
        }
      },
      'damageable',
    );
  },
};
