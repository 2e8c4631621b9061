import { JournalError, isError, messageOf } from '../journal/index.js';

/** Identifies a stored event that cannot be used. */
export interface StoredEventPlace {
  /** The name that the event is stored under. */
  readonly eventName: string;
  /** Null if the event belongs to no aggregate. */
  readonly aggregateId: string | null;
  readonly sequence: bigint;
}

/**
 * The journal holds an event whose name has no registered class. Register its class, add the name to the
 * aliases of the class that replaces it, or set `unknownEvents` to skip such events.
 * @publicApi
 */
export class UnknownEventError extends JournalError implements StoredEventPlace {
  readonly code = 'JOURNAL_UNKNOWN_EVENT';
  readonly eventName: string;
  readonly aggregateId: string | null;
  /** Sequence of the entry. */
  readonly sequence: bigint;
  constructor(place: StoredEventPlace) {
    super(
      `the event ${place.eventName} ${describe(place)} has no registered class: list it in ` +
        `FileJournalModule.forFeature({ events: [...] }), or add it to the aliases of the class that replaces it`,
    );
    this.eventName = place.eventName;
    this.aggregateId = place.aggregateId;
    this.sequence = place.sequence;
  }
}

/**
 * A stored event has a newer version than its class reads, because a newer release wrote it. Run that
 * release, or a later one.
 * @publicApi
 */
export class EventVersionError extends JournalError implements StoredEventPlace {
  readonly code = 'JOURNAL_EVENT_VERSION';
  readonly eventName: string;
  readonly aggregateId: string | null;
  /** Sequence of the entry. */
  readonly sequence: bigint;
  constructor(
    place: StoredEventPlace,

    /** The version stored with the event. */
    readonly storedVersion: number,
    /** The version of the class. */
    readonly supportedVersion: number,
  ) {
    super(
      `the event ${place.eventName} ${describe(place)} has version ${storedVersion}, but its class reads versions 1 … ${supportedVersion}: ` +
        'run the release that wrote it, or a later one',
    );
    this.eventName = place.eventName;
    this.aggregateId = place.aggregateId;
    this.sequence = place.sequence;
  }
}

/**
 * An upcaster threw for a stored event, or returned something other than an object.
 * @publicApi
 */
export class EventUpcastError extends JournalError implements StoredEventPlace {
  readonly code = 'JOURNAL_EVENT_UPCAST';
  readonly eventName: string;
  readonly aggregateId: string | null;
  /** Sequence of the entry. */
  readonly sequence: bigint;
  constructor(
    place: StoredEventPlace,
    /** The version that the failed upcaster reads; it produces the next version. */
    readonly fromVersion: number,
    cause: unknown,
  ) {
    super(
      `the event ${place.eventName} ${describe(place)} cannot be upcast from version ${fromVersion}: ${messageOf(cause)}`,
      { cause },
    );
    this.eventName = place.eventName;
    this.aggregateId = place.aggregateId;
    this.sequence = place.sequence;
  }
}

/**
 * An event does not match its schema, or the class-validator decorators of its class. If a save or publish
 * fails with this error, nothing was written.
 * @publicApi
 */
export class EventValidationError extends JournalError implements StoredEventPlace {
  readonly code = 'JOURNAL_EVENT_VALIDATION';
  readonly eventName: string;
  readonly aggregateId: string | null;
  /** Sequence of the entry. */
  readonly sequence: bigint;
  constructor(
    place: StoredEventPlace,
    /** One line per violation: `path: message`. */
    readonly issues: readonly string[],
  ) {
    super(`the event ${place.eventName} ${describe(place)} is not valid: ${issues.join('; ')}`);
    this.eventName = place.eventName;
    this.aggregateId = place.aggregateId;
    this.sequence = place.sequence;
  }
}

/**
 * Returns the typed reason why an event could not be read, if a codec's error carries one; otherwise the
 * error itself.
 */
export function eventErrorIn(error: unknown): unknown {
  for (let cause: unknown = error, depth = 0; depth < 4 && isError(cause); depth += 1) {
    if (isEventError(cause)) return cause;
    cause = cause.cause;
  }
  return error;
}

function isEventError(error: Error): boolean {
  return (
    error instanceof EventVersionError ||
    error instanceof EventUpcastError ||
    error instanceof EventValidationError
  );
}

function describe({ aggregateId, sequence }: StoredEventPlace): string {
  return `${aggregateId === null ? '' : `of aggregate ${aggregateId} `}at sequence ${sequence}`;
}
