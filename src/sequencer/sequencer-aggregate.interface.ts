import type { SequencerEvent } from '../journal/index.js';

/** Place and time the sequencer gave a command: the only clock an aggregate may look at. */
export interface CommandContext {
  readonly sequenceNum: bigint;
  /** Nanoseconds since the Unix epoch; never goes back. */
  readonly timestampNs: bigint;
}

/**
 * A state machine that a {@link Sequencer} drives: the same commands in the same order give the same state and the same
 * results, today and at every replay. So `execute` uses no clock, no randomness and nothing outside the aggregate, it is
 * synchronous, and it throws before it changes anything: what it throws rejects that one `submit`, and nothing is journaled.
 *
 * Every call gets a command of its own, as a replay would give it, so that the aggregate may keep and change it.
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
   * @returns the result. It is read once, when `execute` returns; callers and listeners get this reading.
   * With a codec without `toPlain`, and in order books, they get the object itself: return a copy of state
   * that the aggregate changes later (`SequencerSpecification` of the testing kit checks this)
   */
  execute(command: TCommand, context: CommandContext): TResult;
  /**
   * Whether a command is this aggregate's: `submit` refuses the others, and those in the journal pass it by.
   * @default everything but the domain events that repositories save
   */
  handles?(command: unknown): boolean;
  /**
   * Whether a stored result says that the command was refused and changed nothing. Such an event is not executed again: what
   * refused it (a risk limit, a kill switch) need not be in the journal.
   * @default results as orderbook-rs writes them: `{ Rejected: … }`, and `{ RejectedWithCode: … }` unless `may_have_mutated`,
   * and nothing beside it
   */
  isRejected?(result: TResult): boolean;
  /** The whole state as plain data (bigints allowed). Without it the aggregate is rebuilt from its first event. */
  snapshot?(): TSnapshot;
  /** Puts a newly made aggregate into the state of `snapshot`. */
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
 * State that follows the journal: `apply` gets every event once, in order, after it was acknowledged, live and at replay
 * alike, decoded from its stored bytes. What it throws stops the journal.
 * @publicApi
 */
export interface AppliedAggregate<TCommand = unknown, TResult = unknown, TSnapshot = unknown> {
  apply(event: SequencerEvent<TCommand, TResult>): void;
  snapshot?(): TSnapshot;
  restore?(snapshot: TSnapshot): void;
}
