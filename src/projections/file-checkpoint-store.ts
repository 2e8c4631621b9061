import { join } from 'node:path';
import {
  assertOptionNames,
  choiceOption,
  DurableDirectory,
  FILE_ACCESS,
  modesOf,
  NotAFileError,
  pathOption,
  required,
  resolveOptionTable,
  type FileAccess,
  type OptionsOf,
  type RequiredOptionsOf,
} from '../common/index.js';
import { InvalidOptionError } from '../journal/index.js';
import type { Checkpoint, CheckpointStore } from './checkpoint.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-format.js';
import { ProjectionCheckpointError } from './projections.errors.js';

const OPTIONS = {
  /** Directory of the files; created if missing. */
  directory: required(pathOption()),
  /** Read permission of new files: the owner, or the group as well. @default 'owner' */
  access: choiceOption<FileAccess>(FILE_ACCESS, 'owner'),
};

/**
 * Options of {@link FileCheckpointStore}.
 * @publicApi
 */
export interface FileCheckpointStoreOptions
  extends RequiredOptionsOf<typeof OPTIONS>, OptionsOf<typeof OPTIONS> {}

/**
 * Stores checkpoints as files `projection-{name}.checkpoint`. The store writes a temporary file in the same
 * directory, syncs it, renames it, and syncs the directory. After a crash, either the new checkpoint or the
 * previous one exists.
 *
 * It is not transactional: after a crash, handlers get the entries since the last checkpoint again.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option
 * @publicApi
 */
export class FileCheckpointStore implements CheckpointStore {
  /** The directory of the checkpoints. */
  readonly directory: string;
  private readonly files: DurableDirectory;
  /** Names of projections, by the lower-case name of their file. */
  private readonly names = new Map<string, string>();
  /**
   * The last save of each projection. Saves run one at a time, because two at once would write the same
   * temporary file.
   */
  private readonly saving = new Map<string, Promise<unknown>>();

  constructor(options: FileCheckpointStoreOptions) {
    assertOptionNames(options, Object.keys(OPTIONS), ' of FileCheckpointStore');
    const { directory, access } = resolveOptionTable(OPTIONS, options, 'projections.');
    this.files = new DurableDirectory(directory, modesOf(access));
    this.directory = this.files.path;
  }

  /**
   * Refuses a name that differs from another only in upper and lower case: some file systems treat them as
   * one file.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  reserve(projection: string): void {
    const fileName = fileNameOf(projection);
    const owner = this.names.get(fileName.toLowerCase());
    if (owner !== undefined && owner !== projection) {
      throw new InvalidOptionError(
        'projection name',
        projection,
        `different from ${owner} in more than case: their checkpoints are files in ${this.directory}`,
      );
    }
    this.names.set(fileName.toLowerCase(), projection);
  }

  /**
   * @throws (rejects) ProjectionCheckpointError (`JOURNAL_PROJECTION_CHECKPOINT`) if the file is damaged or
   * is not an ordinary file
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  async load(projection: string): Promise<Checkpoint | null> {
    const name = possibleFileName(projection);
    if (name === null) return null;
    const path = join(this.directory, name);
    let content: Buffer | null;
    try {
      content = await this.files.read(name);
    } catch (cause) {
      if (!(cause instanceof NotAFileError)) throw cause;
      throw new ProjectionCheckpointError(projection, `${path} is not an ordinary file; move it away`, {
        cause,
      });
    }
    return content === null ? null : decodeCheckpoint(projection, content.toString(), path);
  }

  save(projection: string, checkpoint: Checkpoint): Promise<void> {
    const before = this.saving.get(projection) ?? Promise.resolve();
    const saved = before.then(() =>
      this.files.replace(fileNameOf(projection), encodeCheckpoint(projection, checkpoint)),
    );
    this.saving.set(
      projection,
      saved.catch(() => undefined),
    );
    return saved;
  }
}

function fileNameOf(projection: string): string {
  return `projection-${encodeURIComponent(projection)}.checkpoint`;
}

/** Null for a name with half a surrogate pair, which cannot be a file name. */
function possibleFileName(projection: string): string | null {
  try {
    return fileNameOf(projection);
  } catch {
    return null;
  }
}
