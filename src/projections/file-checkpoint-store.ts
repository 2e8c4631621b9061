import { join } from 'node:path';
import { DurableDirectory, FILE_ACCESS, modesOf, NotAFileError, type FileAccess } from '../common/index.js';
import { InvalidOptionError } from '../journal/index.js';
import { assertOptions, type OptionNames } from '../common/index.js';
import type { Checkpoint, CheckpointStore } from './checkpoint.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-format.js';
import { ProjectionCheckpointError } from './projections.errors.js';

/** Options of {@link FileCheckpointStore}. */
export interface FileCheckpointStoreOptions {
  /** Where the files lie; created when missing. */
  readonly directory: string;
  /** Read permission of new files: the owner, or the group as well. @default 'owner' */
  readonly access?: FileAccess;
}

const OPTIONS: OptionNames<FileCheckpointStoreOptions> = { directory: true, access: true };

/**
 * Checkpoints as files `projection-{name}.checkpoint`. A file is replaced as a whole: written to a temporary file of the same
 * directory, synced, renamed, and the directory synced, so that after a crash there is the new checkpoint or the one before.
 *
 * Not transactional: what a handler did since the last checkpoint is done again after a crash.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option
 * @publicApi
 */
export class FileCheckpointStore implements CheckpointStore {
  readonly directory: string;
  private readonly files: DurableDirectory;
  /** By the name of its file, in lower case. */
  private readonly names = new Map<string, string>();
  /** The end of the line of saves of each projection: two at once would write the same temporary file. */
  private readonly saving = new Map<string, Promise<unknown>>();

  constructor(options: FileCheckpointStoreOptions) {
    assertOptions(options, OPTIONS, ' of FileCheckpointStore');
    const { directory, access = 'owner' } = options;
    if (typeof directory !== 'string' || directory === '') {
      throw new InvalidOptionError('projections.directory', directory, 'a non-empty path');
    }
    if (!FILE_ACCESS.includes(access))
      throw new InvalidOptionError('projections.access', access, "'owner' or 'group'");
    this.files = new DurableDirectory(directory, modesOf(access));
    this.directory = this.files.path;
  }

  /**
   * Refuses a name that differs from another only in upper and lower case: on some file systems they are one file.
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
   * @throws (rejects) ProjectionCheckpointError (`JOURNAL_PROJECTION_CHECKPOINT`) for a damaged file, and for
   * what is not an ordinary file; IoError (`JOURNAL_IO`)
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

/** Null for a name that holds half a surrogate pair: nothing was ever stored under it. */
function possibleFileName(projection: string): string | null {
  try {
    return fileNameOf(projection);
  } catch {
    return null;
  }
}
