import type { InitialEntry } from '../../in-memory-journal/index.js';
import { DEFAULT_JOURNAL_NAME } from '../file-journal.constants.js';
import type { FileJournalOptions } from '../../file-journal/index.js';
import {
  MODULE_OPTIONS,
  type FileJournalModuleExtras,
  type FileJournalModuleOptions,
} from '../options/file-journal-options.js';
import { InMemoryDisk } from './in-memory-disk.js';
import type { Journal } from '../../journal/index.js';
import {
  assertOptionNames,
  objectOption,
  option,
  resolveOptionTable,
  uncheckedOption,
  type OptionNames,
  type OptionsOf,
} from '../../common/index.js';

/** Options of the engine that a journal in memory also has. All others need files. */
const IN_MEMORY_OPTIONS = ['durability', 'codec', 'archiveCompression'] as const;
type NeedsFiles = Exclude<keyof FileJournalOptions, (typeof IN_MEMORY_OPTIONS)[number]>;

const TESTING_OPTIONS = {
  /**
   * Entries of the journal before the application starts, if the disk has none under its name.
   * @default none
   */
  initialEntries: uncheckedOption<Iterable<InitialEntry>>(),
  /**
   * Keeps entries and checkpoints for the next start of the application.
   * @default a new disk for each start
   */
  disk: objectOption<InMemoryDisk>('an InMemoryDisk', ['open']),
  /**
   * Wraps the journal before any other code receives it, for example `JournalFaults.wrap`.
   * @default no wrapping
   */
  wrap: option('a function of a Journal', isWrapper, (journal) => journal),
};

/**
 * Options of `FileJournalModule.forTesting`: those of `forRoot` that need no files, and those of the journal
 * in memory.
 * @publicApi
 */
export interface FileJournalTestingOptions
  extends
    Omit<FileJournalModuleOptions, NeedsFiles | 'journal'>,
    FileJournalModuleExtras,
    OptionsOf<typeof TESTING_OPTIONS> {}

const EXTRA_OPTIONS: OptionNames<FileJournalModuleExtras> = { name: true, isGlobal: true };
const OPTION_NAMES: readonly string[] = [
  ...IN_MEMORY_OPTIONS,
  ...Object.keys({ ...TESTING_OPTIONS, ...EXTRA_OPTIONS, ...MODULE_OPTIONS }),
];

/**
 * Returns the options of `forRoot` for a journal in memory.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option, also for one that needs files
 */
export function testingOptions(
  given: FileJournalTestingOptions,
): FileJournalModuleOptions & FileJournalModuleExtras {
  assertOptionNames(given, OPTION_NAMES, ' of forTesting()');
  const own = resolveOptionTable(TESTING_OPTIONS, given);
  const { initialEntries, disk, wrap, ...options } = { ...given, ...own };
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

function isWrapper(value: unknown): value is (journal: Journal) => Journal {
  return typeof value === 'function';
}
