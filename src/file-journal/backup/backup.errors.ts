import { JournalError } from '../../journal/index.js';

/** A directory cannot take a backup or a restored journal. Nothing in it was changed. */
export class BackupDirectoryError extends JournalError {
  readonly code = 'JOURNAL_BACKUP_DIRECTORY';
  constructor(
    /** The refused directory. */
    readonly path: string,

    /** Why it is refused, and what to do. */
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${path} cannot be used: ${reason}`, options);
  }
}

/**
 * The backup in a directory does not belong to the journal: the journal was restored to an earlier state, or
 * it is another journal. The backup is unchanged.
 */
export class BackupHistoryError extends JournalError {
  readonly code = 'JOURNAL_BACKUP_HISTORY';
  constructor(
    /** The directory of the backup. */
    readonly path: string,

    /** Sequence of the entry that journal and backup do not share. */
    readonly sequence: bigint,

    /** How they differ. */
    readonly reason: string,
  ) {
    super(
      `the backup in ${path} does not belong to this journal: ${reason}; back up to a new directory, and keep this one`,
    );
  }
}

/** A backup is incomplete, damaged, or of an unknown format. */
export class CorruptBackupError extends JournalError {
  readonly code = 'JOURNAL_CORRUPT_BACKUP';
  constructor(
    /** The damaged file, or the directory of the backup. */
    readonly path: string,

    /** What is wrong with it. */
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`damaged backup: ${path}: ${reason}; use another backup`, options);
  }
}

/** The writer of a journal did not make its entries durable in time, so no backup can include them. */
export class BackupNotDurableError extends JournalError {
  readonly code = 'JOURNAL_BACKUP_NOT_DURABLE';
  constructor(
    /** The directory of the journal. */
    readonly path: string,

    /** Sequence of the last entry that the journal held when the backup began. */
    readonly sequence: bigint,

    /** The last durable sequence in the checkpoint of the writer; null if it has none. */
    readonly durableSequence: bigint | null,

    /** Time spent waiting, in milliseconds. */
    readonly waitedMs: number,
  ) {
    super(
      `${path}: entry ${sequence} is written, but the checkpoint of the writer still ends at ${durableSequence ?? 'no entry'} ` +
        `after ${waitedMs} ms; the writer is stopped, stuck or has failed: end it, and back up again`,
    );
  }
}
