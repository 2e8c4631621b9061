/**
 * How far a projection is: what it needs to go on after a restart, and to know history from what is new.
 * @publicApi
 */
export interface Checkpoint {
  /** The last entry that was handled; null before the first. */
  readonly position: bigint | null;
  /** CRC-32 stored with that entry: proof that checkpoint and journal belong together. Null where `position` is. */
  readonly entryCrc: number | null;
  /**
   * The boundary: entries up to this one are history, the rest is new. Stored when the projection is first registered, and moved on
   * to where it was by a rebuild; null: there is no history.
   */
  readonly historyEnd: bigint | null;
  /** True while a rebuild has begun whose `reset()` may not be complete: it is called again before anything is handled. */
  readonly isResetting: boolean;
}

/**
 * Where checkpoints are kept.
 * @publicApi
 */
export interface CheckpointStore {
  /**
   * Refuses a name that no checkpoint can be stored under, when the projection is registered. A store that takes every name leaves it out.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  reserve?(projection: string): void;
  /** The stored checkpoint; null when the projection was never registered. Damage is an error, not null. */
  load(projection: string): Promise<Checkpoint | null>;
  /** Resolves when the checkpoint survives a crash of the process; until then the one before may come back. */
  save(projection: string, checkpoint: Checkpoint): Promise<void>;
}

/**
 * A store in the same database as the read model: what a handler writes and the checkpoint are one transaction, so each entry has
 * its effect exactly once, whatever crashes when.
 * @publicApi
 */
export interface TransactionalCheckpointStore<TTransaction = unknown> extends CheckpointStore {
  /**
   * Runs `work` in a transaction: commits when it resolves, rolls back and rejects when it rejects. Projections that share a
   * store take turns.
   */
  transact(work: (transaction: TTransaction) => Promise<void>): Promise<void>;
  /** As `save`, as a part of the transaction. */
  saveIn(transaction: TTransaction, projection: string, checkpoint: Checkpoint): void | Promise<void>;
}

/** By shape: stores may come from another copy of this package. */
export function isTransactional(store: CheckpointStore): store is TransactionalCheckpointStore {
  const { transact, saveIn } = store as Partial<TransactionalCheckpointStore>;
  return typeof transact === 'function' && typeof saveIn === 'function';
}

export function isCheckpointStore(value: unknown): value is CheckpointStore {
  const { load, save } = (value ?? {}) as Partial<CheckpointStore>;
  return typeof load === 'function' && typeof save === 'function';
}
