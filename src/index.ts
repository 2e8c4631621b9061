/**
 * nestjs-file-journal: an append-only, memory-mapped event journal for NestJS, byte-compatible with
 * orderbook-rs.
 *
 * Everything that an application uses is named here. Subpaths hold the rest: `/order-book`, `/journal-kit`,
 * `/telemetry`, `/testing`, `/terminus`, `/prometheus` and `/opentelemetry`.
 */
export { CircularWaitError, MissingPeerError } from './common/index.js';
export {
  CorruptArchiveError,
  CorruptEntryError,
  DeserializationError,
  EntryTooLargeError,
  InvalidArgumentError,
  InvalidDirectoryError,
  InvalidEntryHeaderError,
  InvalidOptionError,
  IoError,
  JournalClosedError,
  JournalError,
  JournalLockedError,
  JournalPoisonedError,
  ReplayGapError,
  SequenceConflictError,
  SequenceNotFoundError,
  SequencerEvent,
  SerializationError,
  U64_MAX,
  bigintsToStrings,
} from './journal/index.js';
export type {
  AppendOutcome,
  Durability,
  IntegrityError,
  IntegrityReport,
  Journal,
  JournalEntries,
  JournalEntry,
  JournalReader,
  JournalSubscription,
  PayloadCodec,
  ReadOptions,
  RecoveryReport,
  SubscribeOptions,
} from './journal/index.js';
export type { FileAccess } from './common/index.js';
export { CompressionUnavailableError, FileJournal, ReadOnlyFileJournal } from './file-journal/index.js';
export type { CompressionReport, FileJournalOptions, FileJournalReadOptions } from './file-journal/index.js';
export { InMemoryJournal } from './in-memory-journal/index.js';
export type { InMemoryJournalOptions } from './in-memory-journal/index.js';
export { commandKindOf, jsonCodec, parseJson, stringifyJson } from './serialization/index.js';
export {
  AggregateUnavailableError,
  CommandIdReusedError,
  CommandResultUnavailableError,
  Sequencer,
  SequencerInterruptedError,
  SequencerOverloadedError,
} from './sequencer/index.js';
export type {
  AppliedAggregate,
  CommandContext,
  CommandOf,
  ResultOf,
  SequencerAggregate,
  SubmitOptions,
} from './sequencer/index.js';
export { BigIntField } from './serialization/classes/index.js';
export {
  EventUpcastError,
  EventValidationError,
  EventVersionError,
  JournalEvent,
  UnknownEventError,
} from './events/index.js';
export type { JournalEventOptions, UpcastContext, Upcaster, Upcasters } from './events/index.js';
export {
  AggregateConflictError,
  AggregateNotFoundError,
  AggregateTypeError,
  AggregateRepository,
  JournaledAggregateRoot,
  On,
} from './aggregates/index.js';
export type { AggregatePosition, SaveOptions, SavedEvents, UpdateOptions } from './aggregates/index.js';
export { SequencerEventHandler, WriteAheadPublisher } from './cqrs/index.js';
export {
  FileSnapshotStore,
  JournalAggregate,
  ReplayDivergenceError,
  ReplayFailedError,
  ReplayService,
  SnapshotError,
  SnapshotManager,
} from './replay/index.js';
export type {
  AggregateSnapshotOptions,
  FileSnapshotStoreOptions,
  JournalAggregateOptions,
  ReplayProgress,
  ReplayReport,
  SaveSnapshotOptions,
  Snapshot,
  SnapshotOptions,
  SnapshotPolicy,
  SnapshotStore,
} from './replay/index.js';
export {
  FileCheckpointStore,
  InMemoryCheckpointStore,
  OnJournaled,
  ProcessManager,
  Projection,
  ProjectionCheckpointError,
  ProjectionFailedError,
  ProjectionNotFoundError,
  ProjectionStoppedError,
  ProjectionsService,
  ReplaySafe,
  SqliteCheckpointStore,
} from './projections/index.js';
export type {
  Checkpoint,
  CheckpointStore,
  FileCheckpointStoreOptions,
  JournaledContext,
  ProcessManagerHandler,
  ProjectionContext,
  ProjectionFailure,
  ProjectionHandler,
  ProjectionOptions,
  ProjectionStatus,
  RebuildProgress,
  ResetContext,
  SqliteCheckpointStoreOptions,
  SqliteConnection,
  TransactionalCheckpointStore,
} from './projections/index.js';
export {
  FileJournalModule,
  DEFAULT_JOURNAL_NAME,
  getAggregateRepositoryToken,
  getJournalToken,
  getProjectionsServiceToken,
  getReplayServiceToken,
  getSequencerToken,
  getSnapshotManagerToken,
  getWriteAheadPublisherToken,
  InjectAggregateRepository,
  InjectJournal,
  InjectProjectionsService,
  InjectReplayService,
  InjectSequencer,
  InjectSnapshotManager,
  InjectWriteAheadPublisher,
  BigIntInterceptor,
  JournalExceptionFilter,
  DuplicatePackageError,
} from './nest/index.js';
export type {
  FileJournalModuleOptions,
  FileJournalOptionsFactory,
  AggregateDefinition,
  FeatureOptions,
  JournalExceptionFilterOptions,
} from './nest/index.js';
