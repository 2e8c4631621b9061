import type { Journal } from '../../journal/index.js';
import {
  SnapshotManager,
  SnapshotPolicies,
  SnapshotScheduler,
  SnapshotService,
  createSnapshotStore,
  type RetentionHold,
  type SnapshotOptions,
} from '../../replay/index.js';
import type { Sequencer } from '../../sequencer/index.js';
import type { AggregateTargets } from '../features/aggregate-targets.js';
import type { RegisteredAggregate } from '../features/feature-registration.js';
import { journalDirectory, type FileJournalModuleOptions } from '../options/file-journal-options.js';

/** Combines the snapshot options of the journal with those of single aggregates. */
export function createPolicies(
  options: FileJournalModuleOptions,
  aggregates: readonly RegisteredAggregate[],
): SnapshotPolicies {
  return new SnapshotPolicies(snapshotOptionsOf(options), aggregates);
}

/** @returns null if the options switch snapshots off, or give neither a store nor a directory */
export function createSnapshotService(
  journal: Journal,
  options: FileJournalModuleOptions,
  policies: SnapshotPolicies,
): SnapshotService | null {
  if (options.snapshots === false) return null;
  const store = createSnapshotStore(snapshotOptionsOf(options), journalDirectory(options), options.access);
  return store && new SnapshotService(journal, store, (target) => policies.keepOf(target));
}

/** @param holds the parts of the application whose entries archiving must keep */
export function createSnapshotManager(
  service: SnapshotService | null,
  targets: AggregateTargets,
  sequencer: Sequencer,
  holds: readonly RetentionHold[],
  options: FileJournalModuleOptions,
): SnapshotManager {
  const { executed, followers } = targets;
  const sources = [
    ...(executed === null ? [] : [{ target: executed, taker: sequencer }]),
    ...followers.map((target) => ({ target })),
  ];
  return new SnapshotManager(service, sources, holds, snapshotOptionsOf(options).archive === true);
}

/** Creates the scheduler that takes the snapshots of aggregates with a policy. */
export function createScheduler(
  journal: Journal,
  manager: SnapshotManager,
  aggregates: ReturnType<SnapshotPolicies['scheduled']>,
): SnapshotScheduler {
  const scheduler = new SnapshotScheduler(journal, aggregates, (aggregate) => manager.take(aggregate));
  manager.onTaken((aggregate, sequence) => scheduler.noteTaken(aggregate, sequence));
  return scheduler;
}

function snapshotOptionsOf({ snapshots }: FileJournalModuleOptions): SnapshotOptions {
  return snapshots === false || snapshots === undefined ? {} : snapshots;
}
