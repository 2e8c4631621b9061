import { Logger } from '@nestjs/common';
import { isThenable } from '../common/index.js';
import { InvalidArgumentError, SequencerEvent } from '../journal/index.js';
import type { CommandIds } from './command-ids.js';
import type { Commit, CommitQueue } from './commit-queue.js';
import type { EventConversion } from './event-conversion.js';
import type { PendingCommand } from './command-queue.js';

/** The aggregate, as the executor uses it. */
interface CommandTarget<TCommand, TResult> {
  readonly name: string;
  handles(command: unknown): boolean;
  execute(command: TCommand, sequenceNum: bigint, timestampNs: bigint): TResult;
}

/** Outcome of one command. */
export type CommandOutcome<TCommand, TResult> =
  /** The command was executed, and its event was passed to the journal. */
  | { readonly kind: 'committed'; readonly commit: Commit<SequencerEvent<TCommand, TResult>> }
  /** The command was executed, but its result cannot be stored: the aggregate must be rebuilt. */
  | { readonly kind: 'unstorable'; readonly error: unknown }
  /** The command was not executed, or the aggregate threw before it changed. */
  | { readonly kind: 'refused'; readonly error: unknown }
  /** The command was not executed: the answer is that of an earlier submit with the same id. */
  | {
      readonly kind: 'repeated';
      readonly event: Promise<SequencerEvent<TCommand, TResult>> | SequencerEvent<TCommand, TResult>;
    };

/** Executes one command: assigns a sequence and a time, executes it, and passes its event to the journal. */
export class CommandExecutor<TCommand, TResult> {
  private clockWasSkewed = false;
  private readonly logger = new Logger('Sequencer');

  constructor(
    private readonly queue: CommitQueue,
    private readonly target: CommandTarget<TCommand, TResult>,
    private readonly conversion: EventConversion<TCommand, TResult>,
    private readonly ids: CommandIds<TCommand, TResult>,
    /** Publishes a stored event; must not throw. */
    readonly publish: (event: SequencerEvent<TCommand, TResult>) => void,
  ) {}

  /**
   * Executes a command. Never throws.
   * @param pending gets the outcome of the commit
   */
  execute(pending: PendingCommand<TCommand, TResult>): CommandOutcome<TCommand, TResult> {
    const { command, named, read, message } = pending;
    const { queue, conversion, target } = this;
    let sequenceNum: bigint;
    let timestampNs: bigint;
    let toStore: TCommand;
    let result: TResult;
    try {
      const known = named === null ? null : this.ids.answerOf(named, pending, queue.nextSequence);
      if (known !== null) return { kind: 'repeated', event: known };
      sequenceNum = queue.nextSequence;
      timestampNs = this.nextTimestamp();
      if (read !== null && 'error' in read) throw read.error;
      // A command with an id was already read when the id was checked.
      toStore =
        read?.toStore ?? named?.toStore ?? conversion.commandToStore(command, sequenceNum, timestampNs);
      const copy = conversion.asReplayed(toStore, sequenceNum, timestampNs, true);
      // Otherwise the command would be executed now, and ignored at every replay.
      if (!target.handles(copy))
        throw new InvalidArgumentError('command', command, `one that handles() of ${target.name} accepts`);
      result = target.execute(copy, sequenceNum, timestampNs);
    } catch (error) {
      return { kind: 'refused', error };
    }
    if (message !== null) message.sequenceNum = sequenceNum;
    return this.commit(pending, sequenceNum, timestampNs, toStore, result);
  }

  private commit(
    pending: PendingCommand<TCommand, TResult>,
    sequenceNum: bigint,
    timestampNs: bigint,
    command: TCommand,
    result: TResult,
  ): CommandOutcome<TCommand, TResult> {
    const { queue, conversion, ids } = this;
    const commandId = pending.named?.id ?? null;
    let stored: SequencerEvent<TCommand, TResult>;
    let event: SequencerEvent<TCommand, TResult>;
    try {
      if (isThenable(result)) return refuseAsynchronous(result);
      stored = new SequencerEvent({
        sequenceNum,
        timestampNs,
        command,
        result: conversion.resultToStore(result),
        commandId,
      });
      event = conversion.answerOf(stored);
    } catch (error) {
      return { kind: 'unstorable', error };
    }
    pending.event = event;
    const commit = queue.commitAnswer(stored, pending, event);
    if (commit.accepted) ids.recordCommitted(sequenceNum, commandId);
    return { kind: 'committed', commit };
  }

  private nextTimestamp(): bigint {
    const { clock } = this.queue;
    const timestampNs = clock.next();
    if (clock.isSkewed !== this.clockWasSkewed) {
      this.clockWasSkewed = clock.isSkewed;
      if (clock.isSkewed) {
        this.logger.warn(
          `the wall clock is ${clock.skewNs / 1_000_000n} ms behind the journal; events keep the last time until it has caught up`,
        );
      }
    }
    return timestampNs;
  }
}

/** Creates the error for a promise as result. The aggregate has changed, or will change. */
function refuseAsynchronous(result: unknown): { readonly kind: 'unstorable'; readonly error: unknown } {
  Promise.resolve(result).catch(() => undefined);
  const error = new InvalidArgumentError('result of execute()', result, 'a value; it is asynchronous');
  return { kind: 'unstorable', error };
}
