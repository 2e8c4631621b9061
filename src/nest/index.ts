/**
 * FileJournalModule: journals for a Nest application, and the aggregates and projections that are rebuilt
 * from them.
 *
 * Boot: `forRoot` provides one host per journal from an async factory (journal.providers). The factory
 * collects the registrations of all modules (feature.explorer) and opens the journal (open-journal). It then
 * builds the services of the journal (compose-journal) and rehydrates its aggregates (journal-lifecycle).
 * Shutdown: the registry closes every host, after HTTP or when the boot fails (journal-registry, provider-
 * failure-watch, boot-hook-failure-watch).
 */
export { FileJournalModule } from './file-journal.module.js';
export {
  DEFAULT_JOURNAL_NAME,
  getAggregateRepositoryToken,
  getJournalToken,
  getProjectionsServiceToken,
  getReplayServiceToken,
  getSequencerToken,
  getSnapshotManagerToken,
  getWriteAheadPublisherToken,
} from './file-journal.constants.js';
export {
  InjectAggregateRepository,
  InjectJournal,
  InjectProjectionsService,
  InjectReplayService,
  InjectSequencer,
  InjectSnapshotManager,
  InjectWriteAheadPublisher,
} from './file-journal.decorators.js';
export type {
  FileJournalModuleExtras,
  FileJournalModuleOptions,
  FileJournalOptionsFactory,
  JournalFactory,
  ProjectionsModuleOptions,
  ReplayModuleOptions,
} from './file-journal-options.js';
export type { FileJournalTestingOptions } from './for-testing.js';
export type { AggregateDefinition, FeatureOptions } from './feature-registration.js';
export { BigIntInterceptor } from './bigint.interceptor.js';
export { JournalExceptionFilter } from './journal-exception.filter.js';
export type { JournalExceptionFilterOptions } from './journal-exception.filter.js';
export { DuplicatePackageError } from './duplicate-package.error.js';

export { InMemoryDisk } from './in-memory-disk.js';
export type { StoredBytes } from './in-memory-disk.js';
