import { InvalidDirectoryError } from '../../journal/index.js';
import { parseArchiveName } from '../format/archive-name.js';
import { CHECKPOINT_NAME, parseSegmentName } from '../format/segment-name.js';
import type { FileSystem } from '../os/file-system.js';
import { loadFileSystem } from '../os/load-file-system.js';
import { notPermitted, withRemedy } from '../segment/directory-errors.js';
import { SegmentDirectory } from '../segment/segment-directory.js';

export interface InspectOptions {
  /** The directory of the segments. */
  readonly directory: string;
  /** The seam to the operating system, for fault injection. */
  readonly fileSystem?: (real: FileSystem) => FileSystem;
}

/**
 * Checks that there is a journal: for commands that would otherwise find nothing wrong with a mistyped path.
 * @throws (rejects) InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function assertJournalThere(path: string): Promise<void> {
  await withDirectory({ directory: path }, async (directory) => assertHoldsJournal(directory));
}

/** The same for an open directory. @throws InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`) */
export function assertHoldsJournal({ files, path }: SegmentDirectory): void {
  const isOfJournal = (name: string): boolean =>
    name === CHECKPOINT_NAME || parseSegmentName(name) !== null || parseArchiveName(name) !== null;
  if (files.list(path).some(({ name }) => isOfJournal(name))) return;
  throw new InvalidDirectoryError(path, 'there is no journal in it: no file has the name of a segment');
}

/**
 * Opens a directory for reading its files, and closes it afterwards. Explains what this user may not read.
 */
export async function withDirectory<T>(
  { directory: path, fileSystem = (real) => real }: InspectOptions,
  use: (directory: SegmentDirectory) => Promise<T>,
): Promise<T> {
  let directory: SegmentDirectory;
  try {
    const files = await loadFileSystem({ mapper: 'auto', fileSystem });
    directory = SegmentDirectory.open(files, path);
  } catch (error) {
    throw withRemedy(error);
  }
  try {
    return await use(directory);
  } catch (error) {
    throw withRemedy(notPermitted(directory.path, error));
  } finally {
    directory.close();
  }
}
