import assert from 'node:assert/strict';
import type { JournalError } from '../../../journal/index.js';
import { assertCode, inFlight, rejectionOf } from '../assertions.js';
import { eventAt, eventsFrom, readAll, sequencesFrom, sequencesOf } from '../events.js';
import type { Topic } from '../topic.js';

const POISONED = 'JOURNAL_POISONED';

export const poisonTopic: Topic = {
  name: 'poison',
  define(test) {
    test('every later append rejects with the cause and outcome not-written', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(0));
      const cause = new Error('memory and journal disagree');
      journal.poison(cause);
      assert.equal(journal.state, 'poisoned');
      const attempts = [
        () => journal.append(eventAt(1)),
        () => journal.append(eventAt(1)),
        () => journal.appendBatch(eventsFrom(1, 2)),
      ];
      for (const attempt of attempts) {
        const error = await rejectionOf(attempt(), POISONED);
        assert.equal(error.cause, cause);
        assert.equal(error.outcome, 'not-written');
      }
    });

    test('failure keeps the first cause', async ({ open }) => {
      const journal = await open();
      const cause = new Error('first');
      journal.poison(cause);
      journal.poison(new Error('second'));
      assertCode(journal.failure, POISONED);
      assert.equal(journal.failure.cause, cause);
      assert.equal((await rejectionOf(journal.append(eventAt(0)), POISONED)).cause, cause);
    });

    test('listeners are called once, with the failure', async ({ open }) => {
      const journal = await open();
      const heard: JournalError[] = [];
      const removed: JournalError[] = [];
      journal.onPoisoned((failure) => heard.push(failure));
      const remove = journal.onPoisoned((failure) => removed.push(failure));
      remove();
      remove();
      assert.deepEqual(heard, []);
      journal.poison(new Error('first'));
      journal.poison(new Error('second'));
      assert.deepEqual(heard, [journal.failure]);
      assert.deepEqual(removed, []);
    });

    test('a listener that is added later is called immediately', async ({ open }) => {
      const journal = await open();
      journal.poison(new Error('first'));
      const heard: JournalError[] = [];
      journal.onPoisoned((failure) => heard.push(failure))();
      assert.deepEqual(heard, [journal.failure]);
    });

    test('stored entries stay readable', async ({ open }) => {
      const journal = await open();
      await journal.appendBatch(eventsFrom(0, 5));
      journal.poison(new Error('first'));
      await rejectionOf(journal.append(eventAt(5)), POISONED);
      assert.deepEqual(sequencesOf(readAll(journal)), sequencesFrom(0, 5));
      assert.equal(journal.lastSequence, 4n);
      assert.equal((await journal.verifyIntegrity()).ok, true);
    });

    test('appends in flight settle: stored, or rejected with the cause', async ({ open }) => {
      const journal = await open();
      const appends = eventsFrom(0, 10).map((event) => inFlight(journal.append(event)));
      const cause = new Error('first');
      journal.poison(cause);
      const settled = await Promise.allSettled(appends);
      const visible = sequencesOf(readAll(journal));
      for (const [index, outcome] of settled.entries()) {
        if (outcome.status === 'fulfilled') {
          assert(visible.includes(BigInt(index)));
        } else {
          assertCode(outcome.reason, POISONED);
          assert.equal(outcome.reason.cause, cause);
          assert(['not-written', 'unknown'].includes(String(outcome.reason.outcome)));
        }
      }
    });

    test('a poisoned journal can be closed', async ({ open }) => {
      const journal = await open();
      await journal.append(eventAt(0));
      journal.poison(new Error('first'));
      await journal.close();
      await journal.close();
      assert.equal(journal.state, 'closed');
    });

    test('a new journal is not poisoned', async ({ open }) => {
      const journal = await open();
      const heard: JournalError[] = [];
      journal.onPoisoned((failure) => heard.push(failure));
      await journal.append(eventAt(0));
      await rejectionOf(journal.append(eventAt(7)), 'JOURNAL_SEQUENCE_CONFLICT');
      await journal.close();
      assert.deepEqual(heard, []);
      assert.equal(journal.failure, null);
    });
  },
};
