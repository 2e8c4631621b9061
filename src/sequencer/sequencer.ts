import { Logger } from '@nestjs/common';
import {
  InvalidArgumentError,
  JournalClosedError,
  JournalPoisonedError,
  SequencerEvent,
} from '../journal/index.js';
import { createAggregateHandle } from './aggregate-handle.js';
import { AggregateRecovery } from './aggregate-recovery.js';
import type { Commit } from './commit-queue.js';
import { Fifo } from './fifo.js';
import type { SequencerOptions, SequencerParts, SequencerState } from './sequencer.interface.js';
import type { SequencerAggregate } from './sequencer-aggregate.interface.js';
import {
  AggregateUnavailableError,
  SequencerInterruptedError,
  SequencerOverloadedError,
} from './sequencer.errors.js';

interface Waiting<TCommand, TResult> {
  readonly command: TCommand;
  readonly resolve: (event: SequencerEvent<TCommand, TResult>) => void;
  readonly reject: (error: unknown) => void;
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

  constructor(
    private readonly parts: SequencerParts<TCommand, TResult, TAggregate>,
    options: SequencerOptions = {},
  ) {
    this.maxInFlight = options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
    this.maxQueued = options.maxQueued ?? DEFAULT_MAX_QUEUED;
    const { prototype, journal } = parts;
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

  /**
   * Executes and journals a command.
   * @returns the journaled event: command, result, sequence and time
   * @throws (rejects) what the aggregate throws; nothing was journaled then. SequencerInterruptedError
   * (`JOURNAL_SEQUENCER_INTERRUPTED`), SequencerOverloadedError (`JOURNAL_SEQUENCER_OVERLOADED`), AggregateUnavailableError,
   * JournalClosedError; what `Journal.append` rejects with: on JournalPoisonedError its `outcome` tells whether the
   * event may be there after a restart.
   */
  submit(command: TCommand): Promise<SequencerEvent<TCommand, TResult>> {
    return new Promise((resolve, reject) => {
      const refusal = this.refusal();
      if (refusal !== null) reject(refusal);
      else if (this.waiting.size >= this.maxQueued) reject(new SequencerOverloadedError(this.maxQueued));
      else {
        this.waiting.push({ command, resolve, reject });
        this.work();
      }
    });
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
    if (!isLive || event.sequenceNum !== queue.nextSequence) return queue.commit(event, onAcknowledged);
    const touchesAggregate = target.handles(event.command);
    if (touchesAggregate) target.deliver(this.asReplayedEvent(event));
    const commit = queue.commit(event, onAcknowledged);
    if (touchesAggregate) this.track(commit);
    else if (commit.accepted) target.skip(event.sequenceNum);
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

  private execute({ command, resolve, reject }: Waiting<TCommand, TResult>): void {
    const { queue, target, asReplayed, publish } = this.parts;
    if (target === null) return reject(noAggregate());
    let event: SequencerEvent<TCommand, TResult>;
    try {
      const sequenceNum = queue.nextSequence;
      const timestampNs = this.nextTimestamp();
      const copy = asReplayed(command, sequenceNum, timestampNs);
      const result = target.execute(copy, sequenceNum, timestampNs);
      event = new SequencerEvent({ sequenceNum, timestampNs, command, result });
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
    const commit = queue.commit(event, () => publish(event));
    this.track(commit);
    commit.acknowledged.then(() => resolve(event), reject);
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
        await new AggregateRecovery(this.parts, target).rebuild();
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
      isCaughtUp =
        target !== null &&
        !this.mustRebuild &&
        (await new AggregateRecovery(this.parts, target).catchUp()) &&
        !this.mustRebuild;
    } catch (error) {
      this.logger.error('catching up with the journal failed', error);
    }
    if (!isCaughtUp) return this.recover();
    queue.resync();
    this.currentState = 'open';
    this.work();
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
