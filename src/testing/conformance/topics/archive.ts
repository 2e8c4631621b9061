import assert from 'node:assert/strict';
import { U64_MAX, type Journal } from '../../../journal/index.js';
import { assertConsistent, assertGoesOn, inFlight } from '../assertions.js';
import { eventAt, eventsFrom, readAll, sequencesFrom, sequencesOf } from '../events.js';
import type { TestTools, Topic } from '../topic.js';

export const archiveTopic: Topic = {
  name: 'archiveSegmentsBefore',
  requires: 'smallSegments',
  define(test) {
    test('archives a whole segment as soon as its last entry is below the sequence', async (tools) => {
      const journal = await journalOf100(tools);
      let archived = 0;
      for (const sequence of sequencesFrom(0, 101)) {
        const before = journal.firstAvailableSequence;
        const count = await journal.archiveSegmentsBefore(sequence);
        archived += count;
        // With steps of one, a segment is due only when `sequence` is the first of the next segment.
        assert.equal(journal.firstAvailableSequence, count === 0 ? before : sequence);
        assert(count <= 1);
        assertConsistent(journal);
      }
      assert(archived >= 3, `${archived} segments were archived of 100 entries`);
    });

    test('keeps a segment that holds the sequence itself', async (tools) => {
      const journal = await journalOf100(tools);
      for (const sequence of [0n, 1n, 33n, 50n, 99n]) {
        await journal.archiveSegmentsBefore(sequence);
        assert.deepEqual(sequencesOf(readAll(journal, sequence, { limit: 1 })), [sequence]);
      }
    });

    test('counts the segments it archives, and archives each once', async (tools) => {
      const journal = await journalOf100(tools);
      const segmentsBefore = (await journal.verifyIntegrity()).segments;
      const count = await journal.archiveSegmentsBefore(60);
      assert(count >= 1);
      assert.equal((await journal.verifyIntegrity()).segments, segmentsBefore - count);
      assert.equal(await journal.archiveSegmentsBefore(60n), 0);
    });

    test('never archives the active segment', async (tools) => {
      const journal = await journalOf100(tools);
      await journal.archiveSegmentsBefore(U64_MAX);
      assert.equal(journal.lastSequence, 99n);
      assert.deepEqual(sequencesOf(readAll(journal, 99n)), [99n]);
      assert.equal(await journal.archiveSegmentsBefore(U64_MAX), 0);
      await assertGoesOn(journal);
    });

    test('archives nothing from an empty journal, or before its first sequence', async ({ open }) => {
      const journal = await open({ smallSegments: true });
      assert.equal(await journal.archiveSegmentsBefore(U64_MAX), 0);
      assert.equal(journal.firstAvailableSequence, null);
      await journal.appendBatch(eventsFrom(500, 100));
      assert.equal(await journal.archiveSegmentsBefore(500n), 0);
      assert.equal(journal.firstAvailableSequence, 500n);
    });

    test('reading below the first available sequence starts there', async (tools) => {
      const journal = await journalOf100(tools);
      await journal.archiveSegmentsBefore(60);
      const first = journal.firstAvailableSequence;
      assert(first !== null && first > 0n && first <= 60n);
      assert.deepEqual(sequencesOf(readAll(journal, 0n)), sequencesFrom(first, 100 - Number(first)));
      assert.deepEqual(sequencesOf(readAll(journal, 80n)), sequencesFrom(80, 20));
    });

    test('does not affect a running iteration', async (tools) => {
      const journal = await journalOf100(tools);
      const seen: bigint[] = [];
      for await (const entry of journal.readFrom(0n)) {
        seen.push(entry.sequenceNum);
        if (seen.length === 2) await journal.archiveSegmentsBefore(U64_MAX);
      }
      assert.deepEqual(seen, sequencesFrom(0, 100));
    });

    test('works beside appends in flight', async (tools) => {
      const journal = await journalOf100(tools);
      const appends = sequencesFrom(100, 100).map((sequence) => inFlight(journal.append(eventAt(sequence))));
      const count = await journal.archiveSegmentsBefore(100n);
      await Promise.all(appends);
      assert(count >= 3);
      assert.deepEqual(sequencesOf(readAll(journal, 100n)), sequencesFrom(100, 100));
      assertConsistent(journal);
    });

    test('leaves a journal that verifies', async (tools) => {
      const journal = await journalOf100(tools);
      await journal.archiveSegmentsBefore(60);
      const report = await journal.verifyIntegrity();
      assert.equal(report.ok, true);
      assert.equal(report.firstSequence, journal.firstAvailableSequence);
      assert.equal(report.lastSequence, 99n);
    });
  },
};

async function journalOf100({ open }: TestTools): Promise<Journal> {
  const journal = await open({ smallSegments: true });
  await journal.appendBatch(eventsFrom(0, 100));
  return journal;
}
