import assert from 'node:assert/strict';
import { assertCode, assertConsistent, errorOf, inFlight, rejectionOf } from '../assertions.js';
import { eventAt, eventsFrom, readAll } from '../events.js';
import type { Topic } from '../topic.js';

const CLOSED = 'JOURNAL_CLOSED';

export const lifecycleTopic: Topic = {
  name: 'open, flush and close',
  define(test) {
    test('recovery of a new journal reports that it was created', async ({ open }) => {
      const journal = await open();
      assert.equal(journal.state, 'open');
      assert.equal(journal.failure, null);
      const { outcome, firstAvailableSequence, lastSequence, cut, durationMs } = journal.recovery;
      assert.deepEqual(
        { outcome, firstAvailableSequence, lastSequence, cut },
        { outcome: 'created', firstAvailableSequence: null, lastSequence: null, cut: null },
      );
      assert(durationMs >= 0);
    });

    test('flush makes everything accepted durable, including appends in flight', async ({ open }) => {
      const journal = await open();
      await journal.flush();
      assert.equal(journal.durableSequence, null);
      const appends = eventsFrom(0, 20).map((event) => inFlight(journal.append(event)));
      await journal.flush();
      assert.equal(journal.durableSequence, 19n);
      assert.equal(journal.lastSequence, 19n);
      await Promise.all(appends);
      assertConsistent(journal);
    });

    test('close stores the appends in flight', async ({ open }) => {
      const journal = await open();
      let acknowledged = 0;
      const appends = eventsFrom(0, 20).map((event) =>
        inFlight(journal.append(event).then(() => (acknowledged += 1))),
      );
      await journal.close();
      assert.equal(acknowledged, 20);
      await Promise.all(appends);
    });

    test('nothing is accepted after the call of close, even before it has finished', async ({ open }) => {
      const journal = await open();
      const accepted = inFlight(journal.append(eventAt(0)));
      const closing = journal.close();
      const error = await rejectionOf(journal.append(eventAt(1)), CLOSED);
      assert.equal(error.outcome, 'not-written');
      await Promise.all([accepted, closing]);
    });

    test('close can be called again, immediately and later', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(0));
      await Promise.all([journal.close(), journal.close()]);
      await journal.close();
      assert.equal(journal.state, 'closed');
    });

    test('a closed journal refuses to write, read, verify and archive', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(0));
      await journal.close();
      await rejectionOf(journal.append(eventAt(1)), CLOSED);
      await rejectionOf(journal.appendBatch(eventsFrom(1, 2)), CLOSED);
      await rejectionOf(journal.archiveSegmentsBefore(1n), CLOSED);
      await rejectionOf(journal.verifyIntegrity(), CLOSED);
      errorOf(() => readAll(journal), CLOSED);
    });

    test('an iteration during close ends, or throws the reason', async ({ open }) => {
      const journal = await open();
      const events = eventsFrom(0, 10);
      await journal.appendBatch(events);
      const seen: unknown[] = [];
      try {
        for await (const entry of journal.readFrom(0n)) {
          if (entry.sequenceNum === 2n) await journal.close();
          seen.push(entry.event.command);
        }
        assert.equal(seen.length, 10);
      } catch (error) {
        assertCode(error, CLOSED);
      }
      assert.deepEqual(
        seen,
        events.slice(0, seen.length).map((event) => event.command),
      );
    });

    test('asyncDispose closes', async ({ open }) => {
      const journal = await open();
      const pending = inFlight(journal.append(eventAt(0)));
      await journal[Symbol.asyncDispose]();
      await pending;
      assert.equal(journal.state, 'closed');
      await journal[Symbol.asyncDispose]();
    });
  },
};
