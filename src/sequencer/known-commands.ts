import type { Journal, SequencerEvent } from '../journal/index.js';
import type { CommandWindow } from './command-window.js';
import { entriesFrom, isReplayGap } from './entries-from.js';
import { CommandIdReusedError, CommandResultUnavailableError } from './sequencer.errors.js';

/** A command that its sender has named. */
export interface NamedCommand<TCommand> {
  readonly id: string;
  /** As the journal gets it. A copy: the sender may change and send again what it gave us. */
  readonly toStore: TCommand;
  /** The same as it will be read; only a repeat asks for it. */
  readonly stored: () => TCommand;
  /** Compares what is known by the id with this one. */
  readonly isSame: (known: TCommand, repeated: TCommand) => boolean;
}

/** A command with an id that is on its way. */
interface Pending<TCommand, TResult> {
  /** As it will be read. */
  readonly stored: () => TCommand;
  readonly answer: Promise<SequencerEvent<TCommand, TResult>>;
}

/** Answers for commands that are repeated: with what is on its way, or with what was journaled. */
export class KnownCommands<TCommand, TResult> {
  private readonly pending = new Map<string, Pending<TCommand, TResult>>();

  constructor(
    private readonly journal: Journal,
    private readonly window: CommandWindow,
  ) {}

  /**
   * The answer that another submit with this id is waiting for; null when there is none but `own`.
   * @throws CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`) when that is another command
   */
  pendingAnswerOf(
    { id, stored, isSame }: NamedCommand<TCommand>,
    own: Promise<unknown> | null = null,
  ): Promise<SequencerEvent<TCommand, TResult>> | null {
    const known = this.pending.get(id);
    if (known === undefined || known.answer === own) return null;
    if (!isSame(known.stored(), stored())) throw new CommandIdReusedError(id, null);
    return known.answer;
  }

  begin(id: string, stored: () => TCommand, answer: Promise<SequencerEvent<TCommand, TResult>>): void {
    this.pending.set(id, { stored, answer });
  }

  end(id: string, answer: Promise<SequencerEvent<TCommand, TResult>>): void {
    if (this.pending.get(id)?.answer === answer) this.pending.delete(id);
  }

  /**
   * The journaled event of a command that is not on its way; null when there is none in the window.
   * @throws CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`), CommandResultUnavailableError
   * (`JOURNAL_COMMAND_RESULT_UNAVAILABLE`), what reading throws
   */
  journaledAnswerOf(
    { id, stored, isSame }: NamedCommand<TCommand>,
    nextSequence: bigint,
  ): SequencerEvent<TCommand, TResult> | null {
    const sequence = this.window.find(id, nextSequence);
    if (sequence === null) return null;
    const event = this.read(sequence);
    if (event === null) throw new CommandResultUnavailableError(id, sequence);
    if (event.commandId !== id) {
      // Whatever was to be there did not come to be.
      this.window.forget(id, sequence);
      return null;
    }
    if (!isSame(event.command, stored())) throw new CommandIdReusedError(id, sequence);
    return event;
  }

  /** Null when its archived segment is not there any more. */
  private read(sequence: bigint): SequencerEvent<TCommand, TResult> | null {
    try {
      for (const entry of entriesFrom(this.journal, sequence, { limit: 1 })) {
        // The journal is the Sequencer's: what lies in it are its commands and results.
        if (entry.sequenceNum === sequence) return entry.event as SequencerEvent<TCommand, TResult>;
      }
    } catch (error) {
      if (!isReplayGap(error)) throw error;
    }
    return null;
  }
}
