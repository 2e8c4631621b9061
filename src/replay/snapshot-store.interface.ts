/**
 * The state of one target after one event, ready to be stored.
 * @publicApi
 */
export interface Snapshot {
  /** The last event the state holds. */
  readonly sequence: bigint;
  /** CRC-32 stored with that event's entry: proof that snapshot and journal belong together. */
  readonly entryCrc: number;
  /** Layout of the state, from the aggregate's `snapshotVersion`. */
  readonly stateVersion: number;
  /** The encoded state; opaque to the store. */
  readonly payload: Uint8Array;
}

/**
 * How a stored snapshot relates to the journal from which a newer one was taken.
 *
 * - `usable`: a restart can start from it.
 * - `outdated`: of this journal, but of another layout of the state, or entries after it are gone.
 * - `foreign`: of another history, or not comparable. It does not count, and is not deleted.
 */
export type SnapshotVerdict = 'usable' | 'outdated' | 'foreign';

/** What a store may do about older snapshots of the same target. */
export interface SaveSnapshotOptions {
  /** How many usable ones to keep. @default the store decides */
  readonly keep?: number;
  /** Classifies another stored snapshot of the target, before the store deletes any. @default each intact one is usable */
  readonly judge?: (snapshot: Snapshot) => SnapshotVerdict;
}

/**
 * Where snapshots are kept.
 * @publicApi
 */
export interface SnapshotStore {
  /**
   * Stores a snapshot so that it survives a crash of the machine, or leaves everything as it was. May drop
   * older snapshots of the same target, but never the newest usable one or one that `options.judge` calls
   * foreign.
   */
  save(target: string, snapshot: Snapshot, options?: SaveSnapshotOptions): Promise<void>;
  /** The intact snapshots of a target, newest first. Damaged ones are passed over. */
  load(target: string): AsyncIterable<Snapshot>;
}
