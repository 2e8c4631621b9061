/**
 * State in memory that is rebuilt from the journal: the replay, and snapshots with their store, policy,
 * scheduler and manager.
 */
export type { ReplayProgress, ReplayReport, ReplayTarget, SnapshotSupport } from './replay.interface.js';
export { ReplayDivergenceError, ReplayFailedError, SnapshotError } from './replay.errors.js';
export { ReplayService, type ReplayServiceOptions } from './replay.service.js';
export {
  AGGREGATE_SNAPSHOTS,
  JOURNAL_SNAPSHOTS,
  type AggregateSnapshotOptions,
  type SnapshotOptions,
  type SnapshotPolicy,
} from './snapshot-options.js';
export { SnapshotPolicies, type ScheduledAggregate, type SnapshottedAggregate } from './snapshot-policy.js';
export { createSnapshotStore } from './create-snapshot-store.js';
export { SnapshotService } from './snapshot.service.js';
export type {
  SaveSnapshotOptions,
  Snapshot,
  SnapshotStore,
  SnapshotVerdict,
} from './snapshot-store.interface.js';
export { FileSnapshotStore, type FileSnapshotStoreOptions } from './file-snapshot-store.js';
export {
  JournalAggregate,
  getJournalAggregate,
  type JournalAggregateDefinition,
  type JournalAggregateOptions,
} from './journal-aggregate.decorator.js';
export { SnapshotScheduler } from './snapshot-scheduler.js';
export { SnapshotManager, type SnapshotSource, type SnapshotTaker } from './snapshot-manager.js';
export type { RetentionHold } from './retention-hold.js';
export { parseSnapshotName, readSnapshotFile, type SnapshotFile } from './snapshot-file.js';
export { decodeState } from './snapshot-json.js';
