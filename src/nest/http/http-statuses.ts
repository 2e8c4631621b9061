import type { JournalError } from '../../journal/index.js';

interface HttpStatusOfCode {
  readonly status: number;
  /** Status if the error rejected a write and nothing was written (`outcome: 'not-written'`). */
  readonly notWritten?: number;
}

/**
 * HTTP status of each error code whose status is not 500. 503 means that the same request may succeed later;
 * the response then has a Retry-After header. A test compares this table with the one in
 * docs/guides/errors.md.
 */
const STATUSES: Readonly<Record<string, HttpStatusOfCode>> = {
  // The request is invalid.
  JOURNAL_INVALID_ARGUMENT: { status: 400 },
  JOURNAL_SERIALIZATION: { status: 400 },
  JOURNAL_EVENT_VALIDATION: { status: 500, notWritten: 400 },
  JOURNAL_ENTRY_TOO_LARGE: { status: 413 },
  JOURNAL_COMMAND_ID_REUSED: { status: 422 },

  // The request names something that does not exist.
  JOURNAL_AGGREGATE_NOT_FOUND: { status: 404 },
  JOURNAL_SEQUENCE_NOT_FOUND: { status: 404 },
  JOURNAL_PROJECTION_NOT_FOUND: { status: 404 },

  // Another write came first.
  JOURNAL_AGGREGATE_CONFLICT: { status: 409 },
  JOURNAL_SEQUENCE_CONFLICT: { status: 409 },
  JOURNAL_COMMAND_RESULT_UNAVAILABLE: { status: 409 },

  // The same request may succeed later.
  JOURNAL_SEQUENCER_OVERLOADED: { status: 503 },
  JOURNAL_SEQUENCER_INTERRUPTED: { status: 503 },
  JOURNAL_AGGREGATE_UNAVAILABLE: { status: 503 },
  JOURNAL_CLOSED: { status: 503 },
  JOURNAL_LOCKED: { status: 503 },
  JOURNAL_POISONED: { status: 500, notWritten: 503 },
  JOURNAL_IO: { status: 500, notWritten: 503 },
};

const INTERNAL_SERVER_ERROR = 500;
const SERVICE_UNAVAILABLE = 503;

/**
 * Returns the HTTP status for an error: 500 for every code that the table does not name, and never 503 for a
 * write that may have happened. Clients and proxies repeat a 503 by themselves.
 */
export function httpStatusOf({ code, outcome }: JournalError): number {
  // Object.hasOwn: an error of another copy of this package may have any string as its code.
  const answer = Object.hasOwn(STATUSES, code) ? STATUSES[code] : undefined;
  if (answer === undefined) return INTERNAL_SERVER_ERROR;
  if (outcome === 'not-written') return answer.notWritten ?? answer.status;
  return outcome === 'unknown' && answer.status === SERVICE_UNAVAILABLE
    ? INTERNAL_SERVER_ERROR
    : answer.status;
}
