import assert from 'node:assert/strict';
import type { EntryTooLargeError } from '../../../journal/index.js';
import { assertGoesOn, assertRefused } from '../assertions.js';
import { eventAt, readAll, textOf } from '../events.js';
import { referenceCrc } from '../reference-crc.js';
import type { Topic } from '../topic.js';

const MIB = 1024 * 1024;

const TEXTS: readonly [name: string, text: string][] = [
  ['accents', 'Zürich, Łódź, naïve'],
  ['other scripts', '東京 القاهرة Αθήνα हिन्दी'],
  ['emoji with joiners', '👩‍👩‍👧‍👦🏳️‍🌈'],
  ['combining marks, not normalised', 'e\u0301 é'],
  ['quotes and backslashes', '"\\" \\u0041 \\'],
  ['control characters', '\u0000\b\t\n\f\r\u001f\u007f'],
  ['line separators of JavaScript', '\u2028\u2029'],
  ['a byte order mark', '\ufeffx\ufeff'],
  ['nothing', ''],
];

export const payloadsTopic: Topic = {
  name: 'payloads',
  define(test) {
    for (const [name, text] of TEXTS) {
      test(`text with ${name} is read back unchanged`, async ({ open }) => {
        const journal = await open();
        const command = { [text]: [text] };
        await journal.append(eventAt(0, command, text));
        const [entry] = readAll(journal);
        assert(entry !== undefined);
        assert.deepEqual(entry.event.command, command);
        assert.equal(entry.event.result, text);
        // The bytes are UTF-8 and valid JSON for other programs too.
        assert.equal((JSON.parse(textOf(entry.payload)) as { result: string }).result, text);
        assert.equal(entry.storedCrc, referenceCrc(entry));
      });
    }

    test('null, scalars and empty containers are commands', async ({ open }) => {
      const journal = await open();
      const commands = [null, true, false, 0, -1, 0.5, 'x', '', [], {}, [[]], [{}]];
      await journal.appendBatch(commands.map((command, sequence) => eventAt(sequence, command)));
      assert.deepEqual(
        readAll(journal).map((entry) => entry.event.command),
        commands,
      );
    });

    test('a payload of 1 MiB between small ones', async ({ open }) => {
      const journal = await open();
      const big = 'ä'.repeat(MIB / 2);
      await Promise.all([
        journal.append(eventAt(0)),
        journal.append(eventAt(1, big)),
        journal.append(eventAt(2)),
      ]);
      const entries = readAll(journal);
      assert.equal(entries.length, 3);
      assert(entries[1] !== undefined && entries[1].payload.byteLength > MIB);
      assert.equal(entries[1].event.command, big);
      assert.equal(entries[1].storedCrc, referenceCrc(entries[1]));
    });

    test(
      'an entry that no segment can hold is refused',
      async ({ open, capabilities }) => {
        const { maxEntrySizeBytes } = capabilities;
        if (maxEntrySizeBytes === undefined) return;
        const journal = await open({ smallSegments: true });
        await journal.append(eventAt(0));
        const tooLarge = eventAt(1, 'x'.repeat(maxEntrySizeBytes));
        const error = await assertRefused(journal, () => journal.append(tooLarge), 'JOURNAL_ENTRY_TOO_LARGE');
        assert((error as EntryTooLargeError).entrySizeBytes > maxEntrySizeBytes);
        const batch = [eventAt(1), eventAt(2, 'x'.repeat(maxEntrySizeBytes))];
        await assertRefused(journal, () => journal.appendBatch(batch), 'JOURNAL_ENTRY_TOO_LARGE');
        await assertGoesOn(journal);
      },
      'smallSegments',
    );
  },
};
