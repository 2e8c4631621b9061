import { InvalidOptionError, toU64 } from '../journal/index.js';
import type { FileJournalModuleOptions, SnapshotOptions } from './file-journal-options.interface.js';

type OptionNames<T> = Record<keyof T, true>;

/** Options of the engine; it checks their values itself. */
const ENGINE_OPTIONS = {
  directory: true,
  segmentSizeBytes: true,
  durability: true,
  syncIntervalMs: true,
  maxUnsyncedBytes: true,
  writer: true,
  reader: true,
  mapper: true,
  codec: true,
  lockTimeoutMs: true,
  repair: true,
  fileSystem: true,
} as const;

const MODULE_OPTIONS: OptionNames<FileJournalModuleOptions> = {
  ...ENGINE_OPTIONS,
  journal: true,
  events: true,
  firstSequence: true,
  maxInFlight: true,
  maxQueued: true,
  onDivergence: true,
  persistPublished: true,
  publish: true,
  snapshots: true,
  progressIntervalMs: true,
  clock: true,
};

const SNAPSHOT_OPTIONS: OptionNames<SnapshotOptions> = { store: true, directory: true, keep: true };

const MAX_COUNT = 2 ** 31 - 1;

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option */
export function validateOptions(options: FileJournalModuleOptions): void {
  assertObject('options', options);
  assertKnown(options, MODULE_OPTIONS, '');
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
  assertCount('progressIntervalMs', options.progressIntervalMs);
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
  if (options.events !== undefined) assertObject('events', options.events);
  validateSnapshots(options.snapshots);
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names `name` */
export function validateJournalName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '')
    throw new InvalidOptionError('name', name, 'a non-empty string');
}

function validateSnapshots(snapshots: FileJournalModuleOptions['snapshots']): void {
  if (snapshots === undefined || snapshots === false) return;
  assertObject('snapshots', snapshots);
  assertKnown(snapshots, SNAPSHOT_OPTIONS, 'snapshots.');
  const { store } = snapshots;
  if (store !== undefined && (typeof store?.save !== 'function' || typeof store.load !== 'function')) {
    throw new InvalidOptionError('snapshots.store', store, 'a SnapshotStore with save() and load()');
  }
}

function assertObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(name, value, 'an object');
  }
}

function assertKnown(options: object, known: Record<string, true>, prefix: string): void {
  for (const [key, value] of Object.entries(options)) {
    if (Object.hasOwn(known, key)) continue;
    throw new InvalidOptionError(
      `${prefix}${key}`,
      value,
      `left out, there is no such option (known: ${Object.keys(known).join(', ')})`,
    );
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
