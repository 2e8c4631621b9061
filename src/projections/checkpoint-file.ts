import { messageOf } from '../journal/index.js';
import type { Checkpoint } from './checkpoint.js';
import { decodeCheckpoint } from './checkpoint-format.js';
import { ProjectionCheckpointError } from './projections.errors.js';

/** A checkpoint as a file, read without a store: for backups and for tools. */
export interface StoredCheckpointFile extends Checkpoint {
  /** Name of the projection. */
  readonly projection: string;
}

const NAME = /^projection-(.+)\.checkpoint$/;

/** The projection in the name of a checkpoint file; null for any other name. */
export function parseCheckpointName(name: string): string | null {
  const encoded = NAME.exec(name)?.[1];
  if (encoded === undefined) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

/**
 * Reads a checkpoint file.
 * @throws ProjectionCheckpointError (`JOURNAL_PROJECTION_CHECKPOINT`) for a damaged file, and for one that
 * does not fit its name
 */
export function readCheckpointFile(name: string, content: Buffer): StoredCheckpointFile {
  const projection = parseCheckpointName(name);
  if (projection === null)
    throw new ProjectionCheckpointError(name, 'it does not have the name of a checkpoint file');
  try {
    return { projection, ...decodeCheckpoint(projection, content.toString(), name) };
  } catch (error) {
    // A correct checksum around something else.
    if (error instanceof ProjectionCheckpointError) throw error;
    throw new ProjectionCheckpointError(projection, `${name} is damaged: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
