import { JournalError } from '../journal/index.js';

/**
 * A projection's checkpoint cannot be used: its file is damaged, or it belongs to another journal. `rebuild` the projection, or
 * put the right journal or checkpoint back.
 * @publicApi
 */
export class ProjectionCheckpointError extends JournalError {
  readonly code = 'JOURNAL_PROJECTION_CHECKPOINT';
  constructor(
    readonly projection: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`projection ${projection}: ${reason}; rebuild it, or restore what belongs together`, options);
  }
}

/**
 * There is no projection of this name.
 * @publicApi
 */
export class ProjectionNotFoundError extends JournalError {
  readonly code = 'JOURNAL_PROJECTION_NOT_FOUND';
  constructor(
    readonly projection: string,
    known: readonly string[],
  ) {
    super(`there is no projection ${projection} (known: ${known.join(', ') || 'none'})`);
  }
}
