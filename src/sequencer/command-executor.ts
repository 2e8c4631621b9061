import { Logger } from '@nestjs/common';
import { InvalidArgumentError, SequencerEvent } from '../journal/index.js';
import { noAggregate, type AggregateKeeper } from './aggregate-keeper.js';
import type { CommandIds } from './command-ids.js';
import type { SequencerParts } from './sequencer.interface.js';
import type { SequencerAggregate } from './sequencer-aggregate.interface.js';
import type { WaitingCommand } from './waiting-commands.js';

/** Carries out one command, whose turn it is: gives it a place and a time, executes it and hands it to the journal. */
export class CommandExecutor<TCommand, TResult, TAggregate extends SequencerAggregate<TCommand, TResult>> {
  private clockWasSkewed = false;
  private readonly logger = new Logger('Sequencer');

  constructor(
    private readonly parts: SequencerParts<TCommand, TResult, TAggregate>,
    private readonly ids: CommandIds<TCommand, TResult>,
    private readonly keeper: AggregateKeeper<TCommand, TResult, TAggregate>,
  ) {}

  /** Never throws: whatever comes of the command, its sender hears of it. */
  execute(item: WaitingCommand<TCommand, TResult>): void {
    const { command, stored, named, answer, resolve, reject, told } = item;
    const { queue, target, asReplayed, publish } = this.parts;
    if (target === null) return reject(noAggregate());
    let event: SequencerEvent<TCommand, TResult>;
    try {
      const sequenceNum = queue.nextSequence;
      const known = named === null ? null : this.ids.answerOf(named, answer, sequenceNum);
      if (known !== null) {
        Promise.resolve(known).then(resolve, reject);
        return;
      }
      const timestampNs = this.nextTimestamp();
      const copy = asReplayed(stored ?? command, sequenceNum, timestampNs);
      // It would be executed now, and passed by at every replay.
      if (!target.handles(copy))
        throw new InvalidArgumentError('command', command, `one that handles() of ${target.name} takes`);
      const result = target.execute(copy, sequenceNum, timestampNs);
      event = new SequencerEvent({
        sequenceNum,
        timestampNs,
        command: stored ?? command,
        result,
        commandId: named?.id,
      });
    } catch (error) {
      reject(error);
      return;
    }
    if (isThenable(event.result)) return this.refuseAsynchronous(event.result, reject);
    if (told !== null) told.sequenceNum = event.sequenceNum;
    // Who submits and who listens get the command that was submitted, whether or not it had to wait.
    const answered = stored === null ? event : withCommand(event, command);
    const commit = queue.commit(event, () => publish(answered), answered);
    if (commit.accepted) this.ids.passed(event.sequenceNum, named?.id ?? null);
    this.keeper.track(commit);
    commit.acknowledged.then(() => resolve(answered), reject);
  }

  /** The aggregate has changed, or will. */
  private refuseAsynchronous(result: unknown, reject: (error: unknown) => void): void {
    Promise.resolve(result).catch(() => undefined);
    const refusal = new InvalidArgumentError('result of execute()', result, 'a value; it is asynchronous');
    this.keeper.stop(refusal);
    reject(refusal);
  }

  private nextTimestamp(): bigint {
    const { clock } = this.parts.queue;
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

function withCommand<TCommand, TResult>(
  { sequenceNum, timestampNs, result, commandId }: SequencerEvent<TCommand, TResult>,
  command: TCommand,
): SequencerEvent<TCommand, TResult> {
  return new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId });
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
