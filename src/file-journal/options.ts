import { constants as bufferConstants } from 'node:buffer';
import { InvalidOptionError, type Durability, type PayloadCodec } from '../journal/index.js';
import {
  FILE_ACCESS,
  choiceOption,
  integerOption,
  rejectUnknownOptions,
  resolveOptionTable,
  type FileAccess,
  type Option,
  type OptionNames,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../common/index.js';
import { jsonCodec } from '../serialization/index.js';
import { blockCodec } from './format/block-codec.js';
import type { ArchiveCompression } from './format/archive-name.js';
import type { FileSystem } from './os/file-system.js';
import { MMAP_IO_MAX_BYTES, type MapperName } from './os/mapped-file.js';
import type { WriterName } from './segment/segment-file.js';
import type { ReaderName } from './segment/segment-source.js';

// A new option of the engine is one property of READ_OPTIONS or WRITE_OPTIONS. Types, checks, defaults, the
// options of FileJournalModule and the table in docs/guides/options.md follow from it.

/** Smaller segments would hold only a few entries each. */
export const MIN_SEGMENT_SIZE_BYTES = 4096;
const MAX_SEGMENT_SIZE_BYTES = Math.min(2 ** 32, bufferConstants.MAX_LENGTH);
const MAX_TIMER_MS = 2 ** 31 - 1;
const MIB = 1024 * 1024;

/** Which thread waits for a sync. */
export type SyncThread = 'thread-pool' | 'event-loop';

/** Options of every reader. */
const READ_OPTIONS = {
  /**
   * How segments are read. `mapped`: through memory mappings, except for single entries of a large segment. A
   * read error of the disk then kills the process (SIGBUS). `positioned`: in blocks; a read error of the disk
   * causes an IoError.
   * @default 'mapped'
   */
  reader: choiceOption<ReaderName>(['mapped', 'positioned'], 'mapped'),
  /**
   * The native module that maps files. `auto` uses mmap-io if it is installed and loads, otherwise koffi.
   * @default 'auto'
   */
  mapper: choiceOption<MapperName>(['auto', 'mmap-io', 'koffi'], 'auto'),
};

/** Options of the writer. */
const WRITE_OPTIONS = {
  /**
   * Size of every new segment, 4,096 … 2^32 bytes, allocated in full. Existing segments keep their size.
   * @default 268_435_456 (256 MiB)
   */
  segmentSizeBytes: integerOption(MIN_SEGMENT_SIZE_BYTES, MAX_SEGMENT_SIZE_BYTES, 256 * MIB),
  /**
   * When an append resolves. `sync`: after the entry is durable. `async`: after the kernel has accepted the
   * write.
   * @default 'sync'
   */
  durability: choiceOption<Durability>(['sync', 'async'], 'sync'),
  /** With `durability: 'async'`: the longest time from a write to the start of its sync. @default 10 */
  syncIntervalMs: integerOption(1, MAX_TIMER_MS, 10),
  /**
   * Maximum number of bytes written after the last completed sync. Further appends wait for a sync.
   * @default 4_194_304 (4 MiB)
   */
  maxUnsyncedBytes: integerOption(MIN_SEGMENT_SIZE_BYTES, MAX_SEGMENT_SIZE_BYTES, 4 * MIB),
  /**
   * How a group of entries is written: with one positioned write, or with stores into the mapping.
   * @default 'positioned'
   */
  writer: choiceOption<WriterName>(['positioned', 'mapped'], 'positioned'),
  /**
   * With `durability: 'sync'`: where a group of one append is synced. `thread-pool` leaves the event loop
   * free. `event-loop` blocks it during the sync and avoids the round trip to the thread pool. Larger groups
   * always use the thread pool.
   * @default 'thread-pool'
   */
  syncOn: choiceOption<SyncThread>(['thread-pool', 'event-loop'], 'thread-pool'),
  /** How long opening waits for another writer to close. @default 2_000 */
  lockTimeoutMs: integerOption(0, MAX_TIMER_MS, 2_000),
  /**
   * `cut` cuts the newest segment at the first damaged entry, even if that loses acknowledged entries; a
   * quarantine file keeps the bytes. `none` makes opening fail on such damage and changes nothing.
   * @default 'none'
   */
  repair: choiceOption<'none' | 'cut'>(['none', 'cut'], 'none'),
  /**
   * Compression of archived segments, which runs in the background and includes segments archived earlier.
   * With `none`, orderbook-rs can read the segments, and renaming restores them. `zstd` needs Node.js 22.15,
   * 23.8 or later.
   * @default 'none' (FileJournalModule: 'gzip')
   */
  archiveCompression: availableCompression(),
  /**
   * Read permission of new files and directories, independent of the umask: `owner` (0600, directories 0700)
   * or `group` as well (0640, 0750). Existing ones keep their permissions.
   * @default 'owner'
   */
  access: choiceOption<FileAccess>(FILE_ACCESS, 'owner'),
};

/**
 * Options of {@link FileJournal.openReadOnly}.
 * @publicApi
 */
export interface FileJournalReadOptions<TCommand = unknown, TResult = unknown> extends OptionsOf<
  typeof READ_OPTIONS
> {
  /** The directory of the segments. */
  readonly directory: string;
  /** Converts events to payloads and back. @default jsonCodec() */
  readonly codec?: PayloadCodec<TCommand, TResult>;
  /** The seam to the operating system, for fault injection. @internal */
  readonly fileSystem?: (real: FileSystem) => FileSystem;
}

/**
 * Options of {@link FileJournal.open}.
 * @publicApi
 */
export interface FileJournalOptions<TCommand = unknown, TResult = unknown>
  extends FileJournalReadOptions<TCommand, TResult>, OptionsOf<typeof WRITE_OPTIONS> {
  /** The directory of the segments. Created with its parents if it is missing. */
  readonly directory: string;
}

export interface ResolvedReadOptions<TCommand, TResult> extends ResolvedOptionsOf<typeof READ_OPTIONS> {
  readonly directory: string;
  readonly codec: PayloadCodec<TCommand, TResult>;
  readonly fileSystem: (real: FileSystem) => FileSystem;
}

export interface ResolvedOptions<TCommand, TResult>
  extends ResolvedReadOptions<TCommand, TResult>, ResolvedOptionsOf<typeof WRITE_OPTIONS> {}

/** Not in the tables: required, generic, or left out of the published types. */
const OTHER_OPTIONS: OptionNames<Omit<FileJournalReadOptions, keyof typeof READ_OPTIONS>> = {
  directory: true,
  codec: true,
  fileSystem: true,
};
const READ_OPTION_NAMES: readonly string[] = Object.keys({ ...OTHER_OPTIONS, ...READ_OPTIONS });

/** The names of the options of {@link FileJournal.open}. */
export const FILE_JOURNAL_OPTION_NAMES: readonly (keyof FileJournalOptions)[] = Object.keys({
  ...OTHER_OPTIONS,
  ...READ_OPTIONS,
  ...WRITE_OPTIONS,
}) as (keyof FileJournalOptions)[];

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function resolveOptions<C, R>(options: FileJournalOptions<C, R>): ResolvedOptions<C, R> {
  rejectUnknown(options, FILE_JOURNAL_OPTION_NAMES);
  const resolved = { ...resolveRead(options), ...resolveOptionTable(WRITE_OPTIONS, options) };
  if (resolved.mapper === 'mmap-io')
    integerOption(MIN_SEGMENT_SIZE_BYTES, MMAP_IO_MAX_BYTES, 256 * MIB).check(
      'segmentSizeBytes',
      resolved.segmentSizeBytes,
    );
  return resolved;
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option */
export function resolveReadOptions<C, R>(options: FileJournalReadOptions<C, R>): ResolvedReadOptions<C, R> {
  rejectUnknown(options, READ_OPTION_NAMES);
  return resolveRead(options);
}

function resolveRead<C, R>(options: FileJournalReadOptions<C, R>): ResolvedReadOptions<C, R> {
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
    ...resolveOptionTable(READ_OPTIONS, options),
    directory,
    // The default codec accepts any JSON. A caller without a codec has no event types either.
    codec: codec ?? (jsonCodec() as PayloadCodec<C, R>),
    fileSystem: fileSystem ?? ((real) => real),
  };
}

/**
 * Creates the option `archiveCompression`. Its check throws CompressionUnavailableError
 * (`JOURNAL_COMPRESSION_UNAVAILABLE`) for `zstd` on an older Node.js.
 */
function availableCompression(): Option<ArchiveCompression | 'none'> {
  const choice = choiceOption<ArchiveCompression | 'none'>(['gzip', 'zstd', 'none'], 'none');
  return {
    ...choice,
    check: (name, value) => {
      const compression = choice.check(name, value);
      if (compression !== 'none') blockCodec(compression);
      return compression;
    },
  };
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
