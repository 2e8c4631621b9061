/**
 * FileJournalModule: journals, and what is rebuilt from them, for a Nest application.
 *
 * Boot: `forRoot` makes one host per journal in an async factory (journal.providers), which explores what was registered
 * anywhere (feature.explorer), opens the journal (open-journal), rehydrates (journal-host) and connects the EventBus. End:
 * the registry closes every host, after HTTP or when the boot fails (journal-registry, boot-watch).
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
export { JournalExceptionFilter } from './journal-exception.filter.js';
export type { JournalExceptionFilterOptions } from './journal-exception.filter.js';
export { DuplicatePackageError } from './duplicate-package.error.js';

export { InMemoryDisk } from './in-memory-disk.js';
export type { StoredBytes } from './in-memory-disk.js';
