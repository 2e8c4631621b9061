/**
 * From the journal back into memory: replay, snapshots, and what can be rebuilt.
 */
export type { ReplayProgress, ReplayReport, ReplayTarget, SnapshotSupport } from './replay.interface.js';
export { ReplayDivergenceError, ReplayFailedError, SnapshotError } from './replay.errors.js';
export { ReplayService, type ReplayServiceOptions } from './replay.service.js';
export {
  POLICY_OPTIONS,
  assertKeep,
  validateAggregateSnapshots,
  validatePolicy,
  type AggregateSnapshotOptions,
  type SnapshotPolicy,
} from './snapshot-policy.js';
export { sameJson } from './same-json.js';
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
  getJournalAggregateOptions,
  type JournalAggregateOptions,
} from './journal-aggregate.decorator.js';
export { SnapshotScheduler, type ScheduledAggregate } from './snapshot-scheduler.js';
