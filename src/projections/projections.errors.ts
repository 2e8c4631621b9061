import { JournalError, messageOf } from '../journal/index.js';

/**
 * The checkpoint of a projection cannot be used: its file is damaged, or it belongs to another journal.
 * `rebuild` the projection, or restore the matching journal or checkpoint.
 * @publicApi
 */
export class ProjectionCheckpointError extends JournalError {
  readonly code = 'JOURNAL_PROJECTION_CHECKPOINT';
  constructor(
    /** Name of the projection. */
    readonly projection: string,

    /** Why the checkpoint cannot be used. */
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(
      `projection ${projection}: ${reason}; rebuild it, or restore the matching journal or checkpoint`,
      options,
    );
  }
}

/**
 * No projection has this name.
 * @publicApi
 */
export class ProjectionNotFoundError extends JournalError {
  readonly code = 'JOURNAL_PROJECTION_NOT_FOUND';
  constructor(
    /** The requested name. */
    readonly projection: string,
    known: readonly string[],
  ) {
    super(`no projection has the name ${projection}; known projections: ${known.join(', ') || 'none'}`);
  }
}

/**
 * The projection does not run, so it will not handle the awaited entry. `pause` and the shutdown of the
 * application end a wait; a retry after an error does not. `cause` is the error of a projection that failed
 * before the shutdown or during it.
 * @publicApi
 */
export class ProjectionStoppedError extends JournalError {
  readonly code = 'JOURNAL_PROJECTION_STOPPED';
  constructor(
    /** Name of the projection. */
    readonly projection: string,
    /**
     * `not-started`: before `onApplicationBootstrap`, or without `autoStart`. `paused`: until `resume()`.
     * `stopped`: for good.
     */
    readonly state: 'not-started' | 'paused' | 'stopped',
    /** The error after which a stopped projection does not continue. */
    options: { cause?: unknown } = {},
  ) {
    const { cause } = options;
    super(
      `projection ${projection} ${STOPPED[state]}${cause === undefined ? '' : ` after an error: ${messageOf(cause)}`}`,
      options,
    );
  }
}

const STOPPED = {
  'not-started':
    'has not started yet; projections start at the end of onApplicationBootstrap, or with start()',
  paused: 'is paused; call resume()',
  stopped: 'was stopped',
} as const;

/**
 * The projection gave up after an error and its retries. `cause` is the thrown value. Call `resume()` or
 * `rebuild()`.
 * @publicApi
 */
export class ProjectionFailedError extends JournalError {
  readonly code = 'JOURNAL_PROJECTION_FAILED';
  constructor(
    /** Name of the projection. */
    readonly projection: string,
    /** The first entry that was not handled; null if no entry was. */
    readonly sequence: bigint | null,
    cause: unknown,
  ) {
    super(
      `projection ${projection} failed at ${sequence ?? 'the beginning'}: ${messageOf(cause)}; call resume() or rebuild()`,
      { cause },
    );
  }
}
