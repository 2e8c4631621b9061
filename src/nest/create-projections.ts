import { join } from 'node:path';
import type { Journal } from '../journal/index.js';
import {
  FileCheckpointStore,
  InMemoryCheckpointStore,
  ProjectionsService,
  type CheckpointStore,
} from '../projections/index.js';
import type { FileJournalModuleOptions } from './file-journal-options.js';

/** What runs the projections of a journal. Made before anybody else gets the journal: what it holds by now is history. */
export function createProjections(journal: Journal, options: FileJournalModuleOptions): ProjectionsService {
  const { retry } = options.projections ?? {};
  return new ProjectionsService(journal, {
    checkpointStore: defaultStore(options),
    retry,
    progressIntervalMs: options.progressIntervalMs,
  });
}

function defaultStore(options: FileJournalModuleOptions): CheckpointStore {
  const { checkpointStore, directory } = options.projections ?? {};
  if (checkpointStore !== undefined) return checkpointStore;
  const isFile = options.journal === undefined || options.journal === 'file';
  const folder =
    directory ?? (isFile && options.directory !== undefined ? join(options.directory, 'projections') : null);
  return folder === null
    ? new InMemoryCheckpointStore()
    : new FileCheckpointStore({ directory: folder, access: options.access });
}
