import { crc32 } from '../common/index.js';
import { messageOf } from '../journal/index.js';
import { SnapshotError } from './replay.errors.js';
import { decodeSnapshot } from './snapshot-format.js';
import type { Snapshot } from './snapshot-store.interface.js';

/** A snapshot as a file, read without a store: for backups and for tools. */
export interface SnapshotFile extends Snapshot {
  /** Name of the target. */
  readonly target: string;
}

const NAME = /^snapshot-(.+)-(\d{20})\.snap$/;

/** The target and the sequence in the name of a snapshot file; null for any other name. */
export function parseSnapshotName(name: string): Pick<SnapshotFile, 'target' | 'sequence'> | null {
  const [, encoded, digits] = NAME.exec(name) ?? [];
  if (encoded === undefined || digits === undefined) return null;
  const target = decoded(encoded);
  return target === null ? null : { target, sequence: BigInt(digits) };
}

/**
 * Reads a snapshot file.
 * @throws SnapshotError (`JOURNAL_SNAPSHOT`) for a damaged file, and for one that does not fit its name
 */
export function readSnapshotFile(name: string, content: Buffer): SnapshotFile {
  const named = parseSnapshotName(name);
  if (named === null) throw new SnapshotError(name, 'it does not have the name of a snapshot file');
  const { target } = named;
  let snapshot: Snapshot;
  try {
    snapshot = decodeSnapshot(content, name, target, crc32);
  } catch (error) {
    // A header with impossible lengths.
    throw error instanceof SnapshotError
      ? error
      : new SnapshotError(name, messageOf(error), { cause: error });
  }
  if (snapshot.sequence !== named.sequence)
    throw new SnapshotError(name, `it holds the state at sequence ${snapshot.sequence}`);
  return { target, ...snapshot };
}

function decoded(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
