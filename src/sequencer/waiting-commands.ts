import type { AsyncResource } from 'node:async_hooks';
import type { SequencerEvent } from '../journal/index.js';
import type { SubmitMessage } from '../telemetry/index.js';
import { Fifo } from './fifo.js';
import type { NamedCommand } from './known-commands.js';

/** The promise of an answer, from both sides. */
export interface Answering<TCommand, TResult> {
  /** What `resolve` and `reject` settle. */
  readonly answer: Promise<SequencerEvent<TCommand, TResult>>;
  readonly resolve: (event: SequencerEvent<TCommand, TResult>) => void;
  readonly reject: (error: unknown) => void;
}

/** A command that waits for its turn. */
export interface WaitingCommand<TCommand, TResult> extends Answering<TCommand, TResult> {
  /** The caller's object. */
  readonly command: TCommand;
  /**
   * What the journal gets of it, read when it was submitted, where it has to wait: its sender may change it and send it
   * again. Or why there is no such thing.
   */
  read: { readonly toStore: TCommand } | { readonly error: unknown } | null;
  /** The async context of its `submit`, where it has to wait; null while the call of `submit` runs. */
  context: AsyncResource | null;
  /** Null for a command without an id. */
  readonly named: NamedCommand<TCommand> | null;
  /** Null when nobody listens. */
  readonly told: SubmitMessage | null;
}

/** Commands that were submitted and not executed, in the order they came. */
export class WaitingCommands<TCommand, TResult> {
  private readonly line = new Fifo<WaitingCommand<TCommand, TResult>>();

  get size(): number {
    return this.line.size;
  }

  push(command: WaitingCommand<TCommand, TResult>): void {
    this.line.push(command);
  }

  /** The one that came last, if it still waits. */
  get last(): WaitingCommand<TCommand, TResult> | undefined {
    return this.line.last;
  }

  shift(): WaitingCommand<TCommand, TResult> | undefined {
    return this.line.shift();
  }

  /** Nobody is left waiting. */
  rejectAll(reason: () => Error): void {
    for (let next = this.line.shift(); next !== undefined; next = this.line.shift()) next.reject(reason());
  }
}

export function createAnswering<TCommand, TResult>(): Answering<TCommand, TResult> {
  let settle!: Pick<Answering<TCommand, TResult>, 'resolve' | 'reject'>;
  const answer = new Promise<SequencerEvent<TCommand, TResult>>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { answer, ...settle };
}
