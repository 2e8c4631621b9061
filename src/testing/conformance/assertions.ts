import assert from 'node:assert/strict';
import { JournalError, messageOf, type Journal } from '../../journal/index.js';
import { monotonicMs, nextTurn } from '../../common/index.js';
import { eventAt, readAll, sequencesOf, textOf } from './events.js';

/** Asserts that an error is a JournalError with this code. */
export function assertCode(error: unknown, code: string): asserts error is JournalError {
  assert(JournalError.isJournalError(error), `expected a JournalError with ${code}, got ${messageOf(error)}`);
  assert.equal(error.code, code, error.message);
}

/** The rejection of `promise`, after a check of its type and code. */
export async function rejectionOf(promise: Promise<unknown>, code: string): Promise<JournalError> {
  const error = await promise.then(
    () => assert.fail(`resolved instead of rejecting with ${code}`),
    (reason: unknown) => reason,
  );
  assertCode(error, code);
  return error;
}

/** The error that `run` throws, after a check of its type and code. */
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
 * Asserts that an attempt to write is refused with `code` and leaves no trace: no visible entry, no taken
 * sequence, and the journal stays open.
 */
export async function assertRefused(
  journal: Journal,
  attempt: () => Promise<unknown>,
  code: string,
): Promise<JournalError> {
  const before = stateOf(journal);
  // Not awaited yet: a refusal must be a rejection, because `append(…).catch(…)` misses a thrown error.
  const promise = attempt();
  const error = await rejectionOf(promise, code);
  assert.equal(error.outcome, 'not-written');
  assert.equal(journal.state, 'open', 'a refusal before anything is written does not poison the journal');
  assert.deepEqual(stateOf(journal), before);
  return error;
}

/** Asserts that the next event is accepted and stored after the existing entries. */
export async function assertGoesOn(journal: Journal): Promise<void> {
  const before = sequencesOf(readAll(journal));
  const next = journal.nextSequence ?? 0n;
  await journal.append(eventAt(next));
  assert.deepEqual(sequencesOf(readAll(journal)), [...before, next]);
}

/** Asserts that the getters agree with the readable entries. This holds for every journal at any time. */
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
    assert.equal(durable, journal.lastSequence, 'in sync durability readers see only durable entries');
  } else {
    assert(durable === null || (journal.lastSequence !== null && durable <= journal.lastSequence));
  }
}

/**
 * A write or read that the test awaits later. If the test ends earlier, a rejection must not be unhandled:
 * runners report it for another test, or stop.
 */
export function inFlight<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

/**
 * Longer than any write of the suite takes. A journal that never answers must not keep the observer running.
 */
const OBSERVATION_MS = 4_000;

/** Calls `observe` in each turn of the event loop until `work` has settled. Rejects if either fails. */
export async function observeDuring(
  work: Promise<unknown>,
  observe: () => Promise<void> | void,
): Promise<void> {
  let settled = false;
  const settling = work.finally(() => {
    settled = true;
  });
  // Awaited below. Until then, a failure must not be unhandled.
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
