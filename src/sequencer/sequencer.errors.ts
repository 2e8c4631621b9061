import { JournalError, messageOf } from '../journal/index.js';

/**
 * The Sequencer had to stop because an entry before this one was not stored. The command was not executed; it can be
 * submitted again.
 * @publicApi
 */
export class SequencerInterruptedError extends JournalError {
  readonly code = 'JOURNAL_SEQUENCER_INTERRUPTED';
  constructor(cause: unknown) {
    super(`the sequencer stopped before this command was executed: ${messageOf(cause)}`, {
      cause,
      outcome: 'not-written',
    });
  }
}

/**
 * More commands are waiting than `maxQueued` allows. The command was not executed.
 * @publicApi
 */
export class SequencerOverloadedError extends JournalError {
  readonly code = 'JOURNAL_SEQUENCER_OVERLOADED';
  constructor(readonly maxQueued: number) {
    super(`${maxQueued} commands are waiting already; submit more slowly or raise maxQueued`, {
      outcome: 'not-written',
    });
  }
}

/**
 * The aggregate cannot be looked at: it is being rebuilt from the journal, or there is none.
 * @publicApi
 */
export class AggregateUnavailableError extends JournalError {
  readonly code = 'JOURNAL_AGGREGATE_UNAVAILABLE';
  constructor(readonly reason: string) {
    super(reason, { outcome: 'not-written' });
  }
}

/**
 * The id was used for another command. This one was not executed; who meant it as a new one submits it with an id of its own.
 * @publicApi
 */
export class CommandIdReusedError extends JournalError {
  readonly code = 'JOURNAL_COMMAND_ID_REUSED';
  constructor(
    readonly commandId: string,
    /** Where the other command is journaled; null while it is on its way. */
    readonly sequenceNum: bigint | null,
  ) {
    super(
      `the id ${JSON.stringify(commandId)} belongs to another command, ${
        sequenceNum === null ? 'which is on its way' : `journaled at sequence ${sequenceNum}`
      }; submit this one with an id of its own`,
      { outcome: 'not-written' },
    );
  }
}

/**
 * The command was executed and journaled before, but the entry with its result can no longer be read: the archived segment that holds
 * it was moved away or deleted. It was not executed again.
 * @publicApi
 */
export class CommandResultUnavailableError extends JournalError {
  readonly code = 'JOURNAL_COMMAND_RESULT_UNAVAILABLE';
  constructor(
    readonly commandId: string,
    /** Where the command and its result are journaled. */
    readonly sequenceNum: bigint,
  ) {
    super(
      `the command ${JSON.stringify(commandId)} was done already, at sequence ${sequenceNum}; its result lies in an archived segment that is not there any more`,
    );
  }
}
