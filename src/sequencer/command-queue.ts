import type { AsyncResource } from 'node:async_hooks';
import { Deferred, RingQueue } from '../common/index.js';
import type { SequencerEvent } from '../journal/index.js';
import type { SubmitMessage } from '../telemetry/index.js';
import type { CommitListener, Refusal } from './commit-queue.js';
import type { NamedCommand } from './repeated-commands.js';
import { SequencerOverloadedError } from './sequencer.errors.js';

/** Gets the outcomes of commands whose events were passed to the journal. */
export interface SubmittedCommits<TCommand, TResult> {
  /** The event of a command is stored, and may be published. */
  publish(event: SequencerEvent<TCommand, TResult>): void;
  /** The commit of a command is settled. */
  commitSettled(command: PendingCommand<TCommand, TResult>, refusal: Refusal | null): void;
}

/** A submitted command that is not answered yet. */
export class PendingCommand<TCommand, TResult> implements CommitListener {
  /**
   * The command in its stored form, or the error of reading it. It is set if the command is not executed in
   * the call of `submit`, because the caller may change its object and submit it again.
   */
  read: { readonly toStore: TCommand } | { readonly error: unknown } | null = null;
  /** The async context of the call of `submit`, if the command is not executed in that call. */
  context: AsyncResource | null = null;
  /**
   * Frees the id of the command, if it has one. A repeated submit is then answered from the journal or
   * executed.
   */
  releaseId: (() => void) | null = null;
  /** The event of the command, in the form that callers get; null before the command is executed. */
  event: SequencerEvent<TCommand, TResult> | null = null;
  private promise: Promise<SequencerEvent<TCommand, TResult>> | null = null;
  /** Settles `promise`, if the promise was needed before the command was executed. */
  private deferred: Deferred<SequencerEvent<TCommand, TResult>> | null = null;

  constructor(
    /** The caller's object. */
    readonly command: TCommand,
    /** Null for a command without an id. */
    readonly named: NamedCommand<TCommand> | null,
    /** Null without a telemetry subscriber. */
    readonly message: SubmitMessage | null,
    private readonly commits: SubmittedCommits<TCommand, TResult>,
  ) {}

  /** The promise that `submit` returns. */
  get answer(): Promise<SequencerEvent<TCommand, TResult>> {
    if (this.promise !== null) return this.promise;
    this.deferred = new Deferred();
    return (this.promise = this.deferred.promise);
  }

  /**
   * Answers with the outcome of the command's commit. A command that is executed in the call of `submit`
   * needs no other promise.
   */
  answerWith(acknowledged: Promise<SequencerEvent<TCommand, TResult>>): void {
    if (this.promise === null) this.promise = acknowledged;
    else acknowledged.catch(() => undefined);
  }

  onStored(): void {
    if (this.event !== null) this.commits.publish(this.event);
  }

  onSettled(refusal: Refusal | null): void {
    this.commits.commitSettled(this, refusal);
  }

  resolve(event: SequencerEvent<TCommand, TResult>): void {
    this.releaseId?.();
    if (this.deferred !== null) this.deferred.resolve(event);
    else this.promise ??= Promise.resolve(event);
  }

  /** Rejects the caller. Frees the id first, so that a submit after this rejection is a new command. */
  reject(reason: unknown): void {
    this.releaseId?.();
    if (this.deferred !== null) this.deferred.reject(reason);
    else this.promise ??= Promise.reject(reason as Error);
  }
}

/** Submitted commands that are not executed yet, in the order of their submits. */
export class CommandQueue<TCommand, TResult> {
  private readonly line = new RingQueue<PendingCommand<TCommand, TResult>>();

  /** @param limit the number of commands that may be pending */
  constructor(private readonly limit: number) {}

  /** The error of a submit that finds the queue full; null if there is room. */
  overload(): SequencerOverloadedError | null {
    return this.line.size < this.limit ? null : new SequencerOverloadedError(this.limit);
  }

  get size(): number {
    return this.line.size;
  }

  push(command: PendingCommand<TCommand, TResult>): void {
    this.line.push(command);
  }

  /** The newest command, if it is still pending. */
  get last(): PendingCommand<TCommand, TResult> | undefined {
    return this.line.last;
  }

  shift(): PendingCommand<TCommand, TResult> | undefined {
    return this.line.shift();
  }

  rejectAll(error: Error): void {
    for (let next = this.line.shift(); next !== undefined; next = this.line.shift()) next.reject(error);
  }
}
