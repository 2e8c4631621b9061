import type { AsyncResource } from 'node:async_hooks';
import type { SequencerEvent } from '../journal/index.js';
import type { SubmitMessage } from '../telemetry/index.js';
import type { NamedCommand } from './repeated-commands.js';

/** A submitted command that is not answered yet. */
export class PendingCommand<TCommand, TResult> {
  /** The promise that `submit` returned. */
  readonly answer: Promise<SequencerEvent<TCommand, TResult>>;
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
  // The executor of the promise assigns both.
  private resolveAnswer!: (event: SequencerEvent<TCommand, TResult>) => void;
  private rejectAnswer!: (error: unknown) => void;

  constructor(
    /** The caller's object. */
    readonly command: TCommand,
    /** Null for a command without an id. */
    readonly named: NamedCommand<TCommand> | null,
    /** Null without a telemetry subscriber. */
    readonly message: SubmitMessage | null,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.resolveAnswer = resolve;
      this.rejectAnswer = reject;
    });
  }

  resolve(event: SequencerEvent<TCommand, TResult>): void {
    this.releaseId?.();
    this.resolveAnswer(event);
  }

  /** Rejects the caller. Frees the id first, so that a submit after this rejection is a new command. */
  reject(error: unknown): void {
    this.releaseId?.();
    this.rejectAnswer(error);
  }
}

/** Submitted commands that are not executed yet, in the order of their submits. */
export class CommandQueue<TCommand, TResult> {
  private readonly line = new Fifo<PendingCommand<TCommand, TResult>>();

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

/**
 * A first-in, first-out queue with constant-time operations. An array would move every element in `shift`.
 */
class Fifo<T> {
  private incoming: T[] = [];
  private outgoing: T[] = [];

  get size(): number {
    return this.incoming.length + this.outgoing.length;
  }

  /** The newest element, if it is still here. */
  get last(): T | undefined {
    return this.incoming.length > 0 ? this.incoming[this.incoming.length - 1] : this.outgoing[0];
  }

  push(item: T): void {
    this.incoming.push(item);
  }

  shift(): T | undefined {
    if (this.outgoing.length === 0) {
      this.outgoing = this.incoming.reverse();
      this.incoming = [];
    }
    return this.outgoing.pop();
  }
}
