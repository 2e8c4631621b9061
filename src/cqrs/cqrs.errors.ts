import { JournalError } from '../journal/index.js';

/**
 * Somebody else saved the aggregate since it was loaded. Nothing was written; load it again and repeat what you did.
 * @publicApi
 */
export class AggregateConflictError extends JournalError {
  readonly code = 'JOURNAL_AGGREGATE_CONFLICT';
  constructor(
    readonly aggregateId: string,
    /** The last entry the saved object knows; null when it knows none. */
    readonly expectedSequence: bigint | null,
    /** The last entry of this aggregate in the journal, or on its way there. */
    readonly actualSequence: bigint | null,
  ) {
    super(
      `aggregate ${aggregateId} was saved by somebody else: this object knows its events up to sequence ${expectedSequence ?? 'none'}, ` +
        `the journal holds them up to ${actualSequence ?? 'none'}; load it again and repeat the change`,
      { outcome: 'not-written' },
    );
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
