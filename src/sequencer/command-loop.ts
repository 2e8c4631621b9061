import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { JournalClosedError, describeThrown, toError, type SequencerEvent } from '../journal/index.js';
import type { AggregateRecovery } from './aggregate-recovery.js';
import type { CommandExecutor } from './command-executor.js';
import type { Commit, CommitQueue, Refusal } from './commit-queue.js';
import { CommandQueue, type PendingCommand, type SubmittedCommits } from './command-queue.js';
import { SequencerInterruptedError, type SequencerOverloadedError } from './sequencer.errors.js';
import type { SequencerLifecycle } from './sequencer-lifecycle.js';

/**
 * Executes pending commands one after the other, as long as the aggregate is in step with the journal and
 * fewer than `maxInFlight` entries are in flight. If an entry that the aggregate holds is not stored, the
 * loop rebuilds the aggregate. If an entry was stored that the aggregate lacks, the loop catches up. No
 * command is executed meanwhile.
 */
export class CommandLoop<TCommand, TResult> implements SubmittedCommits<TCommand, TResult> {
  private readonly pending: CommandQueue<TCommand, TResult>;
  private isExecuting = false;
  /** Entries of the aggregate that are not settled. */
  private inFlight = 0;
  private newest: Promise<unknown> = Promise.resolve();
  private recovered: Promise<void> = Promise.resolve();
  /** The context of recoveries: they run code of the aggregate for no particular command. */
  private readonly recoveryContext = new AsyncResource('SequencerRecovery');
  private readonly logger = new Logger('Sequencer');

  constructor(
    private readonly lifecycle: SequencerLifecycle,
    private readonly queue: CommitQueue,
    /** Null without an aggregate: then no command is submitted. */
    private readonly executor: CommandExecutor<TCommand, TResult> | null,
    private readonly recovery: AggregateRecovery,
    private readonly maxInFlight: number,
    maxQueued: number,
  ) {
    this.pending = new CommandQueue(maxQueued);
    queue.journal.onPoisoned((failure) => this.interrupt(failure));
  }

  /** Commands that are not executed yet. */
  get size(): number {
    return this.pending.size;
  }

  /** The error of a submit that finds too many commands pending; null if there is room. */
  overload(): SequencerOverloadedError | null {
    return this.pending.overload();
  }

  /** The acknowledgement of the newest entry that the aggregate holds or ignored. */
  get newestAcknowledged(): Promise<unknown> {
    return this.newest;
  }

  /** @returns whether the command was executed in this call; otherwise it is pending */
  submit(command: PendingCommand<TCommand, TResult>): boolean {
    this.pending.push(command);
    this.run();
    return this.pending.last !== command;
  }

  /**
   * Counts an entry whose event the aggregate holds. If the entry is not stored, the aggregate must be
   * rebuilt.
   */
  track(commit: Commit): void {
    this.noteNewest(commit);
    commit.acknowledged.then(
      () => this.settleOne(),
      (error: unknown) => this.failOne(commit, error),
    );
  }

  publish(event: SequencerEvent<TCommand, TResult>): void {
    this.executor?.publish(event);
  }

  commitSettled(command: PendingCommand<TCommand, TResult>, refusal: Refusal | null): void {
    // The aggregate holds the entry, so the next command must not be executed before the rebuild.
    if (refusal !== null) this.interrupt(refusal.error);
    this.settleOne();
    if (refusal !== null) command.reject(refusal.error);
    else if (command.event !== null) command.resolve(command.event);
  }

  /** Records an entry that the aggregate ignores. */
  skip({ acknowledged }: Commit): void {
    this.newest = acknowledged;
    // If the entry is not stored, its sequence is free again, and the aggregate may need the next entry with
    // this sequence.
    acknowledged.catch((error: unknown) => this.interrupt(error));
  }

  /**
   * Whether the aggregate can be used now. Starts to catch up when entries were appended without the
   * Sequencer; the caller then waits for {@link settled} and calls this method again.
   */
  isInStep(): boolean {
    const { lifecycle, queue } = this;
    if (lifecycle.state !== 'open') return lifecycle.state === 'stopped';
    if (this.executor === null || queue.isInStep || queue.journal.state !== 'open') return true;
    void this.catchUp();
    return false;
  }

  /**
   * Catches up with the journal, command ids included, unless a recovery runs. Resolves when the recovery has
   * ended.
   */
  catchUp(): Promise<void> {
    if (this.lifecycle.state === 'open') {
      this.lifecycle.beginCatchUp();
      this.recovered = this.recoveryContext.runInAsyncScope(this.runCatchUp, this);
    }
    return this.recovered;
  }

  /** Resolves when the recovery has ended and nothing is in flight. */
  async settled(): Promise<void> {
    await this.recovered;
    await this.queue.idle();
  }

  /** Resolves when nothing is pending or in flight. */
  async drain(): Promise<void> {
    while (this.pending.size > 0 || this.queue.size > 0 || this.lifecycle.state === 'recovering') {
      await this.settled();
    }
  }

  rejectPending(): void {
    this.pending.rejectAll(this.lifecycle.refusal() ?? new JournalClosedError());
  }

  private run(): void {
    // A command that the aggregate submits during `execute` runs afterwards.
    if (this.isExecuting) return;
    const { lifecycle, pending } = this;
    while (lifecycle.state === 'open' && pending.size > 0 && this.inFlight < this.maxInFlight) {
      if (!this.isInStep()) return;
      const next = pending.shift();
      if (next === undefined) return;
      this.isExecuting = true;
      if (next.context === null) this.execute(next);
      else next.context.runInAsyncScope(this.execute, this, next);
      this.isExecuting = false;
    }
  }

  private execute(command: PendingCommand<TCommand, TResult>): void {
    const outcome = this.executor?.execute(command);
    switch (outcome?.kind) {
      case 'committed':
        this.answerWhenStored(command, outcome.commit);
        break;
      case 'unstorable':
        this.interrupt(outcome.error);
        command.reject(outcome.error);
        break;
      case 'refused':
        command.reject(outcome.error);
        break;
      case 'repeated':
        Promise.resolve(outcome.event).then(
          (event) => command.resolve(event),
          (error: unknown) => command.reject(error),
        );
    }
  }

  /** The commit calls `commitSettled` if the journal has accepted the entry. */
  private answerWhenStored(
    command: PendingCommand<TCommand, TResult>,
    commit: Commit<SequencerEvent<TCommand, TResult>>,
  ): void {
    this.noteNewest(commit);
    command.answerWith(commit.acknowledged);
    if (commit.accepted) return;
    commit.acknowledged.then(
      (event) => {
        this.settleOne();
        command.resolve(event);
      },
      (error: unknown) => {
        this.settleOne();
        command.reject(error);
      },
    );
  }

  private noteNewest({ accepted, acknowledged }: Commit<unknown>): void {
    this.newest = acknowledged;
    this.inFlight += 1;
    // The next command of this tick must not be executed on an aggregate that holds the refused entry.
    if (!accepted) this.interrupt(new Error('the journal refused the entry'));
  }

  private settleOne(): void {
    this.inFlight -= 1;
    this.run();
  }

  private failOne({ accepted }: Commit, error: unknown): void {
    // This runs before the next command is executed. The loop already knows about a refused entry.
    if (accepted) this.interrupt(error);
    this.settleOne();
  }

  /** Rejects the pending commands and rebuilds the aggregate, which may hold an entry that is not stored. */
  private interrupt(cause: unknown): void {
    if (!this.lifecycle.interrupt()) return;
    this.pending.rejectAll(new SequencerInterruptedError(cause));
    this.recovered = this.recoveryContext.runInAsyncScope(this.rebuild, this);
  }

  private async rebuild(): Promise<void> {
    let loss: Error | null;
    try {
      // The journal shows which entries are stored only after the entries in flight have settled.
      await this.queue.idle();
      this.lifecycle.beginRebuild();
      loss = await this.recovery.rebuild();
    } catch (error) {
      this.logger.fatal('the aggregate could not be rebuilt from the journal', describeThrown(error));
      this.lifecycle.fail(toError(error));
      this.queue.journal.poison(error);
      return this.rejectPending();
    }
    this.endRecovery(loss);
  }

  private async runCatchUp(): Promise<void> {
    await this.queue.idle();
    const isCaughtUp = !this.lifecycle.needsRebuild && (await this.recovery.catchUp());
    if (!isCaughtUp || this.lifecycle.needsRebuild) await this.rebuild();
    else this.endRecovery(null);
  }

  private endRecovery(loss: Error | null): void {
    this.newest = Promise.resolve();
    this.recovery.resync();
    this.lifecycle.endRecovery(loss);
    if (this.lifecycle.state === 'stopped') this.rejectPending();
    else this.run();
  }
}
