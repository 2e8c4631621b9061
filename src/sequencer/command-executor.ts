import { Logger } from '@nestjs/common';
import { isThenable } from '../common/index.js';
import { InvalidArgumentError, SequencerEvent } from '../journal/index.js';
import { noAggregate, type AggregateKeeper } from './aggregate-keeper.js';
import type { ExecutedAggregateTarget } from './aggregate-target.js';
import type { CommandIds } from './command-ids.js';
import type { SequencerParts } from './sequencer.interface.js';
import type { SequencerAggregate } from './sequencer-aggregate.interface.js';
import type { WaitingCommand } from './waiting-commands.js';

/** What came of a command, in its form to store, and of what it was made. */
interface Executed<TCommand, TResult> {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  readonly command: TCommand;
  readonly result: TResult;
}

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
    const { named, answer, resolve, reject } = item;
    const { queue, target } = this.parts;
    if (target === null) return reject(noAggregate());
    let executed: Executed<TCommand, TResult>;
    try {
      const known = named === null ? null : this.ids.answerOf(named, answer, queue.nextSequence);
      if (known !== null) {
        Promise.resolve(known).then(resolve, reject);
        return;
      }
      executed = this.executeBy(target, item);
    } catch (error) {
      reject(error);
      return;
    }
    this.commit(executed, item);
  }

  /** Throws what the aggregate throws, and what its command is refused with; then nothing has changed. */
  private executeBy(
    target: ExecutedAggregateTarget<TCommand, TResult, TAggregate>,
    { command, read, named }: WaitingCommand<TCommand, TResult>,
  ): Executed<TCommand, TResult> {
    const { queue, forms } = this.parts;
    const sequenceNum = queue.nextSequence;
    const timestampNs = this.nextTimestamp();
    if (read !== null && 'error' in read) throw read.error;
    // A command with an id was read when it was named.
    const toStore =
      read?.toStore ?? named?.toStore ?? forms.commandToStore(command, sequenceNum, timestampNs);
    const copy = forms.asReplayed(toStore, sequenceNum, timestampNs);
    // It would be executed now, and passed by at every replay.
    if (!target.handles(copy))
      throw new InvalidArgumentError('command', command, `one that handles() of ${target.name} takes`);
    const result = target.execute(copy, sequenceNum, timestampNs);
    return { sequenceNum, timestampNs, command: toStore, result };
  }

  private commit(
    { sequenceNum, timestampNs, command, result }: Executed<TCommand, TResult>,
    { named, resolve, reject, told }: WaitingCommand<TCommand, TResult>,
  ): void {
    if (isThenable(result)) return this.refuseAsynchronous(result, reject);
    const { queue, forms, publish } = this.parts;
    if (told !== null) told.sequenceNum = sequenceNum;
    let event: SequencerEvent<TCommand, TResult>;
    let answered: SequencerEvent<TCommand, TResult>;
    try {
      event = new SequencerEvent({
        sequenceNum,
        timestampNs,
        command,
        result: forms.resultToStore(result),
        commandId: named?.id,
      });
      answered = forms.answerOf(event);
    } catch (error) {
      // Not storable, but executed.
      this.keeper.stop(error);
      return reject(error);
    }
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
