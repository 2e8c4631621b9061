import { AsyncResource } from 'node:async_hooks';
import { SequencerEvent } from '../journal/index.js';
import { assertCallback } from '../common/index.js';
import { ReplayDivergenceError } from '../replay/index.js';
import { telemetry, type SubmitMessage } from '../telemetry/index.js';
import { createAggregateHandle } from './aggregate-handle.js';
import { AggregateKeeper, noAggregate } from './aggregate-keeper.js';
import { CommandExecutor } from './command-executor.js';
import { CommandIds } from './command-ids.js';
import type { Commit } from './commit-queue.js';
import type { NamedCommand } from './known-commands.js';
import { assertSubmitOptions } from './submit-options.js';
import type {
  SequencerOptions,
  SequencerParts,
  SequencerState,
  SubmitOptions,
} from './sequencer.interface.js';
import type { SequencerAggregate } from './sequencer-aggregate.interface.js';
import { SequencerOverloadedError } from './sequencer.errors.js';
import { tellSubmit } from './told-submit.js';
import { WaitingCommands, createAnswering, type WaitingCommand } from './waiting-commands.js';

const DEFAULT_MAX_IN_FLIGHT = 1_024;
const DEFAULT_MAX_QUEUED = 65_536;

/**
 * Gives commands their place and time, executes them against the aggregate one after the other, journals what came of
 * it, and only when that is acknowledged publishes and answers. Executing does not wait for the disk: many entries are
 * on their way at once and share a sync.
 *
 * If an entry cannot be stored, for whatever reason, the aggregate has seen something that is not in the journal. Then the
 * Sequencer stops, rejects everything that was behind it, discards the aggregate and rebuilds it from the journal. After
 * a refusal (no space, an unserialisable result) it goes on; after a failure of the journal it stays stopped.
 *
 * @example
 * const { result, sequenceNum, timestampNs } = await sequencer.submit({ AddOrder: order });
 * const best = await sequencer.query((book) => book.bestBid());
 * @publicApi
 */
export class Sequencer<
  TCommand = unknown,
  TResult = unknown,
  TAggregate extends SequencerAggregate<TCommand, TResult> = SequencerAggregate<TCommand, TResult>,
> {
  private readonly maxInFlight: number;
  private readonly maxQueued: number;
  private readonly waiting = new WaitingCommands<TCommand, TResult>();
  private readonly ids: CommandIds<TCommand, TResult>;
  private readonly keeper: AggregateKeeper<TCommand, TResult, TAggregate>;
  private readonly executor: CommandExecutor<TCommand, TResult, TAggregate>;
  private readonly handle: TAggregate | null;
  private isExecuting = false;

  constructor(
    private readonly parts: SequencerParts<TCommand, TResult, TAggregate>,
    options: SequencerOptions = {},
  ) {
    this.maxInFlight = options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
    this.maxQueued = options.maxQueued ?? DEFAULT_MAX_QUEUED;
    const { prototype, journal } = parts;
    this.ids = new CommandIds(parts, options.commandWindow);
    this.keeper = new AggregateKeeper(parts, this.ids, {
      resume: () => this.work(),
      rejectAll: (reason) => this.waiting.rejectAll(reason),
    });
    this.executor = new CommandExecutor(parts, this.ids, this.keeper);
    this.handle = prototype === null ? null : createAggregateHandle(prototype, () => this.keeper.instance);
    journal.onPoisoned((failure) => this.keeper.stop(failure));
  }

  get state(): SequencerState {
    return this.keeper.state;
  }

  /** Commands that wait for their turn. */
  get queued(): number {
    return this.waiting.size;
  }

  /** True while the wall clock, read now, is more than a second behind the journal: events are stored, with the last time. */
  get isClockSkewed(): boolean {
    return this.parts.queue.clock.isSkewedNow();
  }

  /** The last event the aggregate holds; null before the first. */
  get lastSequence(): bigint | null {
    return this.parts.target?.lastSequence ?? null;
  }

  /**
   * The aggregate, as a stable handle for looking: it shows what was executed, including what is not acknowledged yet, so
   * answers to others come from {@link query}. Its `execute` is refused. Reading throws AggregateUnavailableError
   * (`JOURNAL_AGGREGATE_UNAVAILABLE`) while the aggregate is rebuilt.
   */
  get aggregate(): TAggregate {
    if (this.handle === null) throw noAggregate();
    return this.handle;
  }

  /** The oldest entry that a repeated command may have to be answered from; null when there is none. For archiving. */
  get firstNeededSequence(): bigint | null {
    return this.ids.firstNeededSequence;
  }

  /**
   * Executes and journals a command. `execute`, and the handlers of the event, run in the async context of this call
   * (AsyncLocalStorage), also when the command has to wait for its turn.
   *
   * With a `commandId` it is executed once, however often it is submitted: while the first submit is on its way, its repeats wait for
   * the same answer; afterwards, also after a restart, they get the journaled event as it is read back, from an archived segment, too. That
   * holds for the last `commandWindow` entries of the journal. A command that was not journaled, because the aggregate threw or the journal
   * refused it, was never there, and is executed when it is submitted again; a rejection that the aggregate
   * returned is a result like others.
   *
   * @param command read once, by this call: the values that its getters and `toJSON` return are executed and
   * journaled
   * @returns the journaled event: command, result, sequence and time, as they will be read from the journal
   * @throws (rejects) what the aggregate throws; nothing was journaled then. SerializationError (`JOURNAL_SERIALIZATION`) for a
   * command that cannot be stored, before anything is executed, or a result that cannot. InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for
   * an unusable `commandId`, a codec that does not store it, or a command that the aggregate's `handles` does
   * not take; CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`) when the id
   * belongs to another command; CommandResultUnavailableError (`JOURNAL_COMMAND_RESULT_UNAVAILABLE`) when the command was
   * done, and the archived segment with its entry was moved away since. SequencerInterruptedError
   * (`JOURNAL_SEQUENCER_INTERRUPTED`), SequencerOverloadedError (`JOURNAL_SEQUENCER_OVERLOADED`), AggregateUnavailableError,
   * JournalClosedError; what `Journal.append` rejects with: on JournalPoisonedError its `outcome` tells whether the
   * event may be there after a restart.
   */
  submit(command: TCommand, options?: SubmitOptions): Promise<SequencerEvent<TCommand, TResult>> {
    if (!telemetry.submitStart.hasSubscribers) return this.admit(command, options, null);
    return tellSubmit(this.parts.journal, (told) => this.admit(command, options, told));
  }

  /**
   * Looks at the aggregate, and answers when everything it saw is acknowledged by the journal; rejects when that is not to
   * be. `look` gets the sequence of the last event the aggregate holds, too; it must not change the aggregate and should return values or copies: the aggregate goes on changing.
   */
  async query<T>(look: (aggregate: TAggregate, lastSequence: bigint | null) => T): Promise<T> {
    const { target } = this.parts;
    if (target === null) throw noAggregate();
    assertCallback('look', look);
    while (this.keeper.isBehind()) await this.keeper.settled();
    const { instance, newest } = this.keeper;
    const answer = look(instance, target.lastSequence);
    await newest;
    return answer;
  }

  /**
   * Stores a snapshot of the aggregate.
   * @returns its sequence; null when there is no event yet, no snapshot store, or the aggregate has no snapshots
   */
  async takeSnapshot(): Promise<bigint | null> {
    const { snapshots, target } = this.parts;
    if (target === null) throw noAggregate();
    while (this.keeper.isBehind()) await this.keeper.settled();
    if (snapshots === null || target.snapshots === null) return null;
    return snapshots.take(target, this.keeper.newest);
  }

  /**
   * Looks for the ids of commands in the last entries of the journal, once the aggregate is rehydrated. Otherwise the first
   * command with an id waits for that. Never rejects: without ids nobody misses them, and commands with an id are refused with the
   * failure.
   */
  async loadCommandIds(): Promise<void> {
    if (!this.ids.areStored || this.parts.target === null) return;
    // As the first command would, so that the journal is never read by two at once.
    await this.keeper.requireIds();
  }

  /**
   * Journals an event that another part of the application made, and brings the aggregate along, exactly as a replay
   * would. In the same tick; for the doors of the cqrs wing.
   * @throws ReplayDivergenceError when the aggregate comes to another result: the event is not journaled then, but the aggregate
   * has executed it, so the journal is poisoned; what the aggregate throws
   */
  commitForeign(event: SequencerEvent, onAcknowledged?: () => void): Commit {
    const { queue, target } = this.parts;
    // While it recovers, the replay reads the event from the journal.
    const isLive = target !== null && this.keeper.state === 'open' && !this.keeper.isOutOfStep();
    if (!isLive || event.sequenceNum !== queue.nextSequence) {
      return this.ids.commitForeign(this.parts.forms.eventToStore(event), onAcknowledged, event);
    }
    const toStore = this.parts.forms.eventToStore(event);
    const touchesAggregate = target.handles(toStore.command);
    if (touchesAggregate) this.deliverForeign(target, toStore);
    const commit = this.ids.commitForeign(toStore, onAcknowledged, event);
    if (touchesAggregate) this.keeper.track(commit);
    else if (commit.accepted) {
      target.skip(event.sequenceNum);
      this.keeper.pass(commit);
    }
    return commit;
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async drain(): Promise<void> {
    while (this.waiting.size > 0 || this.parts.queue.size > 0 || this.keeper.state === 'recovering') {
      await this.keeper.settled();
    }
  }

  /** Refuses new commands, and resolves when the accepted ones are done. Idempotent. */
  async close(): Promise<void> {
    this.keeper.close();
    await this.drain();
  }

  /** Refuses new commands, and rejects those that wait: they were not executed. For a shutdown whose time is over. */
  abandon(): void {
    this.keeper.close();
    this.keeper.rejectWaiting();
  }

  private admit(
    command: TCommand,
    options: SubmitOptions | undefined,
    told: SubmitMessage | null,
  ): Promise<SequencerEvent<TCommand, TResult>> {
    if (options === undefined) return this.enqueue(command, null, told);
    try {
      assertSubmitOptions(options);
      if (options.commandId === undefined) return this.enqueue(command, null, told);
      const named = this.ids.name(command, options);
      return this.ids.onItsWay(named) ?? this.enqueue(command, named, told);
    } catch (error) {
      // An InvalidArgumentError, a SerializationError or a CommandIdReusedError, all told through the promise.
      return Promise.reject(error as Error);
    }
  }

  private enqueue(
    command: TCommand,
    named: NamedCommand<TCommand> | null,
    told: SubmitMessage | null,
  ): Promise<SequencerEvent<TCommand, TResult>> {
    const { refusal } = this.keeper;
    if (refusal !== null) return Promise.reject(refusal);
    if (this.waiting.size >= this.maxQueued) {
      return Promise.reject(new SequencerOverloadedError(this.maxQueued));
    }
    const answering = createAnswering<TCommand, TResult>();
    if (named !== null) {
      const item = { command, read: null, context: null, named, told, ...this.ids.begin(named, answering) };
      void this.keeper.requireIds();
      this.push(item);
    } else this.push({ command, read: null, context: null, named, told, ...answering });
    return answering.answer;
  }

  private push(item: WaitingCommand<TCommand, TResult>): void {
    const { forms, queue } = this.parts;
    this.waiting.push(item);
    this.work();
    if (this.waiting.last !== item) return;
    // Its turn comes in the turn of another command.
    item.context = new AsyncResource('SubmittedCommand');
    try {
      const { named } = item;
      item.read = {
        toStore: named === null ? forms.commandToStore(item.command, queue.nextSequence, 0n) : named.toStore,
      };
    } catch (error) {
      item.read = { error };
    }
  }

  /** Executes what waits, as far as there is room. */
  private work(): void {
    // An aggregate that submits while it executes has its turn afterwards.
    if (this.isExecuting) return;
    const { keeper, waiting } = this;
    while (keeper.state === 'open' && waiting.size > 0 && keeper.inFlight < this.maxInFlight) {
      if (keeper.isOutOfStep()) return;
      const next = waiting.shift();
      if (next === undefined) return;
      this.isExecuting = true;
      if (next.context === null) this.executor.execute(next);
      else next.context.runInAsyncScope(this.executor.execute, this.executor, next);
      this.isExecuting = false;
    }
  }

  private deliverForeign(target: { deliver(event: SequencerEvent): void }, event: SequencerEvent): void {
    try {
      target.deliver(this.asReplayedEvent(event));
    } catch (error) {
      // It has executed what will not be journaled; where it threw, it has not.
      if (error instanceof ReplayDivergenceError && error.cause === undefined)
        this.parts.journal.poison(error);
      throw error;
    }
  }

  private asReplayedEvent(event: SequencerEvent): SequencerEvent {
    const { sequenceNum, timestampNs, command, result } = event;
    const copy = this.parts.forms.asReplayed(command as TCommand, sequenceNum, timestampNs);
    return new SequencerEvent({ sequenceNum, timestampNs, command: copy, result });
  }
}
