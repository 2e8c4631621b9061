import { JournalError } from '../journal/index.js';

/**
 * How far an aggregate is: its last entry in the journal, and how many events it has.
 * @publicApi
 */
export interface AggregatePosition {
  /** Null before its first event. */
  readonly sequence: bigint | null;
  /** Number of events of the aggregate up to this position. */
  readonly version: number;
}

/**
 * Somebody else saved the aggregate since it was loaded, or it is not at the version that was expected. Nothing was written; load it again
 * and repeat what you did, which `AggregateRepository.update` does by itself.
 * @publicApi
 */
export class AggregateConflictError extends JournalError {
  readonly code = 'JOURNAL_AGGREGATE_CONFLICT';
  /** The last entry the saved object knows, or that was expected; null for none. */
  readonly expectedSequence: bigint | null;
  /** The last entry of this aggregate in the journal, or on its way there. */
  readonly actualSequence: bigint | null;
  /** Version that the caller loaded or named. */
  readonly expectedVersion: number;
  /** Version that the aggregate has. */
  readonly actualVersion: number;
  constructor(
    /** Id of the aggregate. */
    readonly aggregateId: string,
    expected: AggregatePosition,
    actual: AggregatePosition,
  ) {
    super(
      `aggregate ${aggregateId} was saved by somebody else: expected at version ${expected.version} (sequence ${expected.sequence ?? 'none'}), ` +
        `the journal has it at version ${actual.version} (sequence ${actual.sequence ?? 'none'}); load it again and repeat the change`,
      { outcome: 'not-written' },
    );
    this.expectedSequence = expected.sequence;
    this.actualSequence = actual.sequence;
    this.expectedVersion = expected.version;
    this.actualVersion = actual.version;
  }
}

/**
 * There is no event of this aggregate.
 * @publicApi
 */
export class AggregateNotFoundError extends JournalError {
  readonly code = 'JOURNAL_AGGREGATE_NOT_FOUND';
  constructor(
    /** The requested id. */
    readonly aggregateId: string,
  ) {
    super(`the journal holds no event of aggregate ${aggregateId}`);
  }
}

/**
 * The journal cannot tell which class an aggregate is of. Nothing was written.
 *
 * Either only a type without a registered class has events of this id: list the former name of a renamed class in
 * `@JournalAggregate({ aliases })`, or pass over what belongs to a removed class with `unknownEvents: 'skip'`. Or events of this id that
 * were stored without a type may belong to several classes: give them a handler, with `@On()`, in one class alone.
 * @publicApi
 */
export class AggregateTypeError extends JournalError {
  readonly code = 'JOURNAL_AGGREGATE_TYPE';
  constructor(
    /** The requested type: the name of its class in `@JournalAggregate()`. */
    readonly aggregateType: string,

    /** Id of the aggregate. */
    readonly aggregateId: string,
    /** The types that have events of this id. */
    readonly storedTypes: readonly string[],
    /** The first event that may belong to several classes; null where the stored type is unknown. */
    readonly sequence: bigint | null,
  ) {
    super(
      sequence === null
        ? `aggregate ${aggregateId} of ${aggregateType} has no events, but the journal has events of this id for ` +
            `${storedTypes.join(', ')}, for which no class is registered: if ${aggregateType} had that name before, list it in ` +
            "@JournalAggregate({ aliases: ['…'] }); if its class was removed, unknownEvents: 'skip' ignores it"
        : `the events of aggregate ${aggregateId} belong to ${storedTypes.join(' and ')}, and the one at sequence ${sequence}, ` +
            'stored without the name of its class, may belong to any of them: handle it with @On() in one class only',
      { outcome: 'not-written' },
    );
  }
}
