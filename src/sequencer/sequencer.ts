import { Logger } from '@nestjs/common';
import {
  InvalidArgumentError,
  JournalClosedError,
  JournalPoisonedError,
  SequencerEvent,
  assertCommandId,
} from '../journal/index.js';
import { sameJson } from '../replay/index.js';
import { telemetry, type SubmitMessage } from '../telemetry/index.js';
import { createAggregateHandle } from './aggregate-handle.js';
import { AggregateRecovery } from './aggregate-recovery.js';
import type { Commit } from './commit-queue.js';
import { CommandWindow, DEFAULT_COMMAND_WINDOW } from './command-window.js';
import { Fifo } from './fifo.js';
import { KnownCommands, type NamedCommand } from './known-commands.js';
import type {
  SequencerOptions,
  SequencerParts,
  SequencerState,
  SubmitOptions,
} from './sequencer.interface.js';
import type { SequencerAggregate } from './sequencer-aggregate.interface.js';
import { tellSubmit } from './told-submit.js';
import {
  AggregateUnavailableError,
  SequencerInterruptedError,
  SequencerOverloadedError,
} from './sequencer.errors.js';

interface Waiting<TCommand, TResult> {
  readonly command: TCommand;
  readonly named: NamedCommand<TCommand> | null;
  /** What `resolve` and `reject` settle. */
  readonly answer: Promise<SequencerEvent<TCommand, TResult>>;
  readonly resolve: (event: SequencerEvent<TCommand, TResult>) => void;
  readonly reject: (error: unknown) => void;
  /** Null when nobody listens. */
  readonly told: SubmitMessage | null;
}

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
  private readonly waiting = new Fifo<Waiting<TCommand, TResult>>();
  private readonly logger = new Logger(Sequencer.name);
  private currentState: SequencerState = 'open';
  /** Own entries that are not settled. */
  private inFlight = 0;
  private isExecuting = false;
  /** The aggregate may hold what is not stored. */
  private mustRebuild = false;
  private clockWasSkewed = false;
  /** The acknowledgement of the newest entry that changed the aggregate. */
  private newest: Promise<void> = Promise.resolve();
  private recovery: Promise<void> = Promise.resolve();
  private stoppedBy: Error | null = null;
  private closing = false;
  private readonly handle: TAggregate | null;
  private readonly window: CommandWindow;
  private readonly known: KnownCommands<TCommand, TResult>;
  /** Why there is no window, while there is none. */
  private windowFailure: unknown = null;

  constructor(
    private readonly parts: SequencerParts<TCommand, TResult, TAggregate>,
    options: SequencerOptions = {},
  ) {
    this.maxInFlight = options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
    this.maxQueued = options.maxQueued ?? DEFAULT_MAX_QUEUED;
    const { prototype, journal } = parts;
    this.window = new CommandWindow(journal, options.commandWindow ?? DEFAULT_COMMAND_WINDOW);
    this.known = new KnownCommands(journal, this.window);
    this.handle = prototype === null ? null : createAggregateHandle(prototype, () => this.visibleInstance());
    journal.onPoisoned((failure) => this.stop(failure));
  }

  get state(): SequencerState {
    return this.currentState;
  }

  /** Commands that wait for their turn. */
  get queued(): number {
    return this.waiting.size;
  }

  /** True while the wall clock is more than a second behind the journal: events are stored, with the last time. */
  get isClockSkewed(): boolean {
    return this.parts.queue.clock.isSkewed;
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
    return this.window.firstNeeded(this.parts.queue.nextSequence);
  }

  /**
   * Executes and journals a command.
   *
   * With a `commandId` it is executed once, however often it is submitted: while the first submit is on its way, its repeats wait for
   * the same answer; afterwards, also after a restart, they get the journaled event as it is read back. That holds for the
   * last `commandWindow` entries of the journal. A command that was not journaled, because the aggregate threw or the journal
   * refused it, was never there, and is executed when it is submitted again; a rejection that the aggregate
   * returned is a result like others.
   *
   * @returns the journaled event: command, result, sequence and time
   * @throws (rejects) what the aggregate throws; nothing was journaled then. InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for
   * an unusable `commandId`, or a codec that does not store it; CommandIdReusedError (`JOURNAL_COMMAND_ID_REUSED`) when the id
   * belongs to another command; CommandResultUnavailableError (`JOURNAL_COMMAND_RESULT_UNAVAILABLE`) when the command was
   * done and its entry archived. SequencerInterruptedError
   * (`JOURNAL_SEQUENCER_INTERRUPTED`), SequencerOverloadedError (`JOURNAL_SEQUENCER_OVERLOADED`), AggregateUnavailableError,
   * JournalClosedError; what `Journal.append` rejects with: on JournalPoisonedError its `outcome` tells whether the
   * event may be there after a restart.
   */
  submit(command: TCommand, options: SubmitOptions = {}): Promise<SequencerEvent<TCommand, TResult>> {
    if (!telemetry.submitStart.hasSubscribers) return this.admit(command, options, null);
    return tellSubmit(this.parts.journal, (told) => this.admit(command, options, told));
  }

  private admit(
    command: TCommand,
    options: SubmitOptions,
    told: SubmitMessage | null,
  ): Promise<SequencerEvent<TCommand, TResult>> {
    if (options.commandId === undefined) return this.enqueue(command, null, told);
    try {
      const named = this.name(command, options);
      return this.known.onItsWay(named) ?? this.enqueue(command, named, told);
    } catch (error) {
      // An InvalidArgumentError, a SerializationError or a CommandIdReusedError, all told through the promise.
      return Promise.reject(error as Error);
    }
  }

  private name(command: TCommand, options: SubmitOptions): NamedCommand<TCommand> {
    const { commandId: id, isSame = this.parts.isSameCommand ?? sameJson } = options;
    assertCommandId(id);
    if (this.parts.storesCommandIds !== true) {
      throw new InvalidArgumentError(
        'commandId',
        id,
        'left out: the journal’s codec does not store it (PayloadCodec.storesCommandIds)',
      );
    }
    return { id, stored: this.parts.asReplayed(command, 0n, 0n), isSame };
  }

  private enqueue(
    command: TCommand,
    named: NamedCommand<TCommand> | null,
    told: SubmitMessage | null,
  ): Promise<SequencerEvent<TCommand, TResult>> {
    const refusal = this.refusal();
    if (refusal !== null) return Promise.reject(refusal);
    if (this.waiting.size >= this.maxQueued) {
      return Promise.reject(new SequencerOverloadedError(this.maxQueued));
    }
    let settle!: Pick<Waiting<TCommand, TResult>, 'resolve' | 'reject'>;
    const answer = new Promise<SequencerEvent<TCommand, TResult>>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const item = { command, named, answer, told, ...settle };
    this.waiting.push(named === null ? item : this.repeatable(item, named));
    if (named !== null) this.requireWindow();
    this.work();
    return answer;
  }

  /** From now until it is answered, repeats of a named command get the same answer. */
  private repeatable(
    item: Waiting<TCommand, TResult>,
    { id, stored }: NamedCommand<TCommand>,
  ): Waiting<TCommand, TResult> {
    const { answer, resolve, reject } = item;
    this.known.begin(id, stored, answer);
    return {
      ...item,
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
   * Looks for the ids of commands in the last entries of the journal, once the aggregate is rehydrated. Otherwise the first
   * command with an id waits for that. Never rejects: without ids nobody misses them, and commands with an id are refused with the
   * failure.
   */
  async loadCommandIds(): Promise<void> {
    if (this.parts.storesCommandIds !== true || this.parts.target === null) return;
    await this.readWindow(() => this.window.load());
  }

  private async readWindow(read: () => Promise<void>): Promise<void> {
    try {
      await read();
      this.windowFailure = null;
    } catch (error) {
      this.windowFailure = error;
      this.logger.error(
        'the ids of earlier commands could not be read; commands with an id are refused',
        error,
      );
    }
  }

  private requireWindow(): void {
    if (this.window.isLoaded || this.currentState !== 'open') return;
    this.currentState = 'recovering';
    this.recovery = this.catchUp();
  }

  /**
   * Looks at the aggregate, and answers when everything it saw is acknowledged by the journal; rejects when that is not to
   * be. `look` gets the sequence of the last event the aggregate holds, too; it must not change the aggregate and should return values or copies: the aggregate goes on changing.
   */
  async query<T>(look: (aggregate: TAggregate, lastSequence: bigint | null) => T): Promise<T> {
    const { target } = this.parts;
    if (target === null) throw noAggregate();
    while (this.currentState === 'recovering' || this.isOutOfStep()) await this.settled();
    const instance = this.visibleInstance();
    const newest = this.newest;
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
    while (this.currentState === 'recovering' || this.isOutOfStep()) await this.settled();
    if (snapshots === null || target.snapshots === null) return null;
    return snapshots.take(target, this.newest);
  }

  /**
   * Journals an event that another part of the application made, and brings the aggregate along, exactly as a replay
   * would. In the same tick; for the doors of the cqrs wing.
   * @throws ReplayDivergenceError when the aggregate comes to another result; the event is not journaled then, but the aggregate
   * has executed it: the caller poisons the journal
   */
  commitForeign(event: SequencerEvent, onAcknowledged?: () => void): Commit {
    const { queue, target } = this.parts;
    // While it recovers, the replay reads the event from the journal.
    const isLive = target !== null && this.currentState === 'open' && !this.isOutOfStep();
    if (!isLive || event.sequenceNum !== queue.nextSequence) return this.commitNamed(event, onAcknowledged);
    const touchesAggregate = target.handles(event.command);
    if (touchesAggregate) target.deliver(this.asReplayedEvent(event));
    const commit = this.commitNamed(event, onAcknowledged);
    if (touchesAggregate) this.track(commit);
    else if (commit.accepted) target.skip(event.sequenceNum);
    return commit;
  }

  /** Hands over an event that was made elsewhere. If it has an id, repeats wait for it, and find it. */
  private commitNamed(event: SequencerEvent, onAcknowledged?: () => void): Commit {
    const { queue, asReplayed, storesCommandIds } = this.parts;
    const { sequenceNum, timestampNs } = event;
    // Absent in events of a copy of this package that knows no ids.
    const id = storesCommandIds === true && event.commandId ? event.commandId : null;
    // Whoever submits a command gets one of its results: so it is with all that lies in this journal.
    const stored = id === null ? null : asReplayed(event.command as TCommand, sequenceNum, timestampNs);
    const commit = queue.commit(event, onAcknowledged);
    if (commit.accepted) this.window.passed(sequenceNum, id);
    if (!commit.accepted || id === null) return commit;
    const answer = commit.acknowledged.then(() => event as SequencerEvent<TCommand, TResult>);
    this.known.begin(id, stored as TCommand, answer);
    answer.then(
      () => this.known.end(id, answer),
      () => {
        this.known.end(id, answer);
        this.window.forget(id, sequenceNum);
      },
    );
    return commit;
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async drain(): Promise<void> {
    while (this.waiting.size > 0 || this.parts.queue.size > 0 || this.currentState === 'recovering') {
      await this.settled();
    }
  }

  /** Refuses new commands, and resolves when the accepted ones are done. Idempotent. */
  async close(): Promise<void> {
    this.closing = true;
    await this.drain();
  }

  /** Refuses new commands, and rejects those that wait: they were not executed. For a shutdown whose time is over. */
  abandon(): void {
    this.closing = true;
    this.rejectWaiting();
  }

  /** Executes what waits, as far as there is room. */
  private work(): void {
    // An aggregate that submits while it executes has its turn afterwards.
    if (this.isExecuting) return;
    while (this.currentState === 'open' && this.waiting.size > 0 && this.inFlight < this.maxInFlight) {
      if (this.isOutOfStep()) return;
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.isExecuting = true;
      this.execute(next);
      this.isExecuting = false;
    }
  }

  private execute(item: Waiting<TCommand, TResult>): void {
    const { command, named, resolve, reject, told } = item;
    const { queue, target, asReplayed, publish } = this.parts;
    if (target === null) return reject(noAggregate());
    let event: SequencerEvent<TCommand, TResult>;
    try {
      const sequenceNum = queue.nextSequence;
      if (named !== null) {
        const known = this.answerOf(named, item.answer, sequenceNum);
        if (known !== null) {
          Promise.resolve(known).then(resolve, reject);
          return;
        }
      }
      const timestampNs = this.nextTimestamp();
      const copy = asReplayed(command, sequenceNum, timestampNs);
      const result = target.execute(copy, sequenceNum, timestampNs);
      event = new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId: named?.id });
    } catch (error) {
      reject(error);
      return;
    }
    if (isThenable(event.result)) {
      Promise.resolve(event.result).catch(() => undefined);
      const refusal = new InvalidArgumentError(
        'result of execute()',
        event.result,
        'a value; it is asynchronous',
      );
      this.stop(refusal);
      reject(refusal);
      return;
    }
    if (told !== null) told.sequenceNum = event.sequenceNum;
    const commit = queue.commit(event, () => publish(event));
    if (commit.accepted) this.window.passed(event.sequenceNum, named?.id ?? null);
    this.track(commit);
    commit.acknowledged.then(() => resolve(event), reject);
  }

  /** The answer of a command with this name, on its way through another door or journaled; null when there is none. */
  private answerOf(
    named: NamedCommand<TCommand>,
    own: Promise<unknown>,
    nextSequence: bigint,
  ): Promise<SequencerEvent<TCommand, TResult>> | SequencerEvent<TCommand, TResult> | null {
    // Not looking would be executing twice.
    if (!this.window.isLoaded) throw this.windowFailure ?? unavailable();
    const other = this.known.onItsWay(named, own);
    if (other !== null) return other;
    return this.known.journaled(named, nextSequence);
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

  /** The aggregate holds what this commit stores: if it fails, the aggregate is wrong. */
  private track({ accepted, acknowledged }: Commit): void {
    this.newest = acknowledged;
    this.inFlight += 1;
    acknowledged.then(
      () => this.settleOne(),
      (error: unknown) => {
        // First, so that nothing that waits is executed against an aggregate that is wrong.
        if (accepted) this.stop(error);
        this.settleOne();
      },
    );
    // Refused on the spot: the next command of this very tick must not see the wrong aggregate.
    if (!accepted) this.stop(new Error('the journal refused the entry'));
  }

  private settleOne(): void {
    this.inFlight -= 1;
    this.work();
  }

  private stop(cause: unknown): void {
    this.mustRebuild = true;
    if (this.currentState !== 'open') return;
    this.currentState = 'recovering';
    const interrupted = new SequencerInterruptedError(cause);
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift())
      next.reject(interrupted);
    this.recovery = this.recover();
  }

  private async recover(): Promise<void> {
    const { journal, queue, target } = this.parts;
    try {
      // Whatever is in flight is judged first; then the journal says what there is.
      await queue.idle();
      this.mustRebuild = false;
      if (target !== null && journal.state !== 'closed') {
        this.logger.warn(`${target.name} is rebuilt from the journal: an entry was not stored`);
        const recovery = new AggregateRecovery(this.parts, target);
        await recovery.rebuild();
        await this.followWith(recovery, () => this.window.load());
      }
      this.newest = Promise.resolve();
      queue.resync();
      this.currentState = journal.state === 'open' ? 'open' : 'stopped';
    } catch (error) {
      this.logger.fatal('the aggregate could not be rebuilt from the journal', error);
      this.stoppedBy = error instanceof Error ? error : new Error(String(error));
      this.currentState = 'stopped';
      journal.poison(error);
    }
    if (this.currentState === 'stopped') this.rejectWaiting();
    else this.work();
  }

  /** Notices appends that went past this Sequencer, and starts to catch up with them. */
  private isOutOfStep(): boolean {
    const { queue, journal, target } = this.parts;
    if (this.currentState !== 'open' || queue.isInStep || target === null) return false;
    if (journal.state !== 'open') return false;
    this.currentState = 'recovering';
    this.recovery = this.catchUp();
    return true;
  }

  private async catchUp(): Promise<void> {
    const { queue, target } = this.parts;
    let isCaughtUp = false;
    try {
      await queue.idle();
      if (target !== null && !this.mustRebuild) {
        const recovery = new AggregateRecovery(this.parts, target);
        isCaughtUp = queue.isInStep || (await recovery.catchUp());
        if (isCaughtUp) await this.followWith(recovery, () => this.window.follow());
      }
    } catch (error) {
      isCaughtUp = false;
      this.logger.error('catching up with the journal failed', error);
    }
    if (!isCaughtUp || this.mustRebuild) return this.recover();
    queue.resync();
    this.currentState = 'open';
    this.work();
  }

  /** Brings the window up, too, and whatever comes in meanwhile. */
  private async followWith(recovery: AggregateRecovery, read: () => Promise<void>): Promise<void> {
    if (this.parts.storesCommandIds !== true) return;
    await this.readWindow(read);
    while (!recovery.isDone) {
      await recovery.followToTheEnd();
      await this.readWindow(() => this.window.follow());
    }
  }

  private rejectWaiting(): void {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      next.reject(this.refusal() ?? new JournalClosedError());
    }
  }

  private refusal(): Error | null {
    const { journal, target } = this.parts;
    if (target === null) return noAggregate();
    if (this.closing || journal.state === 'closed') return new JournalClosedError();
    if (journal.state === 'poisoned')
      return new JournalPoisonedError(journal.failure?.cause ?? journal.failure);
    return this.currentState === 'stopped' ? (this.stoppedBy ?? new JournalClosedError()) : null;
  }

  /** Something that is going on has come to its end. */
  private async settled(): Promise<void> {
    await this.recovery;
    await this.parts.queue.idle();
  }

  private visibleInstance(): TAggregate {
    if (this.stoppedBy !== null) throw this.stoppedBy;
    const instance = this.currentState === 'recovering' ? null : this.parts.target?.instance;
    if (!instance) throw unavailable();
    return instance;
  }

  private asReplayedEvent(event: SequencerEvent): SequencerEvent {
    const { sequenceNum, timestampNs, command, result } = event;
    const copy = this.parts.asReplayed(command as TCommand, sequenceNum, timestampNs);
    return new SequencerEvent({ sequenceNum, timestampNs, command: copy, result });
  }
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function noAggregate(): AggregateUnavailableError {
  return new AggregateUnavailableError(
    'no aggregate with execute() is registered for this journal: FileJournalModule.forFeature([YourAggregate])',
  );
}

function unavailable(): AggregateUnavailableError {
  return new AggregateUnavailableError(
    'the aggregate is being rebuilt from the journal; query() waits for it',
  );
}
