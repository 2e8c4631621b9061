import type { FileJournalOptions } from '../file-journal/index.js';
import type { UnknownEventPolicy } from '../aggregates/index.js';
import type { EventClasses } from '../events/index.js';
import type { Journal, SequencerEvent } from '../journal/index.js';
import type { CheckpointStore, ProjectionRetryOptions } from '../projections/index.js';
import type { SnapshotOptions } from '../replay/index.js';
import type { OnDivergence, WallClock } from '../sequencer/index.js';

/**
 * Opens another journal than the file journal: in tests an InMemoryJournal. It must use `options.codec`, which knows
 * the registered event classes.
 */
export type JournalFactory = (
  options: FileJournalModuleOptions & Required<Pick<FileJournalModuleOptions, 'codec'>>,
) => Journal | Promise<Journal>;

/** What rebuilds aggregates from the journal. */
export interface ReplayModuleOptions {
  /**
   * Where no snapshot covers what is archived, rebuilds from the archived segments that are still in the journal's directory, compressed
   * or not; and loads aggregate roots from them. For an aggregate whose snapshots are lost, or whose `snapshotVersion` was
   * raised. A journal that did not begin with 0 has to say so with `firstSequence`. Projections and subscriptions do not read them.
   * @default false: JOURNAL_REPLAY_GAP
   */
  readonly includeArchived?: boolean;
}

/** What runs the classes with `@Projection()` and `@ProcessManager()`. */
export interface ProjectionsModuleOptions {
  /** For those that name no store. @default a FileCheckpointStore in `directory`; in memory for journals without a directory */
  readonly checkpointStore?: CheckpointStore;
  /** @default the folder `projections` in the journal's directory */
  readonly directory?: string;
  /** For those that say nothing else. */
  readonly retry?: ProjectionRetryOptions;
  /** False: they wait for `ProjectionsService.start()`. @default true */
  readonly autoStart?: boolean;
}

/**
 * Options of one journal and of what Nest puts around it. Those of the storage engine are handed on to
 * `FileJournal.open`: `segmentSizeBytes`, `durability`, `syncIntervalMs`, `maxUnsyncedBytes`, `writer`, `reader`, `mapper`,
 * `lockTimeoutMs`, `repair`.
 * @publicApi
 */
export interface FileJournalModuleOptions extends Omit<FileJournalOptions, 'directory'> {
  /** Where the segments lie; created when missing. Required unless `journal` is a function. */
  readonly directory?: string;
  /** `file` opens a FileJournal; a function opens another one. @default 'file' */
  readonly journal?: 'file' | JournalFactory;
  /** Event classes with `@JournalEvent()`, or any by the stable names they are stored under; more with `forFeature`. @default none */
  readonly events?: EventClasses;
  /**
   * How an aggregate is loaded if the class of a stored event is not registered. `skip` ignores the event,
   * and also stored aggregates of classes that are not registered; with `throw`, another class refuses their
   * ids with `JOURNAL_AGGREGATE_TYPE`.
   * @default 'throw'
   */
  readonly unknownEvents?: UnknownEventPolicy;
  /** False switches off the `validation` of all event classes. @default true */
  readonly validateEvents?: boolean;
  /** The sequence an empty journal begins with. @default 0n */
  readonly firstSequence?: bigint | number;
  /** Entries of the Sequencer that may be on their way to the disk at once. @default 1_024 */
  readonly maxInFlight?: number;
  /** Commands that may wait for the Sequencer. @default 65_536 */
  readonly maxQueued?: number;
  /**
   * How many of the last entries the Sequencer looks through for the id of a command. One that is repeated after more entries than
   * that is executed again. At boot they are looked for in archived segments, too, as far as those are still where the journal
   * archived them: a command whose archived entry was moved away before is forgotten, and executed again; while an archived
   * segment cannot be read, commands with an id are refused.
   * @default 65_536
   */
  readonly commandWindow?: number;
  /**
   * What to do when executing a stored command again gives another result than the stored one: stop, or log a
   * warning and go on with the state the code makes today.
   * @default 'throw'
   */
  readonly onDivergence?: OnDivergence;
  /**
   * Whether SequencerEvents that others publish on the EventBus are persisted (and which of them). An application has one
   * EventBus: with several journals each needs to know its own events.
   * @default true for the default journal, false for named ones
   */
  readonly persistPublished?: boolean | ((event: SequencerEvent) => boolean);
  /** False keeps events of the Sequencer off the EventBus. @default true */
  readonly publish?: boolean;
  /** False keeps no snapshots. @default a FileSnapshotStore in the journal's directory; none for other journals */
  readonly snapshots?: false | SnapshotOptions;
  readonly replay?: ReplayModuleOptions;
  readonly projections?: ProjectionsModuleOptions;
  /** How often the progress of a replay, or of the rebuild of a projection, is reported. @default 1_000 */
  readonly progressIntervalMs?: number;
  /**
   * The longest time until the journal is closed without waiting for HTTP requests, commands and projections that are not done;
   * it begins when the `onModuleDestroy` and `beforeApplicationShutdown` of the other modules are done. What was acknowledged is stored; who still waits gets JournalClosedError. Closing itself
   * waits for a write that is under way, at most as long again.
   * @default 5_000
   */
  readonly shutdownTimeoutMs?: number;
  /** A sync that takes longer is logged as a warning, at most every 10 s. False: never. @default 1_000 */
  readonly slowSyncMs?: number | false;
  /** Nanoseconds since the Unix epoch. @default the system's clock */
  readonly clock?: WallClock;
}

/** Implemented by classes for `forRootAsync({ useClass, useExisting })`. */
export interface FileJournalOptionsFactory {
  createFileJournalOptions(): FileJournalModuleOptions | Promise<FileJournalModuleOptions>;
}

/** What must be known before options are made: given to `forRoot` and `forRootAsync` alike. */
export interface FileJournalModuleExtras {
  /** Name of the journal, for applications with several. @default 'default' */
  name?: string;
  /**
   * Whether the journal's providers can be injected everywhere, as with other `forRoot()`s of Nest. What `forFeature` registers
   * needs a journal it can see.
   * @default true
   */
  isGlobal?: boolean;
}
