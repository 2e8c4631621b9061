import { join } from 'node:path';
import type { Journal } from '../../journal/index.js';
import {
  FileCheckpointStore,
  InMemoryCheckpointStore,
  ProjectionsService,
  type CheckpointStore,
} from '../../projections/index.js';
import { journalDirectory, type FileJournalModuleOptions } from '../options/file-journal-options.js';

/**
 * Creates the service that runs the projections of a journal. It must be created before the first append:
 * entries that the journal already has are history.
 */
export function createProjections(journal: Journal, options: FileJournalModuleOptions): ProjectionsService {
  return new ProjectionsService(journal, {
    checkpointStore: options.projections?.checkpointStore ?? defaultStore(options),
    retry: options.projections?.retry,
    progressIntervalMs: options.progressIntervalMs,
  });
}

function defaultStore(options: FileJournalModuleOptions): CheckpointStore {
  const parent = journalDirectory(options);
  const directory = options.projections?.directory ?? (parent === null ? null : join(parent, 'projections'));
  return directory === null
    ? new InMemoryCheckpointStore()
    : new FileCheckpointStore({ directory, access: options.access });
}
