/**
 * nestjs-file-journal: an append-only, memory-mapped event journal for NestJS, byte-compatible with orderbook-rs.
 *
 * Everything public is named here; what the rooms export beyond it is for each other.
 */
export {
  CorruptEntryError,
  DeserializationError,
  EntrySequence,
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
  StoredEntry,
  U64_MAX,
  assertReadOptions,
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
  PayloadCodec,
  ReadError,
  ReadOptions,
  RecoveredTail,
  RecoveryReport,
  SequencerEventInit,
} from './journal/index.js';
export { FileJournal, ReadOnlyFileJournal } from './file-journal/index.js';
export type {
  FileJournalOptions,
  FileJournalReadOptions,
  MapperName,
  ReaderName,
  WriterName,
} from './file-journal/index.js';
export { InMemoryJournal } from './in-memory-journal/index.js';
export type { InMemoryJournalOptions, InitialEntry } from './in-memory-journal/index.js';
export * from './serialization/index.js';
export {
  AggregateUnavailableError,
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
  WallClock,
} from './sequencer/index.js';
export {
  AggregateConflictError,
  AggregateNotFoundError,
  AggregateRepository,
  SequencerEventHandler,
  WriteAheadPublisher,
} from './cqrs/index.js';
export type { AggregateRootDefinition, EventClasses } from './cqrs/index.js';
export {
  FileSnapshotStore,
  JournalAggregate,
  ReplayDivergenceError,
  ReplayFailedError,
  ReplayService,
  SnapshotError,
  sameJson,
} from './replay/index.js';
export type {
  FileSnapshotStoreOptions,
  JournalAggregateOptions,
  ReplayProgress,
  ReplayReport,
  Snapshot,
  SnapshotStore,
} from './replay/index.js';
export * from './module/index.js';
