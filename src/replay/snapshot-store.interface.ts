/**
 * The encoded state of one target after one event.
 * @publicApi
 */
export interface Snapshot {
  /** Sequence of the last event in the state. */
  readonly sequence: bigint;
  /** CRC-32 stored with the entry of that event. It proves that snapshot and journal belong together. */
  readonly entryCrc: number;
  /** Version of the state's layout: the `snapshotVersion` of the aggregate. */
  readonly stateVersion: number;
  /** The encoded state; opaque to the store. */
  readonly payload: Uint8Array;
}

/**
 * Relation of a stored snapshot to the journal from which a newer one was taken.
 *
 * - `usable`: a restart can use it.
 * - `outdated`: it belongs to this journal, but has another state version, or entries after it are gone.
 * - `foreign`: it belongs to another history, or cannot be compared. It does not count, and the store keeps
 *   it.
 */
export type SnapshotVerdict = 'usable' | 'outdated' | 'foreign';

/**
 * Options for older snapshots of the same target.
 * @publicApi
 */
export interface SaveSnapshotOptions {
  /** Number of usable snapshots to keep. @default the store decides */
  readonly keep?: number;
  /**
   * Classifies another stored snapshot of the target. Called before the store deletes any.
   * @default every intact one is usable
   */
  readonly judge?: (snapshot: Snapshot) => SnapshotVerdict;
}

/**
 * Stores snapshots.
 * @publicApi
 */
export interface SnapshotStore {
  /**
   * Stores a snapshot so that it survives a crash of the machine, or changes nothing. May delete older
   * snapshots of the same target, but never the newest usable one or one that `options.judge` calls foreign.
   */
  save(target: string, snapshot: Snapshot, options?: SaveSnapshotOptions): Promise<void>;
  /** Iterates the intact snapshots of a target, newest first. Skips damaged ones. */
  load(target: string): AsyncIterable<Snapshot>;
}
