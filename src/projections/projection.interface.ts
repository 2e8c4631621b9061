import type { JournalEntry } from '../journal/index.js';

/**
 * What a handler is told about its call.
 * @publicApi
 */
export interface ProjectionContext<TTransaction = unknown> {
  readonly projection: string;
  /**
   * True for history: the entry is not beyond the stored boundary, so what it may cause outside has been caused already, or must
   * never be. True again for every entry that a rebuild handles once more.
   */
  readonly isReplaying: boolean;
  /** Of a transactional checkpoint store: what is written through it becomes durable together with the checkpoint. Else undefined. */
  readonly transaction: TTransaction;
  /**
   * The same whenever the same thing is handled again, after a crash too: `{projection}/{sequence}`, with `/{index}` for an event of
   * an entry; of a batch, that of its last entry.
   */
  readonly idempotencyKey: string;
  /** Aborted when the application stops and the time to drain is over. */
  readonly signal: AbortSignal;
}

/** What a handler of single events is told in addition. */
export interface JournaledContext<TTransaction = unknown> extends ProjectionContext<TTransaction> {
  readonly entry: JournalEntry;
  /** The stored name: the tag of the command, or the name of the domain event. */
  readonly eventName: string;
  /** Of a domain event of an aggregate; else null. Unique among the aggregates of one type. */
  readonly aggregateId: string | null;
  /**
   * The name of the aggregate's class in `@JournalAggregate()`; null for an event of no aggregate, and for one that an early release stored
   * without it.
   */
  readonly aggregateType: string | null;
}

/** What `reset()` is told. */
export type ResetContext<TTransaction = unknown> = Pick<
  ProjectionContext<TTransaction>,
  'projection' | 'transaction' | 'signal'
>;

/**
 * What a class decorated with `@Projection()` or `@ProcessManager()` can have. One of `handle`, `handleBatch` and methods with
 * `@OnJournaled()` it must have. Each handler is awaited before the next is called.
 * @publicApi
 */
export interface ProjectionHandler<TTransaction = unknown> {
  /** Takes every entry. */
  handle?(entry: JournalEntry, context: ProjectionContext<TTransaction>): unknown;
  /** Takes up to `batchSize` entries at once, which are handled as a whole or not at all. Projections only. */
  handleBatch?(entries: readonly JournalEntry[], context: ProjectionContext<TTransaction>): unknown;
  /** Empties the read model, before a rebuild. May be called twice. Without it there is no rebuild. */
  reset?(context: ResetContext<TTransaction>): unknown;
}

/**
 * What a process manager can have in addition.
 * @publicApi
 */
export interface ProcessManagerHandler<TCommand = unknown> {
  /**
   * Sends a command that a handler returned; resolves when it was carried out. Called for new entries only, and again with the
   * same key when it is not known whether the first time succeeded.
   * @default the CommandBus of @nestjs/cqrs
   */
  send?(command: TCommand, context: { readonly idempotencyKey: string }): unknown;
}

/** A projection makes a read model; a process manager sends commands. */
export type ProjectionKind = 'projection' | 'process-manager';

/** What a projection is doing. */
export type ProjectionState =
  /** Not started, or ended. */
  | 'stopped'
  /** Handles what came before it was started. */
  | 'catching-up'
  /** Has reached the end since it was started. */
  | 'running'
  /** Waits for its next try after an error, or for `resume()` after `pause()`. */
  | 'paused'
  /** Gave up after an error; waits for `resume()` or `rebuild()`. */
  | 'failed'
  /** The application stops; handles what is left. */
  | 'draining';

/** The latest error of a projection. */
export interface ProjectionFailure {
  readonly message: string;
  /** Of a JournalError. */
  readonly code: string | null;
  readonly error: unknown;
  /** The first entry that was not handled; null where nothing was. */
  readonly sequence: bigint | null;
  readonly at: Date;
}

/** How far a rebuild is. */
export interface RebuildProgress {
  readonly handled: number;
  /** Entries there are to handle. */
  readonly total: bigint;
  readonly position: bigint | null;
  /** The end of the journal when the rebuild began. */
  readonly target: bigint | null;
  readonly ratePerSecond: number;
  /** Milliseconds the rest takes at this rate; null while there is no rate. */
  readonly etaMs: number | null;
  readonly elapsedMs: number;
}

/**
 * How a projection is.
 * @publicApi
 */
export interface ProjectionStatus {
  readonly name: string;
  readonly kind: ProjectionKind;
  readonly state: ProjectionState;
  /** The last entry that was handled. */
  readonly position: bigint | null;
  /**
   * The last entry that is handled according to the stored checkpoint: where it would go on after a crash. Also of a checkpoint
   * that the projection failed at, because the journal begins after it or ends before it; null while none was read.
   */
  readonly checkpointPosition: bigint | null;
  /** The stored boundary: entries up to it are history. */
  readonly historyEnd: bigint | null;
  /** Visible entries that are not handled. */
  readonly lag: bigint;
  /** Null when the latest try succeeded. */
  readonly lastError: ProjectionFailure | null;
  /** Tries that failed since the last success. */
  readonly retries: number;
  /** When a paused projection tries again. */
  readonly nextRetryAt: Date | null;
  /** Null while none is going on. */
  readonly rebuild: RebuildProgress | null;
}
