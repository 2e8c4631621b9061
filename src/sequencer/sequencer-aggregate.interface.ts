import type { SequencerEvent } from '../journal/index.js';

/**
 * The sequence and the time of a command: the only clock that an aggregate may read.
 * @publicApi
 */
export interface CommandContext {
  /** Sequence of the event that records the command. */
  readonly sequenceNum: bigint;
  /** Nanoseconds since the Unix epoch; never decreases. */
  readonly timestampNs: bigint;
}

/**
 * A deterministic state machine that a {@link Sequencer} drives: the same commands in the same order give the
 * same state and the same results, live and at every replay. So `execute` must be synchronous, and must not
 * use a clock, randomness or anything outside the aggregate. It must throw before it changes anything. The
 * error rejects that one `submit`, and nothing is journaled.
 *
 * Each call gets its own copy of the command, as a replay would give it. The aggregate may keep and change
 * it.
 *
 * @example
 * class Counter implements SequencerAggregate<{ Add: number }, number> {
 *   private total = 0;
 *   execute({ Add }: { Add: number }): number {
 *     if (Add < 0) throw new RangeError('only up'); // before any change
 *     return (this.total += Add);
 *   }
 *   snapshot = () => this.total;
 *   restore = (total: number) => void (this.total = total);
 * }
 * @publicApi
 */
export interface SequencerAggregate<TCommand = unknown, TResult = unknown, TSnapshot = unknown> {
  /**
   * Executes one command.
   * @returns the result. It is read once, when `execute` returns; callers and listeners get this reading.
   * With a codec without `toPlain`, and in order books, they get the object itself. Then return a copy of
   * state that the aggregate changes later (`SequencerSpecification` of the testing kit checks this)
   */
  execute(command: TCommand, context: CommandContext): TResult;
  /**
   * Whether the aggregate executes a command. `submit` refuses other commands, and a replay ignores them.
   * @default every command except the domain events that repositories save
   */
  handles?(command: unknown): boolean;
  /**
   * Whether a stored result says that the command was refused and changed nothing. Such a command is not
   * executed again: the reason for the refusal (a risk limit, a kill switch) need not be in the journal.
   * @default refusals in the form of orderbook-rs: objects with the single property `Rejected`, or
   * `RejectedWithCode` without `may_have_mutated`
   */
  isRejected?(result: TResult): boolean;
  /**
   * Returns the whole state as plain data; bigints are allowed. Without it the aggregate is rebuilt from its
   * first event.
   */
  snapshot?(): TSnapshot;
  /** Puts a new aggregate into the state of `snapshot`. */
  restore?(snapshot: TSnapshot): void;
}

/**
 * The commands that an aggregate executes: the type of the first parameter of its `execute`.
 * @publicApi
 */
export type CommandOf<TAggregate> = TAggregate extends {
  execute(command: infer TCommand, context: CommandContext): unknown;
}
  ? TCommand
  : never;

/**
 * The results of an aggregate: what its `execute` returns.
 * @publicApi
 */
export type ResultOf<TAggregate> = TAggregate extends {
  execute(command: never, context: CommandContext): infer TResult;
}
  ? TResult
  : never;

/**
 * An aggregate that follows the journal. Live and at replay, `apply` gets each acknowledged event once, in
 * order, decoded from its stored bytes. An error of `apply` stops the journal.
 * @publicApi
 */
export interface AppliedAggregate<TCommand = unknown, TResult = unknown, TSnapshot = unknown> {
  /** Applies one stored event, synchronously. */
  apply(event: SequencerEvent<TCommand, TResult>): void;
  /** The whole state as plain data; see `SequencerAggregate.snapshot`. */
  snapshot?(): TSnapshot;
  /** Puts a new aggregate into the state of `snapshot`. */
  restore?(snapshot: TSnapshot): void;
}
