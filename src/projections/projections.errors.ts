import { JournalError, messageOf } from '../journal/index.js';

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

/**
 * The projection does not run, so it will not handle the awaited entry. `pause` and the shutdown of the
 * application end a wait; a retry after an error does not.
 * @publicApi
 */
export class ProjectionStoppedError extends JournalError {
  readonly code = 'JOURNAL_PROJECTION_STOPPED';
  constructor(
    readonly projection: string,
    /** `not-started`: before `onApplicationBootstrap`, or without `autoStart`. `paused`: until `resume()`. `stopped`: for good. */
    readonly state: 'not-started' | 'paused' | 'stopped',
  ) {
    super(`projection ${projection} ${STOPPED[state]}`);
  }
}

const STOPPED = {
  'not-started':
    'was not started yet; projections start at the end of onApplicationBootstrap, or with start()',
  paused: 'was paused; resume() it',
  stopped: 'was stopped',
} as const;

/**
 * The projection gave up after an error and its retries. `cause` is the thrown value; `resume()` or
 * `rebuild()` the projection.
 * @publicApi
 */
export class ProjectionFailedError extends JournalError {
  readonly code = 'JOURNAL_PROJECTION_FAILED';
  constructor(
    readonly projection: string,
    /** The first entry that was not handled; null if no entry was. */
    readonly sequence: bigint | null,
    cause: unknown,
  ) {
    super(
      `projection ${projection} failed at ${sequence ?? 'the beginning'}: ${messageOf(cause)}; resume() or rebuild() it`,
      { cause },
    );
  }
}
