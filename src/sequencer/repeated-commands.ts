import type { Journal, SequencerEvent } from '../journal/index.js';
import type { CommandIdWindow } from './command-id-window.js';
import { entriesFrom, isReplayGap } from './entries-from.js';
import { CommandIdReusedError, CommandResultUnavailableError } from './sequencer.errors.js';

/** A command with an id. */
export interface NamedCommand<TCommand> {
  readonly id: string;
  /** The command in its stored form. It is a copy: the caller may change its object and submit it again. */
  readonly toStore: TCommand;
  /** Returns the command as it will be read. Only a repeated submit needs it. */
  readonly stored: () => TCommand;
  /** Compares the known command with the repeated one. */
  readonly isSame: (known: TCommand, repeated: TCommand) => boolean;
}

/** A command that is not answered yet. Its promise may be made when it is asked for. */
export interface Unanswered<TCommand, TResult> {
  readonly answer: Promise<SequencerEvent<TCommand, TResult>>;
}

/** A command with an id that is not answered yet. */
interface Pending<TCommand, TResult> {
  /** The command as it will be read. */
  readonly stored: () => TCommand;
  readonly unanswered: Unanswered<TCommand, TResult>;
}

/** Finds the answers of repeated commands, pending or journaled. */
export class RepeatedCommands<TCommand, TResult> {
  private readonly pending = new Map<string, Pending<TCommand, TResult>>();

  constructor(
    private readonly journal: Journal,
    private readonly window: CommandIdWindow,
  ) {}

  /**
   * The pending answer of a submit with this id other than `own`; null if there is none.
   * @throws CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`) if the id belongs to another command
   */
  pendingAnswerOf(
    { id, stored, isSame }: NamedCommand<TCommand>,
    own: Unanswered<TCommand, TResult> | null = null,
  ): Promise<SequencerEvent<TCommand, TResult>> | null {
    const known = this.pending.get(id);
    if (known === undefined || known.unanswered === own) return null;
    if (!isSame(known.stored(), stored())) throw new CommandIdReusedError(id, null);
    return known.unanswered.answer;
  }

  begin(id: string, stored: () => TCommand, unanswered: Unanswered<TCommand, TResult>): void {
    this.pending.set(id, { stored, unanswered });
  }

  end(id: string, unanswered: Unanswered<TCommand, TResult>): void {
    if (this.pending.get(id)?.unanswered === unanswered) this.pending.delete(id);
  }

  /**
   * The journaled event of a command that is not pending; null if there is none in the window.
   * @throws CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`)
   * @throws CommandResultUnavailableError (`JOURNAL_COMMAND_RESULT_UNAVAILABLE`)
   * @throws what reading throws
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
      // The entry of the command was not stored; its sequence belongs to another event.
      this.window.forget(id, sequence);
      return null;
    }
    if (!isSame(event.command, stored())) throw new CommandIdReusedError(id, sequence);
    return event;
  }

  /** Null if its archived segment was moved away. */
  private read(sequence: bigint): SequencerEvent<TCommand, TResult> | null {
    try {
      for (const entry of entriesFrom(this.journal, sequence, { limit: 1 })) {
        // The entries of this journal hold commands and results of this Sequencer.
        if (entry.sequenceNum === sequence) return entry.event as SequencerEvent<TCommand, TResult>;
      }
    } catch (error) {
      if (!isReplayGap(error)) throw error;
    }
    return null;
  }
}
