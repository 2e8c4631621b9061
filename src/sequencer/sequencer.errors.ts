import { JournalError } from '../journal/index.js';

/**
 * The Sequencer had to stop because an entry before this one was not stored. The command was not executed; it can be
 * submitted again.
 * @publicApi
 */
export class SequencerInterruptedError extends JournalError {
  readonly code = 'JOURNAL_SEQUENCER_INTERRUPTED';
  constructor(cause: unknown) {
    super(
      `the sequencer stopped before this command was executed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, outcome: 'not-written' },
    );
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
