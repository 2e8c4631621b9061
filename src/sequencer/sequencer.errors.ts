import { JournalError, messageOf } from '../journal/index.js';

/**
 * The Sequencer stopped because an earlier entry was not stored. The command was not executed; submit it
 * again.
 * @publicApi
 */
export class SequencerInterruptedError extends JournalError {
  readonly code = 'JOURNAL_SEQUENCER_INTERRUPTED';
  constructor(cause: unknown) {
    super(`the Sequencer stopped before it executed this command (${messageOf(cause)}); submit it again`, {
      cause,
      outcome: 'not-written',
    });
  }
}

/**
 * The number of pending commands has reached `maxQueued`. The command was not executed.
 * @publicApi
 */
export class SequencerOverloadedError extends JournalError {
  readonly code = 'JOURNAL_SEQUENCER_OVERLOADED';
  constructor(
    /** Number of commands that may be queued. */
    readonly maxQueued: number,
  ) {
    super(`${maxQueued} commands are pending already; submit more slowly or raise maxQueued`, {
      outcome: 'not-written',
    });
  }
}

/**
 * The aggregate cannot be used: it is being rebuilt from the journal, the handle is read-only, or no
 * aggregate is registered.
 * @publicApi
 */
export class AggregateUnavailableError extends JournalError {
  readonly code = 'JOURNAL_AGGREGATE_UNAVAILABLE';
  constructor(
    /** Why the aggregate cannot be rebuilt. */
    readonly reason: string,
  ) {
    super(reason, { outcome: 'not-written' });
  }
}

/**
 * The id belongs to another command. This command was not executed; submit it with its own id.
 * @publicApi
 */
export class CommandIdReusedError extends JournalError {
  readonly code = 'JOURNAL_COMMAND_ID_REUSED';
  constructor(
    /** The id. */
    readonly commandId: string,
    /** Sequence of the other command; null while that command is pending. */
    readonly sequenceNum: bigint | null,
  ) {
    super(
      `the id ${JSON.stringify(commandId)} belongs to another command, ${
        sequenceNum === null ? 'which is pending' : `journaled at sequence ${sequenceNum}`
      }; submit this command with its own id`,
      { outcome: 'not-written' },
    );
  }
}

/**
 * The command was executed and journaled before, but its result can no longer be read: the archived segment
 * with the entry was moved away or deleted. The command was not executed again.
 * @publicApi
 */
export class CommandResultUnavailableError extends JournalError {
  readonly code = 'JOURNAL_COMMAND_RESULT_UNAVAILABLE';
  constructor(
    /** Id of the command. */
    readonly commandId: string,
    /** Sequence of the command and its result. */
    readonly sequenceNum: bigint,
  ) {
    super(
      `the command ${JSON.stringify(commandId)} was executed before, at sequence ${sequenceNum}, but its result cannot be read: ` +
        'the archived segment with the entry was moved away or deleted',
    );
  }
}
