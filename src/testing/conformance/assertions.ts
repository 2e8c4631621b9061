import assert from 'node:assert/strict';
import { JournalError, messageOf, type Journal } from '../../journal/index.js';
import { monotonicMs, nextTurn } from '../../common/index.js';
import { eventAt, readAll, sequencesOf, textOf } from './events.js';

/** The stable code of an error, or a failed assertion: refusals must be typed. */
export function assertCode(error: unknown, code: string): asserts error is JournalError {
  assert(JournalError.isJournalError(error), `expected a JournalError with ${code}, got ${messageOf(error)}`);
  assert.equal(error.code, code, error.message);
}

/** What `promise` rejects with; its type and code are checked. */
export async function rejectionOf(promise: Promise<unknown>, code: string): Promise<JournalError> {
  const error = await promise.then(
    () => assert.fail(`resolved instead of rejecting with ${code}`),
    (reason: unknown) => reason,
  );
  assertCode(error, code);
  return error;
}

/** What `run` throws; its type and code are checked. */
export function errorOf(run: () => unknown, code: string): JournalError {
  try {
    run();
  } catch (error) {
    assertCode(error, code);
    return error;
  }
  return assert.fail(`returned instead of throwing ${code}`);
}

/**
 * An attempt to write is refused with `code` and leaves no trace: nothing visible, no sequence taken, and the journal
 * takes the next event.
 */
export async function assertRefused(
  journal: Journal,
  attempt: () => Promise<unknown>,
  code: string,
): Promise<JournalError> {
  const before = stateOf(journal);
  // Outside the promise: a refusal must be a rejection, or `append(…).catch(…)` misses it.
  const promise = attempt();
  const error = await rejectionOf(promise, code);
  assert.equal(error.outcome, 'not-written');
  assert.equal(journal.state, 'open', 'a refusal before anything was written does not poison');
  assert.deepEqual(stateOf(journal), before);
  return error;
}

/** The next event is accepted and stored after what is there. */
export async function assertGoesOn(journal: Journal): Promise<void> {
  const before = sequencesOf(readAll(journal));
  const next = journal.nextSequence ?? 0n;
  await journal.append(eventAt(next));
  assert.deepEqual(sequencesOf(readAll(journal)), [...before, next]);
}

/** Holds for every journal at any moment: what the getters say is what can be read. */
export function assertConsistent(journal: Journal): void {
  const sequences = sequencesOf(readAll(journal));
  assert.equal(
    journal.firstAvailableSequence,
    sequences[0] ?? null,
    'firstAvailableSequence is the first entry',
  );
  assert.equal(journal.lastSequence, sequences.at(-1) ?? null, 'lastSequence is the last entry');
  const durable = journal.durableSequence;
  if (journal.durability === 'sync') {
    assert.equal(durable, journal.lastSequence, 'in sync durability readers see what is durable');
  } else {
    assert(durable === null || (journal.lastSequence !== null && durable <= journal.lastSequence));
  }
}

/**
 * A write or read that the test awaits later. Where the test ends before that, a rejection must not reach the process as
 * unhandled: runners take that for a failure of another test, or stop.
 */
export function inFlight<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

/** Longer than any of the suite's writes takes; a journal that never answers must not keep its observer going. */
const OBSERVATION_MS = 4_000;

/** Calls `observe` turn after turn until `work` has settled, and hands on what became of either. */
export async function observeDuring(
  work: Promise<unknown>,
  observe: () => Promise<void> | void,
): Promise<void> {
  let settled = false;
  const settling = work.finally(() => {
    settled = true;
  });
  // Awaited below; until then its failure is not unhandled.
  settling.catch(() => {});
  const deadline = monotonicMs() + OBSERVATION_MS;
  while (!settled && monotonicMs() < deadline) {
    await observe();
    await nextTurn();
  }
  await settling;
}

function stateOf(journal: Journal): unknown {
  return {
    nextSequence: journal.nextSequence,
    firstAvailableSequence: journal.firstAvailableSequence,
    lastSequence: journal.lastSequence,
    payloads: readAll(journal).map((entry) => textOf(entry.payload)),
  };
}
