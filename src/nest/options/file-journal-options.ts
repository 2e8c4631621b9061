import {
  booleanOption,
  choiceOption,
  integerOption,
  objectOption,
  option,
  orElse,
  pathOption,
  tableOption,
  type OptionsOf,
} from '../../common/index.js';
import type { UnknownEventPolicy } from '../../aggregates/index.js';
import type { EventClasses } from '../../events/index.js';
import type { FileJournalOptions } from '../../file-journal/index.js';
import { toU64, type Journal, type SequencerEvent } from '../../journal/index.js';
import { RETRY_OPTION, type CheckpointStore } from '../../projections/index.js';
import { JOURNAL_SNAPSHOTS } from '../../replay/index.js';
import { SEQUENCER_OPTIONS, type OnDivergence, type WallClock } from '../../sequencer/index.js';

// A new option of the module is one property of a table below. The options of the engine come from
// src/file-journal/options.ts.

const MAX_COUNT = 2 ** 31 - 1;

export const REPLAY_OPTIONS = {
  /**
   * Also reads archived segments, compressed or not, that are still in the journal's directory: to rebuild
   * aggregates that no snapshot covers, and to load aggregate roots. Use it for an aggregate whose snapshots
   * are lost or whose `snapshotVersion` was raised. A journal that did not begin with sequence 0 also needs
   * `firstSequence`. Projections and subscriptions do not read archived segments.
   * @default false: missing entries reject with `JOURNAL_REPLAY_GAP`
   */
  includeArchived: booleanOption(false),
};

/** Options of `projections`. The ProjectionsService and the journal set their defaults. */
export const PROJECTIONS_OPTIONS = {
  /**
   * Checkpoint store of projections that do not name one.
   * @default a FileCheckpointStore in `directory`; in memory for journals without a directory
   */
  checkpointStore: objectOption<CheckpointStore>('a CheckpointStore with load() and save()', [
    'load',
    'save',
  ]),
  /** Directory of the checkpoint files. @default the folder `projections` in the journal's directory */
  directory: pathOption(),
  /** Retries of projections without retry options of their own. */
  retry: RETRY_OPTION,
  /** With false, projections wait for `ProjectionsService.start()`. @default true */
  autoStart: booleanOption(true),
};

/** Options of the engine whose default in the module differs from that of `FileJournal.open`. */
export const ENGINE_DEFAULTS = { archiveCompression: 'gzip' } as const;

/** The options of the module, other than those of the engine. */
export const MODULE_OPTIONS = {
  ...SEQUENCER_OPTIONS,
  /**
   * The event classes of the application: classes with `@JournalEvent()`, and `{ event, name }` for others.
   * `forFeature` accepts the same list.
   * @default none
   */
  events: option('a list of classes', isEventList),
  /**
   * What loading an aggregate does with a stored event whose class is not registered. `skip` ignores the
   * event. It also ignores stored aggregates of classes that are not registered; with `throw`, a repository
   * of another class rejects their ids with `JOURNAL_AGGREGATE_TYPE`.
   * @default 'throw'
   */
  unknownEvents: option("'throw', 'skip' or a function", isUnknownEventPolicy, 'throw'),
  /** With false, the module skips the `validation` of all event classes. @default true */
  validateEvents: booleanOption(true),
  /** The sequence of the first entry of an empty journal. @default 0n */
  firstSequence: option('an integer of 0 … 2^64 - 1', isSequence, 0n),
  /**
   * The reaction when a replayed command gives a result other than the stored one. `throw` stops the boot.
   * `warn` logs a warning and continues with the state that the current code computes.
   * @default 'throw'
   */
  onDivergence: choiceOption<OnDivergence>(['throw', 'warn'], 'throw'),
  /**
   * Whether the journal persists SequencerEvents that other code publishes on the EventBus; a function
   * selects them. An application has one EventBus: with several journals, each must recognize its own events.
   * @default true for the default journal, false for named ones
   */
  persistPublished: option('a boolean or a function', isBooleanOrFilter),
  /** With false, the Sequencer does not publish its events on the EventBus. @default true */
  publish: booleanOption(true),
  /**
   * Snapshots of the aggregates; false switches them off.
   * @default a FileSnapshotStore in the journal's directory; none for other journals
   */
  snapshots: JOURNAL_SNAPSHOTS,
  /** How aggregates are rebuilt from the journal. */
  replay: tableOption<ReplayModuleOptions>(REPLAY_OPTIONS),
  /** How classes with `@Projection()` and `@ProcessManager()` run. */
  projections: tableOption<ProjectionsModuleOptions>(PROJECTIONS_OPTIONS),
  /** Interval of progress reports during a replay and during the rebuild of a projection. @default 1_000 */
  progressIntervalMs: integerOption(1, MAX_COUNT),
  // Docker kills the process 10 s after its signal, Kubernetes after 30 s. With a hanging disk, closing can
  // take this time twice.
  /**
   * Time limit for a graceful shutdown. After it, the journal closes without waiting for unfinished HTTP
   * requests, commands and projections. The time starts after the `onModuleDestroy` and
   * `beforeApplicationShutdown` hooks of the other modules. Acknowledged entries are stored; pending callers
   * get JournalClosedError. Closing then waits at most the same time again for a write in progress.
   * @default 5_000
   */
  shutdownTimeoutMs: integerOption(1, MAX_COUNT, 5_000),
  // The default is the limit of etcd.
  /**
   * Logs a warning for each sync that takes longer, at most every 10 s. False switches the warnings off.
   * @default 1_000
   */
  slowSyncMs: orElse(false, integerOption(1, MAX_COUNT, 1_000)),
  /** The current time in nanoseconds since the Unix epoch. @default the clock of the system */
  clock: option('a function that returns nanoseconds as a bigint', isFunction as Guard<WallClock>),
};

/**
 * Opens another journal than the file journal, such as an InMemoryJournal in tests. It must use
 * `options.codec`, which knows the registered event classes.
 */
export type JournalFactory = (
  options: FileJournalModuleOptions & Required<Pick<FileJournalModuleOptions, 'codec'>>,
) => Journal | Promise<Journal>;

/** How aggregates are rebuilt from the journal. */
export interface ReplayModuleOptions extends OptionsOf<typeof REPLAY_OPTIONS> {}

/** How classes with `@Projection()` and `@ProcessManager()` run. */
export interface ProjectionsModuleOptions extends OptionsOf<typeof PROJECTIONS_OPTIONS> {}

/**
 * Options of one journal and of what the module builds around it. The module passes those of
 * FileJournalOptions to `FileJournal.open`.
 * @publicApi
 */
export interface FileJournalModuleOptions
  extends Omit<FileJournalOptions, 'directory'>, OptionsOf<typeof MODULE_OPTIONS> {
  /** The directory of the segments. Created if it is missing. Required unless `journal` is a function. */
  readonly directory?: string;
  /** `file` opens a FileJournal; a function opens another journal. @default 'file' */
  readonly journal?: 'file' | JournalFactory;
}

/**
 * Implemented by classes for `forRootAsync({ useClass, useExisting })`.
 * @publicApi
 */
export interface FileJournalOptionsFactory {
  /** Returns the options of the journal. */
  createFileJournalOptions(): FileJournalModuleOptions | Promise<FileJournalModuleOptions>;
}

/** Options that the module needs before a factory runs, for both `forRoot` and `forRootAsync`. */
export interface FileJournalModuleExtras {
  /** Name of the journal, for applications with several. @default 'default' */
  name?: string;
  /**
   * Whether every module can inject the journal's providers, as with other `forRoot()`s of Nest. A module
   * that calls `forFeature` must be able to see the journal.
   * @default true
   */
  isGlobal?: boolean;
}

/** The directory of the journal's files; null for a journal without one. */
export function journalDirectory({ journal = 'file', directory }: FileJournalModuleOptions): string | null {
  return journal === 'file' ? (directory ?? null) : null;
}

type Guard<T> = (value: unknown) => value is T;

/** Checks only that it is a list; the registry checks the entries. */
function isEventList(value: unknown): value is EventClasses {
  return Array.isArray(value);
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

function isUnknownEventPolicy(value: unknown): value is UnknownEventPolicy {
  return value === 'throw' || value === 'skip' || typeof value === 'function';
}

function isBooleanOrFilter(value: unknown): value is boolean | ((event: SequencerEvent) => boolean) {
  return typeof value === 'boolean' || typeof value === 'function';
}

function isSequence(value: unknown): value is bigint | number {
  try {
    toU64('firstSequence', value as bigint | number);
    return true;
  } catch {
    return false;
  }
}
