import { join } from 'node:path';
import type { Journal } from '../journal/index.js';
import {
  FileCheckpointStore,
  InMemoryCheckpointStore,
  ProjectionsService,
  type CheckpointStore,
} from '../projections/index.js';
import { journalDirectory, type FileJournalModuleOptions } from './file-journal-options.js';

/**
 * Runs the projections of a journal. Created before anything can append: entries that the journal has by now
 * are history.
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
