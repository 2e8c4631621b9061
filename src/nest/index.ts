/**
 * FileJournalModule: journals for a Nest application, and the aggregates and projections that are rebuilt
 * from them.
 *
 * Boot: `forRoot` provides one host per journal from an async factory (journal.providers). The factory
 * collects the registrations of all modules (features/feature.explorer) and opens the journal
 * (boot/open-journal). It then builds the services of the journal (boot/compose-journal) and rehydrates its
 * aggregates (journal-lifecycle).
 * Shutdown: the registry closes every host, after HTTP or when the boot fails (journal-registry.service,
 * shutdown/, boot/provider-failure-watch, boot/boot-hook-failure-watch).
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
} from './options/file-journal-options.js';
export type { FileJournalTestingOptions } from './testing/for-testing.js';
export type { AggregateDefinition, FeatureOptions } from './features/feature-registration.js';
export { BigIntInterceptor } from './http/bigint.interceptor.js';
export { JournalExceptionFilter } from './http/journal-exception.filter.js';
export type { JournalExceptionFilterOptions } from './http/journal-exception.filter.js';
export { DuplicatePackageError } from './boot/duplicate-package.error.js';

export { InMemoryDisk } from './testing/in-memory-disk.js';
export type { StoredBytes } from './testing/in-memory-disk.js';
