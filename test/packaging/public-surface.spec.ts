import { describe, expect, it } from '@jest/globals';
import * as root from '../../src/index.js';
import * as journalKit from '../../src/journal-kit/public.js';
import * as orderBook from '../../src/order-book/index.js';
import * as health from '../../src/telemetry/health/index.js';
import * as opentelemetry from '../../src/telemetry/opentelemetry/index.js';
import * as prometheus from '../../src/telemetry/prometheus/index.js';
import * as telemetry from '../../src/telemetry/public.js';
import * as testing from '../../src/testing/index.js';

/** Adding a name is a decision, removing one breaks applications: both show here. */
const SURFACE = [
  'AggregateConflictError',
  'AggregateNotFoundError',
  'AggregateRepository',
  'AggregateTypeError',
  'AggregateUnavailableError',
  'CircularWaitError',
  'CompressionUnavailableError',
  'CorruptArchiveError',
  'BigIntField',
  'BigIntInterceptor',
  'CommandIdReusedError',
  'CommandResultUnavailableError',
  'CorruptEntryError',
  'DEFAULT_JOURNAL_NAME',
  'DeserializationError',
  'DuplicatePackageError',
  'EntryTooLargeError',
  'EventUpcastError',
  'EventValidationError',
  'EventVersionError',
  'FileCheckpointStore',
  'FileJournal',
  'FileJournalModule',
  'FileSnapshotStore',
  'InMemoryCheckpointStore',
  'InMemoryJournal',
  'InjectAggregateRepository',
  'InjectJournal',
  'InjectProjectionsService',
  'InjectReplayService',
  'InjectSequencer',
  'InjectSnapshotManager',
  'InjectWriteAheadPublisher',
  'InvalidArgumentError',
  'InvalidDirectoryError',
  'InvalidEntryHeaderError',
  'InvalidOptionError',
  'IoError',
  'JournalAggregate',
  'JournalClosedError',
  'JournalError',
  'JournalEvent',
  'JournalExceptionFilter',
  'JournalLockedError',
  'JournalPoisonedError',
  'JournaledAggregateRoot',
  'MissingPeerError',
  'On',
  'OnJournaled',
  'ProcessManager',
  'Projection',
  'ProjectionCheckpointError',
  'ProjectionFailedError',
  'ProjectionNotFoundError',
  'ProjectionStoppedError',
  'ProjectionsService',
  'ReadOnlyFileJournal',
  'ReplayDivergenceError',
  'ReplayFailedError',
  'ReplayGapError',
  'ReplaySafe',
  'ReplayService',
  'SequenceConflictError',
  'SequenceNotFoundError',
  'Sequencer',
  'SequencerEvent',
  'SequencerEventHandler',
  'SequencerInterruptedError',
  'SequencerOverloadedError',
  'SerializationError',
  'SnapshotError',
  'SnapshotManager',
  'SqliteCheckpointStore',
  'U64_MAX',
  'UnknownEventError',
  'WriteAheadPublisher',
  'bigintsToStrings',
  'commandKindOf',
  'getAggregateRepositoryToken',
  'getJournalToken',
  'getProjectionsServiceToken',
  'getReplayServiceToken',
  'getSequencerToken',
  'getSnapshotManagerToken',
  'getWriteAheadPublisherToken',
  'jsonCodec',
  'parseJson',
  'stringifyJson',
];

describe('the public surface', () => {
  it('of the package is exactly this', () => {
    expect(Object.keys(root).sort()).toEqual([...SURFACE].sort());
  });

  it('of ./testing is exactly this', () => {
    expect(Object.keys(testing).sort()).toEqual([
      'AggregateOutcome',
      'AggregateSpecification',
      'InMemoryDisk',
      'JournalFaults',
      'ProjectionSpecification',
      'SavedEventsOf',
      'SequencerOutcome',
      'SequencerSpecification',
      'TestClock',
      'defineJournalConformance',
      'saved',
    ]);
  });

  it.each<[string, object, string[]]>([
    ['order-book', orderBook, ['isOrderId', 'isUserId', 'orderBookCodec', 'variantOf']],
    [
      'journal-kit',
      journalKit,
      [
        'AdvanceListeners',
        'EntrySequence',
        'PoisonListeners',
        'StoredEntry',
        'assertReadOptions',
        'assertVerifyOptions',
        'crc32',
        'rememberStoredPayload',
        'storedPayloadOf',
        'subscribeTo',
      ],
    ],
    ['telemetry', telemetry, ['TELEMETRY_CHANNELS', 'listenToTelemetry']],
    [
      'terminus',
      health,
      ['FileJournalHealthModule', 'JournalHealthIndicator', 'MissingPeerError', 'journalHealth'],
    ],
    ['prometheus', prometheus, ['FileJournalPrometheusModule', 'MissingPeerError', 'PrometheusMetrics']],
    [
      'opentelemetry',
      opentelemetry,
      ['FileJournalOpenTelemetryModule', 'MissingPeerError', 'OpenTelemetryInstrumentation'],
    ],
  ])('of ./%s is exactly this', (_entry, exported, names) => {
    expect(Object.keys(exported).sort()).toEqual(names);
  });
});
