import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { replaceFile } from '../durable-files/index.js';
import { InvalidOptionError } from '../journal/index.js';
import type { Checkpoint, CheckpointStore } from './checkpoint.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-format.js';

/** Options of {@link FileCheckpointStore}. */
export interface FileCheckpointStoreOptions {
  /** Where the files lie; created when missing. */
  readonly directory: string;
}

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
  /** The end of the line of saves of each projection: two at once would write the same temporary file. */
  private readonly saving = new Map<string, Promise<unknown>>();

  constructor({ directory }: FileCheckpointStoreOptions) {
    if (typeof directory !== 'string' || directory === '') {
      throw new InvalidOptionError('projections.directory', directory, 'a non-empty path');
    }
    this.directory = resolve(directory);
  }

  /** @throws (rejects) ProjectionCheckpointError (`JOURNAL_PROJECTION_CHECKPOINT`) for a damaged file */
  async load(projection: string): Promise<Checkpoint | null> {
    const path = this.pathOf(projection);
    let content: string;
    try {
      content = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    return decodeCheckpoint(projection, content, path);
  }

  save(projection: string, checkpoint: Checkpoint): Promise<void> {
    const path = this.pathOf(projection);
    const before = this.saving.get(projection) ?? Promise.resolve();
    const saved = before.then(() => replaceFile(path, encodeCheckpoint(projection, checkpoint)));
    this.saving.set(
      projection,
      saved.catch(() => undefined),
    );
    return saved;
  }

  private pathOf(projection: string): string {
    return join(this.directory, `projection-${encodeURIComponent(projection)}.checkpoint`);
  }
}
