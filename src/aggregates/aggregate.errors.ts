import { JournalError } from '../journal/index.js';

/** How far an aggregate is: its last entry in the journal, and how many events it has. */
export interface AggregatePosition {
  /** Null before its first event. */
  readonly sequence: bigint | null;
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
  readonly expectedVersion: number;
  readonly actualVersion: number;
  constructor(
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
  constructor(readonly aggregateId: string) {
    super(`the journal holds no event of aggregate ${aggregateId}`);
  }
}
