/**
 * nestjs-file-journal: an append-only, memory-mapped event journal for NestJS, byte-compatible with orderbook-rs.
 *
 * Everything public is named here; what the rooms export beyond it is for each other.
 */
export {
  AdvanceListeners,
  EntrySequence,
  StoredEntry,
  assertReadOptions,
  subscribeTo,
} from './journal-kit/index.js';
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
  rememberStoredPayload,
  storedPayloadOf,
} from './journal/index.js';
export type {
  AppendOutcome,
  Durability,
  EntryLocation,
  IntegrityError,
  IntegrityReport,
  Journal,
  JournalEntries,
  JournalEntry,
  JournalErrorOptions,
  JournalReader,
  JournalSubscription,
  NextBatchOptions,
  PayloadCodec,
  ReadError,
  ReadOptions,
  RecoveredTail,
  RecoveryReport,
  SequencerEventInit,
  SubscribeFrom,
  SubscribeOptions,
  VerifyOptions,
} from './journal/index.js';
export type { SubscribableJournal } from './journal-kit/index.js';
export { TELEMETRY_CHANNELS, listenToTelemetry } from './telemetry/index.js';
export type {
  AppendSettledMessage,
  ArchivedMessage,
  ClosedMessage,
  GroupStoredMessage,
  LagReading,
  LagSource,
  OpenedMessage,
  PoisonedMessage,
  ReplayMessage,
  ReplayState,
  RotatedMessage,
  StorageUsage,
  SubmitMessage,
  SyncedMessage,
  TelemetryEvent,
  TelemetryListeners,
  TelemetryMessages,
} from './telemetry/index.js';
export type { FileAccess } from './common/index.js';
export { CompressionUnavailableError, FileJournal, ReadOnlyFileJournal } from './file-journal/index.js';
export type {
  ArchiveCompression,
  CompressionReport,
  FileJournalOptions,
  FileJournalReadOptions,
  MapperName,
  ReaderName,
  SyncThread,
  WriterName,
} from './file-journal/index.js';
export { InMemoryJournal } from './in-memory-journal/index.js';
export type { InMemoryJournalOptions, InitialEntry } from './in-memory-journal/index.js';
export { commandKindOf, jsonCodec, parseJson, stringifyJson } from './serialization/index.js';
export * from './order-book/index.js';
export { crc32 } from './common/index.js';
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
  OnDivergence,
  SequencerAggregate,
  SequencerOptions,
  SequencerState,
  SubmitOptions,
  WallClock,
} from './sequencer/index.js';
export { BigIntField } from './serialization/classes/index.js';
export {
  EventUpcastError,
  EventValidationError,
  EventVersionError,
  JournalEvent,
  UnknownEventError,
} from './events/index.js';
export type {
  EventClasses,
  EventSchema,
  EventValidation,
  JournalEventOptions,
  StoredEventPlace,
  UpcastContext,
  Upcaster,
  UpcasterChain,
  Upcasters,
} from './events/index.js';
export {
  AggregateConflictError,
  AggregateNotFoundError,
  AggregateTypeError,
  AggregateRepository,
  JournaledAggregate,
  On,
} from './aggregates/index.js';
export type {
  AggregatePosition,
  AggregateRootDefinition,
  AggregateRootLike,
  SaveOptions,
  SavedEvents,
  UnknownEvent,
  UnknownEventPolicy,
  UpdateOptions,
} from './aggregates/index.js';
export { SequencerEventHandler, WriteAheadPublisher } from './cqrs/index.js';
export {
  FileSnapshotStore,
  JournalAggregate,
  ReplayDivergenceError,
  ReplayFailedError,
  ReplayService,
  SnapshotError,
  SnapshotManager,
  sameJson,
} from './replay/index.js';
export type {
  AggregateSnapshotOptions,
  FileSnapshotStoreOptions,
  JournalAggregateOptions,
  ReplayProgress,
  ReplayReport,
  RetentionHold,
  SaveSnapshotOptions,
  Snapshot,
  SnapshotOptions,
  SnapshotPolicy,
  SnapshotStore,
  SnapshotVerdict,
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
  JournaledEvent,
  ProcessManagerHandler,
  ProjectionContext,
  ProjectionFailure,
  ProjectionHandler,
  ProjectionKind,
  ProjectionOptions,
  ProjectionRetryOptions,
  ProjectionState,
  ProjectionStatus,
  RebuildOptions,
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
  JournalExceptionFilter,
  DuplicatePackageError,
} from './nest/index.js';
export type {
  FileJournalModuleExtras,
  FileJournalModuleOptions,
  FileJournalOptionsFactory,
  JournalFactory,
  ProjectionsModuleOptions,
  ReplayModuleOptions,
  FileJournalTestingOptions,
  AggregateDefinition,
  FeatureOptions,
  JournalExceptionFilterOptions,
} from './nest/index.js';
