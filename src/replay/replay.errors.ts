import { JournalError, bigintsToStrings, isError, messageOf, type EntryLocation } from '../journal/index.js';

/** Maximum length of a value in an error message. */
const MAX_SHOWN_CHARS = 300;

/**
 * A replayed command did not give the stored result. The aggregate's code has changed, or is not
 * deterministic (clock, randomness, state outside the journal).
 * @publicApi
 */
export class ReplayDivergenceError extends JournalError {
  readonly code = 'JOURNAL_REPLAY_DIVERGENCE';
  /** File name of the segment; null if the entry was not read from a file. */
  readonly segment: string | null;
  /** Byte offset of the entry in the segment; null if it was not read from a file. */
  readonly offset: number | null;
  constructor(
    /** Name of the replayed target. */
    readonly target: string,

    /** Sequence of the entry. */
    readonly sequence: bigint,
    /** The stored result. */
    readonly expected: unknown,
    /** The result of the new execution, or the error that it threw. */
    readonly actual: unknown,
    location: EntryLocation | null = null,
  ) {
    super(
      `${target} diverges at sequence ${sequence}${describeLocation(location)}: stored result ${show(expected)}, executed again ` +
        `${isError(actual) ? `it threw ${messageOf(actual)}` : show(actual)}; run the version that wrote the journal, ` +
        "or accept the difference with onDivergence: 'warn'",
      isError(actual) ? { cause: actual } : {},
    );
    this.segment = location?.segment ?? null;
    this.offset = location?.offset ?? null;
  }
}

/**
 * A target threw an error for a stored event: an aggregate during a replay, or an event handler of an
 * aggregate that a repository loads.
 * @publicApi
 */
export class ReplayFailedError extends JournalError {
  readonly code = 'JOURNAL_REPLAY_FAILED';
  /** File name of the segment; null if the entry was not read from a file. */
  readonly segment: string | null;
  /** Byte offset of the entry in the segment; null if it was not read from a file. */
  readonly offset: number | null;
  constructor(
    /** Name of the replayed target. */
    readonly target: string,

    /** Sequence of the entry. */
    readonly sequence: bigint,
    cause: unknown,
    location: EntryLocation | null = null,
    /** Name of the event; null if the target handles whole entries. */
    readonly eventName: string | null = null,
  ) {
    super(
      `${target} failed at ${eventName === null ? '' : `event ${eventName} of `}sequence ${sequence}${describeLocation(location)}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
    this.segment = location?.segment ?? null;
    this.offset = location?.offset ?? null;
  }
}

/**
 * A snapshot cannot be taken, stored or used.
 * @publicApi
 */
export class SnapshotError extends JournalError {
  readonly code = 'JOURNAL_SNAPSHOT';
  constructor(
    /** Path of the file, or the target's name. */
    readonly source: string,

    /** Why the snapshot cannot be used. */
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`snapshot ${source}: ${reason}`, options);
  }
}

/** ` in segment-….journal at offset 4711`, or an empty text. */
export function describeLocation(location: EntryLocation | null | undefined): string {
  return location ? ` in ${location.segment} at offset ${location.offset}` : '';
}

function show(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(bigintsToStrings(value)) ?? 'undefined';
  } catch {
    text = messageOf(value);
  }
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS)}…`;
}
