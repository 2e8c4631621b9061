import { JournalError, isError, messageOf } from '../journal/index.js';

/** Where a stored event that cannot be used lies. */
export interface StoredEventPlace {
  /** The name it is stored under. */
  readonly eventName: string;
  /** Null where the event belongs to no aggregate. */
  readonly aggregateId: string | null;
  readonly sequence: bigint;
}

/**
 * A stored event has a name for which no class is registered. List its class, or give the class that took its
 * place this name as an alias, or say with `unknownEvents` that such events are passed over.
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
        `FileJournalModule.forFeature({ events: [...] }), or name it in the aliases of the class that took its place`,
    );
    this.eventName = place.eventName;
    this.aggregateId = place.aggregateId;
    this.sequence = place.sequence;
  }
}

/**
 * A stored event has a newer version than the class that is to read it: a newer release wrote it. Run that
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

    /** Version that is stored with the event. */
    readonly storedVersion: number,
    /** The version of the class. */
    readonly supportedVersion: number,
  ) {
    super(
      `the event ${place.eventName} ${describe(place)} has version ${storedVersion}, the class reads versions 1 … ${supportedVersion}: ` +
        'run the release that wrote it, or a later one',
    );
    this.eventName = place.eventName;
    this.aggregateId = place.aggregateId;
    this.sequence = place.sequence;
  }
}

/**
 * An upcaster threw at a stored event, or returned something else than an object.
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
    /** The upcaster that failed is the one from this version to the next. */
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
 * An event is not what its schema, or the class-validator decorators of its class, ask for. On a rejected
 * save or publish nothing was written.
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
    /** One line for each thing that is wrong: `path: message`. */
    readonly issues: readonly string[],
  ) {
    super(`the event ${place.eventName} ${describe(place)} is not valid: ${issues.join('; ')}`);
    this.eventName = place.eventName;
    this.aggregateId = place.aggregateId;
    this.sequence = place.sequence;
  }
}

/**
 * The typed reason why an event could not be read, where a codec's error carries one; else the error itself.
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
