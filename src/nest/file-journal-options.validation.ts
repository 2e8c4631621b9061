import { InvalidOptionError, toU64 } from '../journal/index.js';
import { rejectUnknownOptions } from '../common/index.js';
import { isCheckpointStore, validateRetryOptions } from '../projections/index.js';
import { validateSnapshotOptions } from '../replay/index.js';
import type {
  FileJournalModuleOptions,
  ProjectionsModuleOptions,
  ReplayModuleOptions,
} from './file-journal-options.interface.js';

type OptionNames<T> = Record<keyof T, true>;

/** Options of the engine; it checks their values itself. */
const ENGINE_OPTIONS = {
  directory: true,
  segmentSizeBytes: true,
  durability: true,
  syncIntervalMs: true,
  maxUnsyncedBytes: true,
  writer: true,
  syncOn: true,
  reader: true,
  mapper: true,
  codec: true,
  lockTimeoutMs: true,
  repair: true,
  archiveCompression: true,
  access: true,
  fileSystem: true,
} as const;

const MODULE_OPTIONS: OptionNames<FileJournalModuleOptions> = {
  ...ENGINE_OPTIONS,
  journal: true,
  events: true,
  unknownEvents: true,
  validateEvents: true,
  firstSequence: true,
  maxInFlight: true,
  maxQueued: true,
  commandWindow: true,
  onDivergence: true,
  persistPublished: true,
  publish: true,
  snapshots: true,
  replay: true,
  projections: true,
  progressIntervalMs: true,
  shutdownTimeoutMs: true,
  slowSyncMs: true,
  clock: true,
};

const REPLAY_OPTIONS: OptionNames<ReplayModuleOptions> = { includeArchived: true };

const PROJECTIONS_OPTIONS: OptionNames<ProjectionsModuleOptions> = {
  checkpointStore: true,
  directory: true,
  retry: true,
  autoStart: true,
};

const MAX_COUNT = 2 ** 31 - 1;

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option */
export function validateOptions(options: FileJournalModuleOptions): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InvalidOptionError(
      'options',
      options,
      'an object',
      `the options of a journal must be an object, got ${String(options)}: useFactory has to return them`,
    );
  rejectUnknownOptions(options, Object.keys(MODULE_OPTIONS));
  const { journal, directory, codec, firstSequence, onDivergence, persistPublished, publish, clock } =
    options;
  if (journal !== undefined && journal !== 'file' && typeof journal !== 'function') {
    throw new InvalidOptionError('journal', journal, "'file' or a function that opens a journal");
  }
  const needsDirectory = typeof journal !== 'function';
  if ((needsDirectory || directory !== undefined) && (typeof directory !== 'string' || directory === '')) {
    throw new InvalidOptionError('directory', directory, 'a non-empty path');
  }
  if (codec !== undefined && (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function')) {
    throw new InvalidOptionError('codec', codec, 'an object with encode() and decode()');
  }
  if (firstSequence !== undefined) assertSequence('firstSequence', firstSequence);
  assertCount('maxInFlight', options.maxInFlight);
  assertCount('maxQueued', options.maxQueued);
  assertCount('commandWindow', options.commandWindow);
  assertCount('progressIntervalMs', options.progressIntervalMs);
  assertCount('shutdownTimeoutMs', options.shutdownTimeoutMs);
  if (options.slowSyncMs !== false) assertCount('slowSyncMs', options.slowSyncMs);
  if (onDivergence !== undefined && onDivergence !== 'throw' && onDivergence !== 'warn') {
    throw new InvalidOptionError('onDivergence', onDivergence, "'throw' or 'warn'");
  }
  if (
    persistPublished !== undefined &&
    typeof persistPublished !== 'boolean' &&
    typeof persistPublished !== 'function'
  ) {
    throw new InvalidOptionError('persistPublished', persistPublished, 'a boolean or a function');
  }
  if (publish !== undefined && typeof publish !== 'boolean') {
    throw new InvalidOptionError('publish', publish, 'a boolean');
  }
  if (clock !== undefined && typeof clock !== 'function') {
    throw new InvalidOptionError('clock', clock, 'a function that returns nanoseconds as a bigint');
  }
  const { events, unknownEvents, validateEvents } = options;
  if (events !== undefined && !Array.isArray(events)) assertObject('events', events);
  const isPolicy =
    unknownEvents === 'throw' || unknownEvents === 'skip' || typeof unknownEvents === 'function';
  if (unknownEvents !== undefined && !isPolicy) {
    throw new InvalidOptionError('unknownEvents', unknownEvents, "'throw', 'skip' or a function");
  }
  if (validateEvents !== undefined && typeof validateEvents !== 'boolean') {
    throw new InvalidOptionError('validateEvents', validateEvents, 'a boolean');
  }
  validateSnapshotOptions(options.snapshots, 'snapshots');
  validateReplay(options.replay);
  validateProjections(options.projections);
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names `name` */
export function validateJournalName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '')
    throw new InvalidOptionError('name', name, 'a non-empty string');
}

function validateReplay(replay: FileJournalModuleOptions['replay']): void {
  if (replay === undefined) return;
  assertObject('replay', replay);
  rejectUnknownOptions(replay, Object.keys(REPLAY_OPTIONS), 'replay.');
  const { includeArchived } = replay;
  if (includeArchived !== undefined && typeof includeArchived !== 'boolean') {
    throw new InvalidOptionError('replay.includeArchived', includeArchived, 'a boolean');
  }
}

function validateProjections(projections: FileJournalModuleOptions['projections']): void {
  if (projections === undefined) return;
  assertObject('projections', projections);
  rejectUnknownOptions(projections, Object.keys(PROJECTIONS_OPTIONS), 'projections.');
  const { checkpointStore, directory, retry = {}, autoStart } = projections;
  if (checkpointStore !== undefined && !isCheckpointStore(checkpointStore)) {
    throw new InvalidOptionError(
      'projections.checkpointStore',
      checkpointStore,
      'a CheckpointStore with load() and save()',
    );
  }
  if (directory !== undefined && (typeof directory !== 'string' || directory === '')) {
    throw new InvalidOptionError('projections.directory', directory, 'a non-empty path');
  }
  assertObject('projections.retry', retry);
  validateRetryOptions(retry, 'projections.retry');
  if (autoStart !== undefined && typeof autoStart !== 'boolean') {
    throw new InvalidOptionError('projections.autoStart', autoStart, 'a boolean');
  }
}

function assertObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(name, value, 'an object');
  }
}

function assertCount(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > MAX_COUNT) {
    throw new InvalidOptionError(name, value, `an integer of 1 … ${MAX_COUNT}`);
  }
}

function assertSequence(name: string, value: bigint | number): void {
  try {
    toU64(name, value);
  } catch {
    throw new InvalidOptionError(name, value, 'an integer of 0 … 2^64 - 1');
  }
}
