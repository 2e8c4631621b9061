import { messageOf } from '../describe-thrown.js';
import { JournalError, type AppendOutcome, type JournalErrorOptions } from './journal-error.js';

/**
 * The operating system refused or failed an operation.
 * @publicApi
 */
export class IoError extends JournalError {
  readonly code = 'JOURNAL_IO';
  constructor(
    /** The failed call, e.g. `fdatasync`, `open`, `fallocate`. */
    readonly operation: string,

    /** The file or directory. */
    readonly path: string,
    /** The operating system's error name, e.g. `EIO`, `ENOSPC`. */
    readonly osCode: string,
    options: JournalErrorOptions & { hint?: string } = {},
  ) {
    super(
      `${operation} failed on ${path}: ${osCode}${options.hint === undefined ? '' : `; ${options.hint}`}`,
      options,
    );
  }
}

/**
 * The path cannot serve as a journal directory.
 * @publicApi
 */
export class InvalidDirectoryError extends JournalError {
  readonly code = 'JOURNAL_INVALID_DIRECTORY';
  constructor(
    /** The directory, or the file in it that cannot be used. */
    readonly path: string,

    /** Why it cannot be used. */
    readonly reason: string,
    options: JournalErrorOptions = {},
  ) {
    super(`${path} cannot be used as a journal directory: ${reason}`, options);
  }
}

/**
 * Another writer has locked the directory.
 * @publicApi
 */
export class JournalLockedError extends JournalError {
  readonly code = 'JOURNAL_LOCKED';
  constructor(
    /** The directory of the journal. */
    readonly path: string,

    /** Time spent waiting for the lock, in milliseconds. */
    readonly waitedMs: number,
    /** The process that holds the lock; null if the system does not say. */
    readonly pid: number | null = null,
  ) {
    super(
      `${path} is locked by another writer${pid === null ? '' : `, process ${pid}`} (waited ${waitedMs} ms); ` +
        'stop it, or raise lockTimeoutMs to wait for one that is closing',
    );
  }
}

/**
 * A write, sync or rename failed earlier. The journal accepts no append until it is opened again.
 * @publicApi
 */
export class JournalPoisonedError extends JournalError {
  readonly code = 'JOURNAL_POISONED';
  constructor(cause: unknown, outcome: AppendOutcome = 'not-written') {
    super(
      `the journal failed and accepts no more appends: ${messageOf(cause)}; ` +
        (outcome === 'unknown' ? 'this entry may or may not exist after a restart; ' : '') +
        'restart the application so that it recovers from disk',
      { cause, outcome },
    );
  }
}

/**
 * The journal was closed.
 * @publicApi
 */
export class JournalClosedError extends JournalError {
  readonly code = 'JOURNAL_CLOSED';
  constructor(message = 'the journal is closed') {
    super(message, { outcome: 'not-written' });
  }
}
