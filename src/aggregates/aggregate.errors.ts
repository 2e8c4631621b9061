import { JournalError } from '../journal/index.js';

/**
 * The position of an aggregate: its last entry in the journal, and its number of events.
 * @publicApi
 */
export interface AggregatePosition {
  /** Sequence of its last entry; null before its first event. */
  readonly sequence: bigint | null;
  /** Number of events of the aggregate up to this position. */
  readonly version: number;
}

/**
 * Another save changed the aggregate since it was loaded, or the aggregate is not at the expected version.
 * Nothing was written; load it again and repeat the change, as `AggregateRepository.update` does.
 * @publicApi
 */
export class AggregateConflictError extends JournalError {
  readonly code = 'JOURNAL_AGGREGATE_CONFLICT';
  /** The last entry that the saved object holds, or that the caller expected; null for none. */
  readonly expectedSequence: bigint | null;
  /** The last entry of this aggregate, stored or in flight; null for none. */
  readonly actualSequence: bigint | null;
  /** Version that the caller loaded or expected. */
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
      `another save changed aggregate ${aggregateId}: it was expected at version ${expected.version} (sequence ${expected.sequence ?? 'none'}), ` +
        `but the journal has it at version ${actual.version} (sequence ${actual.sequence ?? 'none'}); load it again and repeat the change`,
      { outcome: 'not-written' },
    );
    this.expectedSequence = expected.sequence;
    this.actualSequence = actual.sequence;
    this.expectedVersion = expected.version;
    this.actualVersion = actual.version;
  }
}

/**
 * The aggregate has no stored events.
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
 * The class of an aggregate is unclear. Nothing was written.
 *
 * If only a type without a registered class has events of this id, the class was renamed or removed. List the
 * former name of a renamed class in `@JournalAggregate(name, { aliases })`. Ignore the events of a removed
 * class with `unknownEvents: 'skip'`. If events of this id that were stored without a type may belong to
 * several classes, handle them with `@On()` in one class only.
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
    /** Sequence of the first event that may belong to several classes; null if the stored type is unknown. */
    readonly sequence: bigint | null,
  ) {
    super(
      sequence === null
        ? `aggregate ${aggregateId} of ${aggregateType} has no events, but the journal has events of this id for ` +
            `${storedTypes.join(', ')}, for which no class is registered: if ${aggregateType} had that name before, list it in ` +
            "@JournalAggregate(name, { aliases: ['…'] }); if its class was removed, unknownEvents: 'skip' ignores it"
        : `the events of aggregate ${aggregateId} belong to ${storedTypes.join(' and ')}, and the one at sequence ${sequence}, ` +
            'stored without the name of its class, may belong to any of them: handle it with @On() in one class only',
      { outcome: 'not-written' },
    );
  }
}
