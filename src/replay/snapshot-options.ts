import {
  booleanOption,
  integerOption,
  objectOption,
  orElse,
  pathOption,
  tableOption,
  type OptionsOf,
} from '../common/index.js';
import type { SnapshotStore } from './snapshot-store.interface.js';

// A new option is one property of a table below.

const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_KEEP = 1_000;

export const POLICY_OPTIONS = {
  /**
   * Takes a snapshot after this many entries of the journal since the last one of the aggregate.
   * @default never
   */
  everyEvents: integerOption(1, Number.MAX_SAFE_INTEGER),
  /**
   * Interval in milliseconds; a snapshot is taken only if there are newer entries. The timer does not keep
   * the process alive.
   * @default never
   */
  everyMs: integerOption(1, MAX_TIMER_MS),
  /**
   * Takes a snapshot after this many bytes of entries, headers included. Only for journals with
   * `appendedBytes`, such as FileJournal.
   * @default never
   */
  everyBytes: integerOption(1, Number.MAX_SAFE_INTEGER),
};

/** The number of snapshots that a store keeps. */
export const KEEP_OPTION = integerOption(1, MAX_KEEP);

const SNAPSHOT_OPTIONS = {
  ...POLICY_OPTIONS,
  /** Store of the snapshots. @default a FileSnapshotStore in `directory` */
  store: objectOption<SnapshotStore>('a SnapshotStore with save() and load()', ['save', 'load']),
  /** Directory of the snapshot files. @default the folder `snapshots` in the journal's directory */
  directory: pathOption(),
  /** Intact snapshots kept per aggregate, 1 … 1,000. @default 2 */
  keep: KEEP_OPTION,
  /**
   * Calls `SnapshotManager.archiveCovered()` after each snapshot; `archiveCompression` sets the compression.
   * @default false
   */
  archive: booleanOption(false),
};

const AGGREGATE_SNAPSHOT_OPTIONS = {
  ...POLICY_OPTIONS,
  /**
   * Intact snapshots kept of this aggregate, 1 … 1,000.
   * @default `snapshots.keep` of the journal, else the store's
   */
  keep: KEEP_OPTION,
};

/**
 * Conditions for automatic snapshots of an aggregate. A snapshot is taken as soon as one of them is met.
 * Without a condition, only `SnapshotManager.take()` takes snapshots. Appends continue meanwhile. No snapshot
 * is taken without newer entries.
 * @publicApi
 */
export interface SnapshotPolicy extends OptionsOf<typeof POLICY_OPTIONS> {}

/**
 * Storage of snapshots, and the policy of aggregates without snapshot options of their own.
 * @publicApi
 */
export interface SnapshotOptions extends OptionsOf<typeof SNAPSHOT_OPTIONS> {}

/**
 * Snapshot policy of one aggregate, and the number of its snapshots to keep.
 * @publicApi
 */
export interface AggregateSnapshotOptions extends OptionsOf<typeof AGGREGATE_SNAPSHOT_OPTIONS> {}

/** The option `snapshots` of a journal; false switches them off. */
export const JOURNAL_SNAPSHOTS = orElse(false, tableOption<SnapshotOptions>(SNAPSHOT_OPTIONS));

/** The option `snapshots` of an aggregate. */
export const AGGREGATE_SNAPSHOTS = orElse(
  'manual',
  tableOption<AggregateSnapshotOptions>(AGGREGATE_SNAPSHOT_OPTIONS, "'manual' or an object"),
);
