import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as root from '../../src/index.js';
import * as health from '../../src/health/index.js';
import * as opentelemetry from '../../src/metrics/opentelemetry/index.js';
import * as prometheus from '../../src/metrics/prometheus/index.js';
import * as testing from '../../src/testing/index.js';

/** Adding a name is a decision, removing one breaks applications: both show here. */
const SURFACE = [
  'AdvanceListeners',
  'AggregateConflictError',
  'AggregateNotFoundError',
  'AggregateRepository',
  'AggregateUnavailableError',
  'CompressionUnavailableError',
  'CorruptArchiveError',
  'CommandIdReusedError',
  'CommandResultUnavailableError',
  'CorruptEntryError',
  'DEFAULT_JOURNAL_NAME',
  'DeserializationError',
  'EntrySequence',
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
  'JournalLockedError',
  'JournalPoisonedError',
  'JournaledAggregate',
  'MissingPeerError',
  'On',
  'OnJournaled',
  'ProcessManager',
  'Projection',
  'ProjectionCheckpointError',
  'ProjectionNotFoundError',
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
  'StoredEntry',
  'TELEMETRY_CHANNELS',
  'U64_MAX',
  'UnknownEventError',
  'WriteAheadPublisher',
  'assertReadOptions',
  'bigintsToStrings',
  'commandKindOf',
  'crc32',
  'firstNeededOf',
  'getAggregateRepositoryToken',
  'getJournalToken',
  'getProjectionsServiceToken',
  'getReplayServiceToken',
  'getSequencerToken',
  'getSnapshotManagerToken',
  'getWriteAheadPublisherToken',
  'isOrderId',
  'isUserId',
  'jsonCodec',
  'listenToTelemetry',
  'orderBookCodec',
  'parseJson',
  'rememberStoredPayload',
  'sameJson',
  'storedPayloadOf',
  'stringifyJson',
  'subscribeTo',
  'variantOf',
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

  it('names in the README every code that an error of the package can have', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const codes = Object.keys(root)
      .filter((name) => name.endsWith('Error') && name !== 'JournalError')
      .map(codeOf);
    // SequenceNotFoundError mirrors the Rust crate and is not thrown; a closed journal explains itself.
    const unlisted = ['JOURNAL_SEQUENCE_NOT_FOUND', 'JOURNAL_CLOSED', 'JOURNAL_AGGREGATE_NOT_FOUND'];
    expect(codes.filter((code) => !readme.includes(code) && !unlisted.includes(code))).toEqual([]);
  });
});

/** `ReplayGapError` has the code `JOURNAL_REPLAY_GAP`. */
function codeOf(className: string): string {
  const words = className.replace(/Error$/, '').replace(/^Journal/, '');
  return `JOURNAL_${words.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`;
}
