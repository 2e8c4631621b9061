import { join } from 'node:path';
import type { FileAccess } from '../common/index.js';
import { FileSnapshotStore } from './file-snapshot-store.js';
import type { SnapshotOptions } from './snapshot-policy.js';
import type { SnapshotStore } from './snapshot-store.interface.js';

/**
 * The store that the options name.
 * @param journalDirectory null for a journal without a directory
 * @returns null if the options name no store and no directory, and the journal has no directory
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
