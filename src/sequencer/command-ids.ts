import { Logger } from '@nestjs/common';
import {
  InvalidArgumentError,
  assertCommandId,
  describeThrown,
  type SequencerEvent,
} from '../journal/index.js';
import { sameJson } from '../common/index.js';
import type { CommitQueue } from './commit-queue.js';
import { CommandIdWindow, DEFAULT_COMMAND_WINDOW } from './command-id-window.js';
import type { EventConversion } from './event-conversion.js';
import { RepeatedCommands, type NamedCommand, type Unanswered } from './repeated-commands.js';
import { AggregateUnavailableError } from './sequencer.errors.js';
import type { SubmitOptions } from './submit-options.js';

export interface CommandIdOptions<TCommand> {
  /** Whether the journal's codec stores the ids of commands; otherwise they are refused. @default false */
  readonly storesCommandIds?: boolean | undefined;
  /** Compares two commands, in the form in which they are read. @default sameJson */
  readonly isSameCommand?: ((left: TCommand, right: TCommand) => boolean) | undefined;
  /** @default 65_536 */
  readonly commandWindow?: number | undefined;
}

/**
 * The command ids that a Sequencer knows: those of pending commands, and those of recently journaled ones.
 */
export class CommandIds<TCommand, TResult> {
  private readonly window: CommandIdWindow;
  private readonly known: RepeatedCommands<TCommand, TResult>;
  /** The error of the last attempt to read the window; commands with an id are refused with it. */
  private failure: unknown = null;
  private readonly logger = new Logger('Sequencer');

  constructor(
    private readonly queue: CommitQueue,
    private readonly conversion: EventConversion<TCommand, TResult>,
    private readonly options: CommandIdOptions<TCommand> = {},
  ) {
    this.window = new CommandIdWindow(queue.journal, options.commandWindow ?? DEFAULT_COMMAND_WINDOW);
    this.known = new RepeatedCommands(queue.journal, this.window);
  }

  /** Whether the journal can hold ids at all. */
  get areStored(): boolean {
    return this.options.storesCommandIds === true;
  }

  get areLoaded(): boolean {
    return this.window.isLoaded;
  }

  /** The oldest entry that a repeated command may be answered from; null if there is none. */
  get firstNeededSequence(): bigint | null {
    return this.window.firstNeeded(this.queue.nextSequence);
  }

  /**
   * Searches the last entries of the journal for ids. Never rejects: after a failure, commands with an id are
   * refused.
   */
  load(): Promise<void> {
    return this.read('load');
  }

  /** As {@link load}, for the entries that were appended since the last call. */
  follow(): Promise<void> {
    return this.read('follow');
  }

  /**
   * Combines a command with the id that its caller assigned.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   * @throws what copying the command throws
   */
  name(command: TCommand, options: SubmitOptions): NamedCommand<TCommand> {
    const { commandId: id, isSame = this.options.isSameCommand ?? sameJson } = options;
    assertCommandId(id);
    if (!this.areStored) {
      throw new InvalidArgumentError(
        'commandId',
        id,
        'left out: the journal’s codec does not store it (PayloadCodec.storesCommandIds)',
      );
    }
    const { conversion } = this;
    const toStore = conversion.commandToStore(command, 0n, 0n);
    let stored: { readonly command: TCommand } | null = null;
    return {
      id,
      toStore,
      stored: () => (stored ??= { command: conversion.asReplayed(toStore, 0n, 0n, true) }).command,
      isSame,
    };
  }

  /**
   * The pending answer of an earlier submit with this id; null if there is none.
   * @throws CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`)
   */
  pendingAnswerOf(named: NamedCommand<TCommand>): Promise<SequencerEvent<TCommand, TResult>> | null {
    return this.known.pendingAnswerOf(named);
  }

  /**
   * Registers a command that is not answered yet, for repeated submits.
   * @returns a function that ends the registration; call it when the answer is settled
   */
  register(id: string, stored: () => TCommand, unanswered: Unanswered<TCommand, TResult>): () => void {
    this.known.begin(id, stored, unanswered);
    return () => this.known.end(id, unanswered);
  }

  /**
   * The answer of a journaled command with this id, or of a pending one other than `own`; null if there is
   * none.
   * @throws CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`)
   * @throws CommandResultUnavailableError (`JOURNAL_COMMAND_RESULT_UNAVAILABLE`)
   * @throws what reading throws
   */
  answerOf(
    named: NamedCommand<TCommand>,
    own: Unanswered<TCommand, TResult>,
    nextSequence: bigint,
  ): Promise<SequencerEvent<TCommand, TResult>> | SequencerEvent<TCommand, TResult> | null {
    // Without the ids of the journal the command might be executed twice.
    if (!this.window.isLoaded) throw this.failure ?? notLoaded();
    return this.known.pendingAnswerOf(named, own) ?? this.known.journaledAnswerOf(named, nextSequence);
  }

  /** Records an event that the journal accepted. */
  recordCommitted(sequence: bigint, id: string | null): void {
    this.window.recordCommitted(sequence, id);
  }

  /** Records that an accepted event was not stored. */
  recordRefused(sequence: bigint): void {
    this.window.recordRefused(sequence);
  }

  /**
   * Registers an accepted event that was created outside of the Sequencer, so that repeated submits wait for
   * it and get its answer.
   * @param command the command of the event, as it is read from the journal
   */
  recordExternal(
    event: SequencerEvent<TCommand, TResult>,
    id: string,
    command: TCommand,
    acknowledged: Promise<void>,
  ): void {
    const answer = acknowledged.then(() => this.conversion.answerOf(event));
    const release = this.register(id, () => command, { answer });
    answer.then(release, () => {
      release();
      this.window.forget(id, event.sequenceNum);
    });
  }

  private async read(how: 'load' | 'follow'): Promise<void> {
    if (!this.areStored) return;
    try {
      await this.window[how]();
      this.failure = null;
    } catch (error) {
      this.failure = error;
      this.logger.error(
        'the ids of earlier commands could not be read; commands with an id are refused',
        describeThrown(error),
      );
    }
  }
}

function notLoaded(): AggregateUnavailableError {
  return new AggregateUnavailableError('the ids of earlier commands were not read yet');
}
