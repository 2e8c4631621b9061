import { AsyncResource } from 'node:async_hooks';
import type { SequencerEvent } from '../journal/index.js';
import { assertCallback } from '../common/index.js';
import type { ReplayService, SnapshotService } from '../replay/index.js';
import { telemetry, type SubmitMessage } from '../telemetry/index.js';
import { createAggregateHandle } from './aggregate-handle.js';
import { AggregateRecovery } from './aggregate-recovery.js';
import type { ExecutedAggregateTarget } from './aggregate-target.js';
import { CommandExecutor } from './command-executor.js';
import { CommandIds } from './command-ids.js';
import { CommandLoop } from './command-loop.js';
import type { Commit, CommitQueue } from './commit-queue.js';
import type { EventConversion } from './event-conversion.js';
import { ExternalCommits } from './external-commits.js';
import type { NamedCommand } from './repeated-commands.js';
import { PendingCommand } from './command-queue.js';
import { assertSubmitOptions, type SubmitOptions } from './submit-options.js';
import { SEQUENCER_OPTIONS, type SequencerHostOptions, type SequencerState } from './sequencer.interface.js';
import type { CommandOf, ResultOf, SequencerAggregate } from './sequencer-aggregate.interface.js';
import { SequencerLifecycle } from './sequencer-lifecycle.js';
import { AggregateUnavailableError } from './sequencer.errors.js';
import { reportSubmit } from './submit-telemetry.js';

type EventOf<TAggregate> = SequencerEvent<CommandOf<TAggregate>, ResultOf<TAggregate>>;

/**
 * Assigns a sequence and a time to each command, executes it on the aggregate, and journals command and
 * result. It publishes the event and answers the caller after the entry is acknowledged. The Sequencer
 * executes commands one after the other. The next command does not wait for the disk: many entries are in
 * flight at once and share a sync.
 *
 * If an entry cannot be stored, the aggregate holds an event that the journal lacks. The Sequencer then
 * rejects the pending commands, discards the aggregate and rebuilds it from the journal. It continues after a
 * refusal (no space, a result that cannot be serialized). It stays stopped after a failure of the journal.
 *
 * The aggregate's class is the only type argument: the types of commands and results are those of its
 * `execute`.
 *
 * @example
 * constructor(\@InjectSequencer() private readonly sequencer: Sequencer<OrderBook>) {}
 *
 * const { result, sequenceNum, timestampNs } = await this.sequencer.submit({ AddOrder: order });
 * const best = await this.sequencer.query((book) => book.bestBid());
 * @publicApi
 */
export class Sequencer<TAggregate extends SequencerAggregate = SequencerAggregate> {
  private readonly snapshots: SnapshotService | null;
  private readonly lifecycle: SequencerLifecycle;
  private readonly ids: CommandIds<CommandOf<TAggregate>, ResultOf<TAggregate>>;
  private readonly loop: CommandLoop<CommandOf<TAggregate>, ResultOf<TAggregate>>;
  private readonly external: ExternalCommits<CommandOf<TAggregate>, ResultOf<TAggregate>>;
  private handle: TAggregate | null = null;

  /**
   * @param target the rehydrated aggregate; null if none is registered
   * @internal
   */
  constructor(
    private readonly queue: CommitQueue,
    private readonly target: ExecutedAggregateTarget<TAggregate> | null,
    replay: ReplayService,
    private readonly conversion: EventConversion<CommandOf<TAggregate>, ResultOf<TAggregate>>,
    options: SequencerHostOptions<CommandOf<TAggregate>, ResultOf<TAggregate>> = {},
  ) {
    const {
      maxInFlight = SEQUENCER_OPTIONS.maxInFlight.defaultValue,
      maxQueued = SEQUENCER_OPTIONS.maxQueued.defaultValue,
      publish = () => undefined,
    } = options;
    this.snapshots = options.snapshots ?? null;
    this.lifecycle = new SequencerLifecycle(queue.journal);
    this.ids = new CommandIds(queue, conversion, options);
    const executor =
      target === null ? null : new CommandExecutor(queue, target, conversion, this.ids, publish);
    const recovery = new AggregateRecovery(queue, replay, target, this.ids);
    this.loop = new CommandLoop(this.lifecycle, queue, executor, recovery, maxInFlight, maxQueued);
    this.external = new ExternalCommits(this.lifecycle, this.loop, queue, target, conversion, this.ids);
  }

  /** Whether the Sequencer accepts commands. */
  get state(): SequencerState {
    return this.lifecycle.state;
  }

  /** Number of commands that are not executed yet. */
  get queued(): number {
    return this.loop.size;
  }

  /**
   * Whether the wall clock is more than a second behind the journal. Events are then stored with the time of
   * the last event.
   */
  get isClockSkewed(): boolean {
    return this.queue.clock.isSkewedNow();
  }

  /** Sequence of the last event that the aggregate holds; null before the first. */
  get lastSequence(): bigint | null {
    return this.target?.lastSequence ?? null;
  }

  /**
   * A stable, read-only handle of the aggregate. It shows executed commands before they are acknowledged;
   * {@link query} waits for the acknowledgement. It refuses calls of `execute`. Reading throws
   * AggregateUnavailableError (`JOURNAL_AGGREGATE_UNAVAILABLE`) while the aggregate is rebuilt.
   */
  get aggregate(): TAggregate {
    if (this.target === null) throw noAggregate();
    return (this.handle ??= createAggregateHandle(this.target.prototype, () => this.currentAggregate()));
  }

  /**
   * The oldest entry that a repeated command may be answered from; null if there is none. Archive keeps
   * it.
   * @internal
   */
  get firstNeededSequence(): bigint | null {
    return this.ids.firstNeededSequence;
  }

  /**
   * Executes and journals a command. `execute` and the handlers of the event run in the async context of this
   * call (AsyncLocalStorage), even if the command is executed later.
   *
   * A command with a `commandId` is executed once, even if it is submitted several times. While the first
   * submit is pending, repeated submits wait for the same answer. Afterwards, even after a restart, they get
   * the event as it is read back from the journal, from an archived segment if necessary. This applies to the
   * last `commandWindow` entries of the journal. If the aggregate threw or the journal refused the entry, the
   * command was not journaled, and a repeated submit executes it. A rejection that the aggregate returned is
   * an ordinary result.
   *
   * @param command the command. This call reads it once: the values that its getters and `toJSON` return are
   * executed and journaled
   * @returns the journaled event: command, result, sequence and time, as they will be read from the journal.
   * With `orderBookCodec`, and a codec without `toPlain`, `result` is the very object that `execute` returned
   * @throws (rejects) what the aggregate throws; then nothing was journaled
   * @throws (rejects) SerializationError (`JOURNAL_SERIALIZATION`) for a command that cannot be stored,
   * before anything is executed, or a result that cannot
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an unusable `commandId`, a codec
   * that does not store it, or a command that the aggregate's `handles` refuses
   * @throws (rejects) CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`) if the id belongs to another command
   * @throws (rejects) CommandResultUnavailableError (`JOURNAL_COMMAND_RESULT_UNAVAILABLE`) if the command was
   * executed, and the archived segment with its entry was moved away
   * @throws (rejects) SequencerInterruptedError (`JOURNAL_SEQUENCER_INTERRUPTED`)
   * @throws (rejects) SequencerOverloadedError (`JOURNAL_SEQUENCER_OVERLOADED`)
   * @throws (rejects) AggregateUnavailableError (`JOURNAL_AGGREGATE_UNAVAILABLE`)
   * @throws (rejects) JournalClosedError (`JOURNAL_CLOSED`)
   * @throws (rejects) what `Journal.append` rejects with: the `outcome` of a JournalPoisonedError says
   * whether the event may exist after a restart
   */
  submit(command: CommandOf<TAggregate>, options?: SubmitOptions): Promise<EventOf<TAggregate>> {
    if (!telemetry.submitStart.hasSubscribers) return this.admit(command, options, null);
    return reportSubmit(this.queue.journal, (message) => this.admit(command, options, message));
  }

  /**
   * Reads the aggregate, and resolves after every event that it holds is acknowledged; rejects if one of them
   * is not stored. A rebuild of the aggregate delays the call. For HTTP answers with bigints, see
   * {@link BigIntInterceptor}.
   * @param look gets the aggregate and the sequence of the last event that it holds. It must not change the
   * aggregate, and returns values or copies: later commands change the aggregate.
   */
  async query<T>(look: (aggregate: TAggregate, lastSequence: bigint | null) => T): Promise<T> {
    const { target, loop } = this;
    if (target === null) throw noAggregate();
    assertCallback('look', look);
    while (!loop.isInStep()) await loop.settled();
    const { newestAcknowledged } = loop;
    const answer = look(this.currentAggregate(), target.lastSequence);
    await newestAcknowledged;
    return answer;
  }

  /**
   * Stores a snapshot of the aggregate.
   * @returns its sequence; null without an event, without a snapshot store, or if the aggregate has no
   * `snapshot()` and `restore()`
   */
  async takeSnapshot(): Promise<bigint | null> {
    const { snapshots, target, loop } = this;
    if (target === null) throw noAggregate();
    while (!loop.isInStep()) await loop.settled();
    if (snapshots === null || target.snapshots === null) return null;
    return snapshots.take(target, loop.newestAcknowledged);
  }

  /**
   * Searches the last entries of the journal for the ids of commands, after the aggregate is rehydrated.
   * Without this call, the first command with an id waits for the search. Never rejects: commands without an
   * id are unaffected, and those with one are refused with the failure.
   * @internal
   */
  async loadCommandIds(): Promise<void> {
    if (!this.ids.areStored || this.target === null) return;
    // Uses the same method as the first command, so that only one recovery at a time reads the journal.
    await this.loop.catchUp();
  }

  /**
   * Journals an event that another part of the application created, and delivers it to the aggregate as a
   * replay would, in the same tick. The entry points of cqrs and the repositories call it.
   * @throws ReplayDivergenceError when the aggregate computes another result; the event is then not
   * journaled, but the aggregate has executed it, so the journal is poisoned. What the aggregate throws
   * @internal
   */
  commitExternal(event: SequencerEvent, onAcknowledged?: () => void): Commit {
    return this.external.commit(event, onAcknowledged);
  }

  /** Resolves when nothing is pending or in flight. */
  drain(): Promise<void> {
    return this.loop.drain();
  }

  /** Refuses new commands, and resolves when the accepted ones are done. Idempotent. */
  async close(): Promise<void> {
    this.lifecycle.close();
    await this.drain();
  }

  /**
   * Refuses new commands, and rejects the pending ones, which were not executed. Called when the time limit
   * of a shutdown has passed.
   * @internal
   */
  abandon(): void {
    this.lifecycle.close();
    this.loop.rejectPending();
  }

  private admit(
    command: CommandOf<TAggregate>,
    options: SubmitOptions | undefined,
    message: SubmitMessage | null,
  ): Promise<EventOf<TAggregate>> {
    if (options === undefined) return this.enqueue(command, null, message);
    try {
      assertSubmitOptions(options);
      if (options.commandId === undefined) return this.enqueue(command, null, message);
      const named = this.ids.name(command, options);
      return this.ids.pendingAnswerOf(named) ?? this.enqueue(command, named, message);
    } catch (error) {
      // An InvalidArgumentError, a SerializationError or a CommandIdReusedError: submit never throws, it
      // rejects.
      return Promise.reject(error as Error);
    }
  }

  private enqueue(
    command: CommandOf<TAggregate>,
    named: NamedCommand<CommandOf<TAggregate>> | null,
    message: SubmitMessage | null,
  ): Promise<EventOf<TAggregate>> {
    const { loop, ids } = this;
    const refusal = this.target === null ? noAggregate() : (this.lifecycle.refusal() ?? loop.overload());
    if (refusal !== null) return Promise.reject(refusal);
    const pending = new PendingCommand(command, named, message, loop);
    if (named !== null) {
      pending.releaseId = ids.register(named.id, named.stored, pending);
      // The catch-up keeps every command pending until the ids of earlier commands are known.
      if (!ids.areLoaded) void loop.catchUp();
    }
    if (!loop.submit(pending)) this.detach(pending);
    return pending.answer;
  }

  /**
   * Detaches a command from the call of `submit`, because it will be executed in the turn of another command.
   */
  private detach(pending: PendingCommand<CommandOf<TAggregate>, ResultOf<TAggregate>>): void {
    const { command, named } = pending;
    pending.context = new AsyncResource('SubmittedCommand');
    try {
      const toStore = named?.toStore ?? this.conversion.commandToStore(command, this.queue.nextSequence, 0n);
      pending.read = { toStore };
    } catch (error) {
      pending.read = { error };
    }
  }

  /**
   * @throws AggregateUnavailableError (`JOURNAL_AGGREGATE_UNAVAILABLE`), the error that stopped the Sequencer
   */
  private currentAggregate(): TAggregate {
    this.lifecycle.assertReadable();
    const instance = this.target?.instance;
    if (instance) return instance;
    throw noAggregate();
  }
}

function noAggregate(): AggregateUnavailableError {
  return new AggregateUnavailableError(
    'no aggregate with execute() is registered for this journal: FileJournalModule.forFeature([YourAggregate])',
  );
}
