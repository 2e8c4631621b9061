/**
 * Position of a projection, and the boundary between history and new entries.
 * @publicApi
 */
export interface Checkpoint {
  /** Sequence of the last handled entry; null before the first one. */
  readonly position: bigint | null;
  /**
   * CRC-32 stored with that entry: it proves that checkpoint and journal belong together. Null if `position`
   * is null.
   */
  readonly entryCrc: number | null;
  /**
   * The boundary: entries up to this one are history, later ones are new. Stored when the projection is first
   * registered. A rebuild moves it to the position before the rebuild. Null: there is no history.
   */
  readonly historyEnd: bigint | null;
  /**
   * True if `reset()` of a rebuild may be incomplete; it is then called again before any entry is handled.
   */
  readonly isResetting: boolean;
}

/**
 * Stores checkpoints.
 * @publicApi
 */
export interface CheckpointStore {
  /**
   * Refuses a name for which it cannot store a checkpoint; called when the projection is registered. A store
   * that accepts every name omits this method.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  reserve?(projection: string): void;
  /**
   * Loads the stored checkpoint; null if the projection was never registered. Damage is an error, not null.
   */
  load(projection: string): Promise<Checkpoint | null>;
  /**
   * Resolves when the checkpoint survives a crash of the process; until then a crash may restore the previous
   * one.
   */
  save(projection: string, checkpoint: Checkpoint): Promise<void>;
}

/**
 * Stores checkpoints in the database of the read model. The writes of a handler and the checkpoint are one
 * transaction. So each entry takes effect exactly once, even after a crash.
 * @publicApi
 */
export interface TransactionalCheckpointStore<TTransaction = unknown> extends CheckpointStore {
  /**
   * Runs `work` in a transaction: commits when it resolves; rolls back and rejects when it rejects.
   * Projections that share a store take turns.
   */
  transact(work: (transaction: TTransaction) => Promise<void>): Promise<void>;
  /** As `save`, within the transaction. */
  saveIn(transaction: TTransaction, projection: string, checkpoint: Checkpoint): void | Promise<void>;
}

/** Checks the shape: stores may come from another copy of this package. */
export function isTransactional(store: CheckpointStore): store is TransactionalCheckpointStore {
  const { transact, saveIn } = store as Partial<TransactionalCheckpointStore>;
  return typeof transact === 'function' && typeof saveIn === 'function';
}

export function isCheckpointStore(value: unknown): value is CheckpointStore {
  const { load, save } = (value ?? {}) as Partial<CheckpointStore>;
  return typeof load === 'function' && typeof save === 'function';
}
