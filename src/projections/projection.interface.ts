import type { JournalEntry } from '../journal/index.js';

/**
 * Context of a call of a handler.
 * @publicApi
 */
export interface ProjectionContext<TTransaction = unknown> {
  /** Name of the projection. */
  readonly projection: string;
  /**
   * True for history: entries up to the stored boundary, whose external effects have already happened or must
   * never happen. Also true for every entry that a rebuild handles again.
   */
  readonly isReplaying: boolean;
  /**
   * Transaction of a transactional checkpoint store; undefined for other stores. Writes of a handler through
   * the transaction become durable together with the checkpoint.
   */
  readonly transaction: TTransaction;
  /**
   * Key that stays the same if the same entry or event is handled again, even after a crash:
   * `{projection}/{sequence}`, with `/{index}` for one event of an entry. A batch has the key of its last
   * entry.
   */
  readonly idempotencyKey: string;
  /** Aborted when the application stops and its time to drain is over. */
  readonly signal: AbortSignal;
}

/**
 * Context of a call of a handler of single events.
 * @publicApi
 */
export interface JournaledContext<TTransaction = unknown> extends ProjectionContext<TTransaction> {
  /** The entry of the event. */
  readonly entry: JournalEntry;
  /** Stored name: the tag of the command, or the name of the domain event. */
  readonly eventName: string;
  /** Id of the aggregate, unique within its type; null for an event of no aggregate. */
  readonly aggregateId: string | null;
  /**
   * Name of the aggregate in `@JournalAggregate()`; null for an event of no aggregate, and for an event that
   * an early release stored without it.
   */
  readonly aggregateType: string | null;
}

/**
 * Context of a call of `reset()`.
 * @publicApi
 */
export type ResetContext<TTransaction = unknown> = Pick<
  ProjectionContext<TTransaction>,
  'projection' | 'transaction' | 'signal'
>;

/**
 * Methods of a class with `@Projection()` or `@ProcessManager()`. It needs `handle`, `handleBatch` or methods
 * with `@OnJournaled()`. Each handler is awaited before the next is called.
 * @publicApi
 */
export interface ProjectionHandler<TTransaction = unknown> {
  /** Handles every entry. */
  handle?(entry: JournalEntry, context: ProjectionContext<TTransaction>): unknown;
  /** Handles up to `batchSize` entries at once: all of them, or none. Projections only. */
  handleBatch?(entries: readonly JournalEntry[], context: ProjectionContext<TTransaction>): unknown;
  /**
   * Empties the read model before a rebuild. It may be called twice. Without it, the projection cannot be
   * rebuilt.
   */
  reset?(context: ResetContext<TTransaction>): unknown;
}

/**
 * Further methods of a process manager.
 * @publicApi
 */
export interface ProcessManagerHandler<TCommand = unknown> {
  /**
   * Sends a command that a handler returned; resolves after the command was carried out. Called for new
   * entries only. Called again with the same key if it is unknown whether the first call succeeded.
   * @default the CommandBus of @nestjs/cqrs
   */
  send?(command: TCommand, context: { readonly idempotencyKey: string }): unknown;
}

/** A projection builds a read model; a process manager sends commands. */
export type ProjectionKind = 'projection' | 'process-manager';

/** State of a projection. */
export type ProjectionState =
  /** Not started, or stopped for good. */
  | 'stopped'
  /** Handles entries, and has not reached the end of the journal since it started. */
  | 'catching-up'
  /** Handles entries, and has reached the end of the journal since it started. */
  | 'running'
  /** Waits for its next attempt after an error, or for `resume()` after `pause()`. */
  | 'paused'
  /** Gave up after an error; waits for `resume()` or `rebuild()`. */
  | 'failed'
  /** The application stops; the projection handles what is left. */
  | 'draining';

/**
 * Latest error of a projection.
 * @publicApi
 */
export interface ProjectionFailure {
  /** Message of the error. */
  readonly message: string;
  /** Code of a JournalError; else null. */
  readonly code: string | null;
  /** What the handler or the store threw. */
  readonly error: unknown;
  /** Sequence of the first entry that was not handled; null if no entry was. */
  readonly sequence: bigint | null;
  /** Time of the failure. */
  readonly at: Date;
}

/**
 * Progress of a rebuild.
 * @publicApi
 */
export interface RebuildProgress {
  /** Number of handled entries. */
  readonly handled: number;
  /** Number of entries to handle. */
  readonly total: bigint;
  /** Sequence of the last handled entry; null before the first one. */
  readonly position: bigint | null;
  /** The end of the journal when the rebuild began. */
  readonly target: bigint | null;
  /** Entries handled per second since the rebuild began. */
  readonly ratePerSecond: number;
  /** Estimated remaining time in milliseconds; null while there is no rate. */
  readonly etaMs: number | null;
  /** Milliseconds since the rebuild began. */
  readonly elapsedMs: number;
}

/**
 * Status of a projection.
 * @publicApi
 */
export interface ProjectionStatus {
  /** Name of the projection. */
  readonly name: string;
  /** Whether it is a projection or a process manager. */
  readonly kind: ProjectionKind;
  /** What it is doing. */
  readonly state: ProjectionState;
  /** Sequence of the last handled entry. */
  readonly position: bigint | null;
  /**
   * Position in the stored checkpoint: the projection continues after it when it restarts. Also the position
   * of a checkpoint that the projection cannot continue from, because the journal begins after it or ends
   * before it. Null while none was read.
   */
  readonly checkpointPosition: bigint | null;
  /** Stored boundary: entries up to it are history. */
  readonly historyEnd: bigint | null;
  /** Number of visible entries that are not handled. */
  readonly lag: bigint;
  /** Null if the latest attempt succeeded. */
  readonly lastError: ProjectionFailure | null;
  /** Failed attempts since the last success. */
  readonly retries: number;
  /** Time of the next attempt; null if none is planned. */
  readonly nextRetryAt: Date | null;
  /** Null if no rebuild runs. */
  readonly rebuild: RebuildProgress | null;
}
