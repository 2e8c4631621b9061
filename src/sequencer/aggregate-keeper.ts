import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { JournalClosedError, JournalPoisonedError, describeThrown, toError } from '../journal/index.js';
import { AggregateRecovery } from './aggregate-recovery.js';
import type { CommandIds } from './command-ids.js';
import type { Commit } from './commit-queue.js';
import type { SequencerParts, SequencerState } from './sequencer.interface.js';
import type { SequencerAggregate } from './sequencer-aggregate.interface.js';
import { AggregateUnavailableError, SequencerInterruptedError } from './sequencer.errors.js';

/** The commands that wait while the aggregate is brought back in step. */
export interface HeldCommands {
  /** They may go on. */
  resume(): void;
  rejectAll(reason: () => Error): void;
}

/**
 * Keeps an aggregate in step with its journal. It notices when an entry was not stored that the aggregate has seen, and rebuilds
 * the aggregate; and when an entry was stored that it has not seen, and catches up. Meanwhile nothing is executed.
 */
export class AggregateKeeper<TCommand, TResult, TAggregate extends SequencerAggregate<TCommand, TResult>> {
  private currentState: SequencerState = 'open';
  /** Entries of the aggregate that are not settled. */
  private tracked = 0;
  /** The aggregate may hold what is not stored. */
  private mustRebuild = false;
  private newestAcknowledged: Promise<void> = Promise.resolve();
  private recovery: Promise<void> = Promise.resolve();
  private stoppedBy: Error | null = null;
  private isClosing = false;
  /** Rebuilding runs the aggregate's code: for no command in particular. */
  private readonly context = new AsyncResource('AggregateKeeper');
  private readonly logger = new Logger('Sequencer');

  constructor(
    private readonly parts: SequencerParts<TCommand, TResult, TAggregate>,
    private readonly ids: CommandIds<TCommand, TResult>,
    private readonly held: HeldCommands,
  ) {}

  get state(): SequencerState {
    return this.currentState;
  }

  get inFlight(): number {
    return this.tracked;
  }

  /** The acknowledgement of the newest entry that the aggregate has seen, or passed by. */
  get newest(): Promise<void> {
    return this.newestAcknowledged;
  }

  /** The aggregate. @throws AggregateUnavailableError (`JOURNAL_AGGREGATE_UNAVAILABLE`), what stopped it */
  get instance(): TAggregate {
    if (this.stoppedBy !== null) throw this.stoppedBy;
    const instance = this.currentState === 'recovering' ? null : this.parts.target?.instance;
    if (instance) return instance;
    throw new AggregateUnavailableError(
      'the aggregate is being rebuilt from the journal; query() waits for it',
    );
  }

  /** Why no command is taken; null when one is. */
  get refusal(): Error | null {
    const { journal, target } = this.parts;
    if (target === null) return noAggregate();
    if (this.isClosing || journal.state === 'closed') return new JournalClosedError();
    if (journal.state === 'poisoned')
      return new JournalPoisonedError(journal.failure?.cause ?? journal.failure);
    return this.currentState === 'stopped' ? (this.stoppedBy ?? new JournalClosedError()) : null;
  }

  /** No command is taken from now on. */
  close(): void {
    this.isClosing = true;
  }

  /** The aggregate holds what this commit stores: if it fails, the aggregate is wrong. */
  track({ accepted, acknowledged }: Commit): void {
    this.newestAcknowledged = acknowledged;
    this.tracked += 1;
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

  /** An entry that the aggregate passes by. */
  pass({ acknowledged }: Commit): void {
    this.newestAcknowledged = acknowledged;
    // Its sequence is free again, and who takes it next may not be one to pass by.
    acknowledged.catch((error: unknown) => this.stop(error));
  }

  /** The aggregate may hold what is not stored: what waits is rejected, and the aggregate rebuilt. */
  stop(cause: unknown): void {
    this.mustRebuild = true;
    if (this.currentState !== 'open') return;
    this.currentState = 'recovering';
    const interrupted = new SequencerInterruptedError(cause);
    this.held.rejectAll(() => interrupted);
    this.recovery = this.context.runInAsyncScope(this.rebuild, this);
  }

  /** Notices appends that went past the Sequencer, and starts to catch up with them. */
  isOutOfStep(): boolean {
    const { queue, journal, target } = this.parts;
    if (this.currentState !== 'open' || queue.isInStep || target === null) return false;
    if (journal.state !== 'open') return false;
    this.beginCatchUp();
    return true;
  }

  /** Nothing is executed before the ids of earlier commands were looked for; resolves then. */
  requireIds(): Promise<void> {
    if (!this.ids.areLoaded && this.currentState === 'open') this.beginCatchUp();
    return this.recovery;
  }

  rejectWaiting(): void {
    this.held.rejectAll(() => this.refusal ?? new JournalClosedError());
  }

  /** Whether the aggregate is not to be looked at before what is going on is {@link settled}. */
  isBehind(): boolean {
    return this.currentState === 'recovering' || this.isOutOfStep();
  }

  /** Something that is going on has come to its end. */
  async settled(): Promise<void> {
    await this.recovery;
    await this.parts.queue.idle();
  }

  private settleOne(): void {
    this.tracked -= 1;
    this.held.resume();
  }

  private async rebuild(): Promise<void> {
    const { journal, queue, target } = this.parts;
    try {
      // Whatever is in flight is judged first; then the journal says what there is.
      await queue.idle();
      this.mustRebuild = false;
      if (target !== null && journal.state !== 'closed') {
        this.logger.warn(`${target.name} is rebuilt from the journal: an entry was not stored`);
        await new AggregateRecovery(this.parts, target).rebuild();
        if (this.ids.areStored) await this.ids.read('load');
      } else if (target !== null) {
        // It holds what was never stored, and there is nothing left to rebuild it from.
        this.stoppedBy ??= new JournalClosedError();
      }
      this.newestAcknowledged = Promise.resolve();
      this.resync();
      this.currentState = journal.state === 'open' ? 'open' : 'stopped';
    } catch (error) {
      this.logger.fatal('the aggregate could not be rebuilt from the journal', describeThrown(error));
      this.stoppedBy = toError(error);
      this.currentState = 'stopped';
      journal.poison(error);
    }
    if (this.currentState === 'stopped') this.rejectWaiting();
    else this.held.resume();
  }

  private beginCatchUp(): void {
    this.currentState = 'recovering';
    this.recovery = this.context.runInAsyncScope(this.catchUp, this);
  }

  private async catchUp(): Promise<void> {
    const { queue, target } = this.parts;
    let isCaughtUp = false;
    try {
      await queue.idle();
      if (target !== null && !this.mustRebuild) {
        isCaughtUp = queue.isInStep || (await new AggregateRecovery(this.parts, target).catchUp());
        // After the aggregate, so that they reach at least as far.
        if (isCaughtUp && this.ids.areStored) await this.ids.read('follow');
      }
    } catch (error) {
      isCaughtUp = false;
      this.logger.error('catching up with the journal failed', describeThrown(error));
    }
    if (!isCaughtUp || this.mustRebuild) return this.rebuild();
    this.newestAcknowledged = Promise.resolve();
    this.resync();
    this.currentState = 'open';
    this.held.resume();
  }

  /** With what the aggregate holds: since it looked, somebody else may have appended. Then it is out of step again. */
  private resync(): void {
    const { queue, target } = this.parts;
    if (target === null) queue.resync();
    else queue.resync(target.lastSequence);
  }
}

export function noAggregate(): AggregateUnavailableError {
  return new AggregateUnavailableError(
    'no aggregate with execute() is registered for this journal: FileJournalModule.forFeature([YourAggregate])',
  );
}
