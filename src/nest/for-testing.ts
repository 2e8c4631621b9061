import type { InitialEntry } from '../in-memory-journal/index.js';
import { DEFAULT_JOURNAL_NAME } from './file-journal.constants.js';
import type { FileJournalModuleExtras, FileJournalModuleOptions } from './file-journal-options.interface.js';
import { InMemoryDisk } from './in-memory-disk.js';
import { InvalidOptionError, type Journal } from '../journal/index.js';
import { assertOptions, type OptionNames } from '../common/index.js';

/**
 * Options of `FileJournalModule.forTesting`: those of `forRoot` that mean something without a file, and what a test wants of the journal.
 * @publicApi
 */
export interface FileJournalTestingOptions
  extends
    Omit<
      FileJournalModuleOptions,
      | 'directory'
      | 'journal'
      | 'segmentSizeBytes'
      | 'syncIntervalMs'
      | 'maxUnsyncedBytes'
      | 'writer'
      | 'reader'
      | 'mapper'
      | 'syncOn'
      | 'lockTimeoutMs'
      | 'repair'
      | 'access'
      | 'fileSystem'
    >,
    FileJournalModuleExtras {
  /** What the journal holds before the application starts, where the disk has nothing under its name. @default none */
  readonly initialEntries?: Iterable<InitialEntry>;
  /** What survives the application; give the same one to the next start. @default a new one for each start */
  readonly disk?: InMemoryDisk;
  /** Puts something around the journal before anybody gets it: `JournalFaults.wrap`. @default nothing */
  readonly wrap?: (journal: Journal) => Journal;
}

const TESTING_OPTIONS: OptionNames<FileJournalTestingOptions> = {
  initialEntries: true,
  disk: true,
  wrap: true,
  name: true,
  isGlobal: true,
  durability: true,
  codec: true,
  archiveCompression: true,
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

/**
 * The options of `forRoot` for a journal in memory.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option; also for one that means something on a disk only
 */
export function testingOptions(
  given: FileJournalTestingOptions,
): FileJournalModuleOptions & FileJournalModuleExtras {
  assertOptions(given, TESTING_OPTIONS, ' of forTesting()');
  const { initialEntries, disk, wrap = (journal: Journal) => journal, ...options } = given;
  if (disk !== undefined && typeof disk?.open !== 'function')
    throw new InvalidOptionError('disk', disk, 'an InMemoryDisk');
  if (typeof wrap !== 'function') throw new InvalidOptionError('wrap', wrap, 'a function of a Journal');
  const name = options.name ?? DEFAULT_JOURNAL_NAME;
  return {
    ...options,
    journal: async ({ codec, durability }) =>
      wrap(await (disk ?? new InMemoryDisk()).open(name, { codec, durability, initialEntries })),
    projections:
      disk === undefined
        ? options.projections
        : { checkpointStore: disk.checkpointsOf(name), ...options.projections },
  };
}
