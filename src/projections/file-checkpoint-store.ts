import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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
    const before = this.saving.get(projection) ?? Promise.resolve();
    const saved = before.then(() => this.saveNow(projection, checkpoint));
    this.saving.set(
      projection,
      saved.catch(() => undefined),
    );
    return saved;
  }

  private async saveNow(projection: string, checkpoint: Checkpoint): Promise<void> {
    await createDirectory(this.directory);
    const path = this.pathOf(projection);
    const temporary = `${path}.tmp`;
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(encodeCheckpoint(projection, checkpoint));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(this.directory);
  }

  private pathOf(projection: string): string {
    return join(this.directory, `projection-${encodeURIComponent(projection)}.checkpoint`);
  }
}

/** Creates a directory and syncs every parent that got a new name. */
async function createDirectory(path: string): Promise<void> {
  const firstCreated = await mkdir(path, { recursive: true });
  if (firstCreated === undefined) return;
  const top = dirname(firstCreated);
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    await syncDirectory(parent);
    if (parent === top || parent === dirname(parent)) return;
  }
}

/** Makes the new name itself durable. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
