import { constants as bufferConstants } from 'node:buffer';
import { InvalidOptionError, type Durability, type PayloadCodec } from '../journal/index.js';
import { rejectUnknownOptions } from '../common/index.js';
import { jsonCodec } from '../serialization/index.js';
import { blockCodec } from './archive/archive-codec.js';
import type { ArchiveCompression } from './format/archive-name.js';
import { FILE_ACCESS, type FileAccess } from '../common/index.js';
import type { FileSystem } from './os/file-system.js';
import { MMAP_IO_MAX_BYTES, type MapperName } from './os/mapped-file.js';
import type { WriterName } from './segment/segment-file.js';
import type { ReaderName } from './segment/segment-source.js';

/**
 * What {@link FileJournal.openReadOnly} takes.
 * @publicApi
 */
export interface FileJournalReadOptions<TCommand = unknown, TResult = unknown> {
  /** Where the segments lie. */
  readonly directory: string;
  /**
   * `mapped` reads through memory mappings, but for single entries of a large segment; a medium that cannot be read then
   * kills the process (SIGBUS). `positioned` reads blocks and turns that into an IoError.
   * @default 'mapped'
   */
  readonly reader?: ReaderName;
  /**
   * Which native module maps files: `auto` takes mmap-io where it is installed and loads, else koffi.
   * @default 'auto'
   */
  readonly mapper?: MapperName;
  /** Events to payloads and back. @default jsonCodec() */
  readonly codec?: PayloadCodec<TCommand, TResult>;
  /** The seam to the operating system, for fault injection. @internal */
  readonly fileSystem?: (real: FileSystem) => FileSystem;
}

/** Which thread waits for a sync. */
export type SyncThread = 'thread-pool' | 'event-loop';

/**
 * What {@link FileJournal.open} takes.
 * @publicApi
 */
export interface FileJournalOptions<TCommand = unknown, TResult = unknown> extends FileJournalReadOptions<
  TCommand,
  TResult
> {
  /** Where the segments lie; created, its parents too, when missing. */
  readonly directory: string;
  /** Size of every new segment, allocated in full; existing ones keep theirs. 4,096 … 2^32. @default 268_435_456 (256 MiB) */
  readonly segmentSizeBytes?: number;
  /** `sync`: an append resolves when it is on the device. `async`: when the kernel has it. @default 'sync' */
  readonly durability?: Durability;
  /** In `async` durability: the longest time from a write to the start of its sync. @default 10 */
  readonly syncIntervalMs?: number;
  /** At most so many bytes are written beyond the last completed sync; then appends wait. @default 4_194_304 (4 MiB) */
  readonly maxUnsyncedBytes?: number;
  /** How groups are written: one positioned write, or stores into the mapping. @default 'positioned' */
  readonly writer?: WriterName;
  /**
   * Where an append that is alone in its group is synced in `sync` durability. `thread-pool` leaves the event loop free;
   * `event-loop` blocks it for the time of the sync and saves the way to the pool and back. Groups go to the pool either way.
   * @default 'thread-pool'
   */
  readonly syncOn?: SyncThread;
  /** How long to wait for another writer to close. @default 2_000 */
  readonly lockTimeoutMs?: number;
  /**
   * `cut` cuts the newest segment at the first damaged entry even where that loses entries that were acknowledged; the
   * bytes are kept in a quarantine file. Without it such damage makes opening fail and changes nothing.
   * @default 'none'
   */
  readonly repair?: 'none' | 'cut';
  /**
   * Whether archived segments are compressed, in the background, after they were archived; those of earlier times, too. `none`
   * leaves them to be read by orderbook-rs, and to be put back by renaming. `zstd` needs Node.js 22.15, 23.8 or later.
   * @default 'none' (FileJournalModule: 'gzip')
   */
  readonly archiveCompression?: ArchiveCompression | 'none';
  /**
   * Read permission of new files and directories, whatever the umask: `owner` (0600, directories 0700), or
   * `group` as well (0640, 0750). Existing ones keep their permissions.
   * @default 'owner'
   */
  readonly access?: FileAccess;
}

export interface ResolvedReadOptions<TCommand, TResult> {
  readonly directory: string;
  readonly reader: ReaderName;
  readonly mapper: MapperName;
  readonly codec: PayloadCodec<TCommand, TResult>;
  readonly fileSystem: (real: FileSystem) => FileSystem;
}

export interface ResolvedOptions<TCommand, TResult> extends ResolvedReadOptions<TCommand, TResult> {
  readonly segmentSizeBytes: number;
  readonly durability: Durability;
  readonly syncIntervalMs: number;
  readonly maxUnsyncedBytes: number;
  readonly writer: WriterName;
  readonly syncOn: SyncThread;
  readonly lockTimeoutMs: number;
  readonly repair: 'none' | 'cut';
  readonly archiveCompression: ArchiveCompression | 'none';
  readonly access: FileAccess;
}

/** Smaller segments would hold only a handful of entries each. */
export const MIN_SEGMENT_SIZE_BYTES = 4096;
const MAX_SEGMENT_SIZE_BYTES = Math.min(2 ** 32, bufferConstants.MAX_LENGTH);
const DEFAULT_SEGMENT_SIZE_BYTES = 256 * 1024 * 1024;
const DEFAULT_MAX_UNSYNCED_BYTES = 4 * 1024 * 1024;
const MAX_TIMER_MS = 2 ** 31 - 1;

const READ_OPTIONS = ['directory', 'reader', 'mapper', 'codec', 'fileSystem'];
const WRITE_OPTIONS = [
  ...READ_OPTIONS,
  'segmentSizeBytes',
  'durability',
  'syncIntervalMs',
  'maxUnsyncedBytes',
  'writer',
  'syncOn',
  'lockTimeoutMs',
  'repair',
  'archiveCompression',
  'access',
];

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function resolveOptions<C, R>(options: FileJournalOptions<C, R>): ResolvedOptions<C, R> {
  rejectUnknown(options, WRITE_OPTIONS);
  const mapper = oneOf('mapper', options.mapper, ['auto', 'mmap-io', 'koffi'], 'auto');
  return {
    ...readOptions(options),
    segmentSizeBytes: integer(
      'segmentSizeBytes',
      options.segmentSizeBytes,
      DEFAULT_SEGMENT_SIZE_BYTES,
      MIN_SEGMENT_SIZE_BYTES,
      mapper === 'mmap-io' ? MMAP_IO_MAX_BYTES : MAX_SEGMENT_SIZE_BYTES,
    ),
    durability: oneOf('durability', options.durability, ['sync', 'async'], 'sync'),
    syncIntervalMs: integer('syncIntervalMs', options.syncIntervalMs, 10, 1, MAX_TIMER_MS),
    maxUnsyncedBytes: integer(
      'maxUnsyncedBytes',
      options.maxUnsyncedBytes,
      DEFAULT_MAX_UNSYNCED_BYTES,
      MIN_SEGMENT_SIZE_BYTES,
      MAX_SEGMENT_SIZE_BYTES,
    ),
    writer: oneOf('writer', options.writer, ['positioned', 'mapped'], 'positioned'),
    syncOn: oneOf('syncOn', options.syncOn, ['thread-pool', 'event-loop'], 'thread-pool'),
    lockTimeoutMs: integer('lockTimeoutMs', options.lockTimeoutMs, 2_000, 0, MAX_TIMER_MS),
    repair: oneOf('repair', options.repair, ['none', 'cut'], 'none'),
    archiveCompression: availableCompression(options.archiveCompression),
    access: oneOf('access', options.access, FILE_ACCESS, 'owner'),
  };
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function resolveReadOptions<C, R>(options: FileJournalReadOptions<C, R>): ResolvedReadOptions<C, R> {
  rejectUnknown(options, READ_OPTIONS);
  return readOptions(options);
}

function readOptions<C, R>(options: FileJournalReadOptions<C, R>): ResolvedReadOptions<C, R> {
  const { directory, codec, fileSystem } = options;
  if (typeof directory !== 'string' || directory.length === 0 || directory.includes('\0')) {
    throw new InvalidOptionError('directory', directory, 'a non-empty path');
  }
  if (codec !== undefined && (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function')) {
    throw new InvalidOptionError('codec', codec, 'an object with encode() and decode()');
  }
  if (fileSystem !== undefined && typeof fileSystem !== 'function') {
    throw new InvalidOptionError('fileSystem', fileSystem, 'a function');
  }
  return {
    directory,
    reader: oneOf('reader', options.reader, ['mapped', 'positioned'], 'mapped'),
    mapper: oneOf('mapper', options.mapper, ['auto', 'mmap-io', 'koffi'], 'auto'),
    // The default codec takes any JSON; the caller who names no codec names no types either.
    codec: codec ?? (jsonCodec() as PayloadCodec<C, R>),
    fileSystem: fileSystem ?? ((real) => real),
  };
}

/** @throws CompressionUnavailableError (`JOURNAL_COMPRESSION_UNAVAILABLE`) */
function availableCompression(value: FileJournalOptions['archiveCompression']): ArchiveCompression | 'none' {
  const compression = oneOf('archiveCompression', value, ['gzip', 'zstd', 'none'], 'none');
  if (compression !== 'none') blockCodec(compression);
  return compression;
}

function rejectUnknown(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', options, 'an object');
  }
  rejectUnknownOptions(
    Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'fileSystem')),
    known.filter((name) => name !== 'fileSystem'),
  );
}

function oneOf<T extends string>(name: string, value: T | undefined, allowed: readonly T[], fallback: T): T {
  if (value === undefined) return fallback;
  if (!allowed.includes(value)) {
    throw new InvalidOptionError(name, value, `one of ${allowed.map((item) => `'${item}'`).join(', ')}`);
  }
  return value;
}

function integer(
  name: string,
  value: number | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    throw new InvalidOptionError(name, value, `an integer of ${min} … ${max}`);
  }
  return value;
}
