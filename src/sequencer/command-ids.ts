import { Logger } from '@nestjs/common';
import {
  InvalidArgumentError,
  assertCommandId,
  describeThrown,
  type SequencerEvent,
} from '../journal/index.js';
import { sameJson } from '../replay/index.js';
import type { Commit } from './commit-queue.js';
import { CommandWindow, DEFAULT_COMMAND_WINDOW } from './command-window.js';
import { KnownCommands, type NamedCommand } from './known-commands.js';
import type { SequencerParts, SubmitOptions } from './sequencer.interface.js';
import { AggregateUnavailableError } from './sequencer.errors.js';
import type { Answering } from './waiting-commands.js';

type Parts<TCommand, TResult> = Pick<
  SequencerParts<TCommand, TResult, never>,
  'journal' | 'queue' | 'forms' | 'storesCommandIds' | 'isSameCommand'
>;

/** What a Sequencer knows of the ids of its commands: which are on their way, and which were journaled lately. */
export class CommandIds<TCommand, TResult> {
  private readonly window: CommandWindow;
  private readonly known: KnownCommands<TCommand, TResult>;
  /** Why the window is not loaded, where reading it failed. */
  private failure: unknown = null;
  private readonly logger = new Logger('Sequencer');

  constructor(
    private readonly parts: Parts<TCommand, TResult>,
    windowEntries: number = DEFAULT_COMMAND_WINDOW,
  ) {
    this.window = new CommandWindow(parts.journal, windowEntries);
    this.known = new KnownCommands(parts.journal, this.window);
  }

  /** Whether there can be ids at all. */
  get areStored(): boolean {
    return this.parts.storesCommandIds === true;
  }

  get areLoaded(): boolean {
    return this.window.isLoaded;
  }

  /** The oldest entry that a repeated command may have to be answered from; null when there is none. */
  get firstNeededSequence(): bigint | null {
    return this.window.firstNeeded(this.parts.queue.nextSequence);
  }

  /** Looks for ids in the journal: from the beginning, or what came since. Never rejects; commands with an id are then refused. */
  async read(how: 'load' | 'follow'): Promise<void> {
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

  /**
   * A command and the id that its sender gave it.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`), what copying the command throws
   */
  name(command: TCommand, options: SubmitOptions): NamedCommand<TCommand> {
    const { commandId: id, isSame = this.parts.isSameCommand ?? sameJson } = options;
    assertCommandId(id);
    if (!this.areStored) {
      throw new InvalidArgumentError(
        'commandId',
        id,
        'left out: the journal’s codec does not store it (PayloadCodec.storesCommandIds)',
      );
    }
    const { forms } = this.parts;
    const toStore = forms.commandToStore(command, 0n, 0n);
    return { id, toStore, stored: once(() => forms.asReplayed(toStore, 0n, 0n)), isSame };
  }

  /**
   * The answer that another submit with this id is waiting for; null when there is none.
   * @throws CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`)
   */
  onItsWay(named: NamedCommand<TCommand>): Promise<SequencerEvent<TCommand, TResult>> | null {
    return this.known.onItsWay(named);
  }

  /** From now until it is answered, repeats of a named command get the same answer. */
  begin(
    { id, stored }: NamedCommand<TCommand>,
    { answer, resolve, reject }: Answering<TCommand, TResult>,
  ): Answering<TCommand, TResult> {
    this.known.begin(id, stored, answer);
    return {
      answer,
      resolve: (event) => {
        this.known.end(id, answer);
        resolve(event);
      },
      // Before the sender hears of it: who then tries again begins anew.
      reject: (error) => {
        this.known.end(id, answer);
        reject(error);
      },
    };
  }

  /**
   * The answer of a command with this id, on its way through another door or journaled; null when there is none but `own`.
   * @throws CommandIdReusedError, CommandResultUnavailableError, what reading throws
   */
  answerOf(
    named: NamedCommand<TCommand>,
    own: Promise<unknown>,
    nextSequence: bigint,
  ): Promise<SequencerEvent<TCommand, TResult>> | SequencerEvent<TCommand, TResult> | null {
    // Not looking would be executing twice.
    if (!this.window.isLoaded) throw this.failure ?? notLoaded();
    return this.known.onItsWay(named, own) ?? this.known.journaled(named, nextSequence);
  }

  /** An event was handed to the journal. */
  passed(sequence: bigint, id: string | null): void {
    this.window.passed(sequence, id);
  }

  /**
   * Hands over an event that was made elsewhere, in its form to store. If it has an id, repeats wait for it, and find it.
   * @param published the event as its maker has it
   */
  commitForeign(event: SequencerEvent, onAcknowledged?: () => void, published = event): Commit {
    const { queue, forms } = this.parts;
    const { sequenceNum, timestampNs } = event;
    // Absent in events of a copy of this package that knows no ids.
    const id = this.areStored && event.commandId ? event.commandId : null;
    // Whoever submits a command gets one of its results: so it is with all that lies in this journal.
    const stored = id === null ? null : forms.asReplayed(event.command as TCommand, sequenceNum, timestampNs);
    const commit = queue.commit(event, onAcknowledged, published);
    if (commit.accepted) this.window.passed(sequenceNum, id);
    if (!commit.accepted || id === null) return commit;
    const answer = commit.acknowledged.then(() => forms.answerOf(event as SequencerEvent<TCommand, TResult>));
    this.known.begin(id, () => stored as TCommand, answer);
    answer.then(
      () => this.known.end(id, answer),
      () => {
        this.known.end(id, answer);
        this.window.forget(id, sequenceNum);
      },
    );
    return commit;
  }
}

/** Makes a value when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function notLoaded(): AggregateUnavailableError {
  return new AggregateUnavailableError('the ids of earlier commands were not read yet');
}
