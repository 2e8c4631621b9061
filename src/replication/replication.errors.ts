import { JournalError } from '../journal/index.js';

/** A message in the stream of a replicated journal is not one of its messages. */
export class ReplicationMessageError extends JournalError {
  readonly code = 'JOURNAL_REPLICATION_MESSAGE';
  constructor(
    /** Position of the message in the stream; null if it is not stored. */
    readonly position: number | null,
    /** Why it cannot be used. */
    readonly reason: string,
  ) {
    super(
      `the message${position === null ? '' : ` at position ${position}`} does not belong to a replicated journal: ${reason}; ` +
        'check which applications may publish to the subjects of the stream',
    );
  }
}

/** The stream of a replicated journal cannot be used as it is. */
export class ReplicationStreamError extends JournalError {
  readonly code = 'JOURNAL_REPLICATION_STREAM';
  constructor(
    /** Name of the stream. */
    readonly stream: string,
    /** What is wrong with it. */
    readonly reason: string,
  ) {
    super(`the stream ${stream} cannot hold a replicated journal: ${reason}`);
  }
}

/** The server of the stream is a release that cannot be trusted with a journal. */
export class ReplicationServerError extends JournalError {
  readonly code = 'JOURNAL_REPLICATION_SERVER';
  constructor(
    /** Version of the server. */
    readonly version: string,
    /** Why it is refused. */
    readonly reason: string,
  ) {
    super(`nats-server ${version} is refused: ${reason}`);
  }
}
