import { join } from 'node:path';
import type { FileAccess } from '../common/index.js';
import { FileSnapshotStore } from './file-snapshot-store.js';
import type { SnapshotOptions } from './snapshot-options.js';
import type { SnapshotStore } from './snapshot-store.interface.js';

/**
 * Returns the snapshot store of the options, or creates a FileSnapshotStore.
 * @param journalDirectory null for a journal without a directory
 * @returns null if neither a store nor a directory is configured, and the journal has no directory
 */
export function createSnapshotStore(
  { store, directory }: SnapshotOptions,
  journalDirectory: string | null,
  access?: FileAccess,
): SnapshotStore | null {
  if (store !== undefined) return store;
  const folder = directory ?? (journalDirectory === null ? null : join(journalDirectory, 'snapshots'));
  return folder === null ? null : new FileSnapshotStore({ directory: folder, access });
}
