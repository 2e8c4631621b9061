/**
 * Read models and process managers that follow a journal.
 *
 * A decorator describes a class (projection.decorator). ProjectionsService is the API for the application. It
 * has one projection-runner for each projection, which carries out the requests. projection-states lists the
 * states of a projection and all transitions between them; projection-lifecycle owns the current one.
 * projection-loop repeats attempts (projection-retries); in each, projection-follower reads the journal after
 * the checkpoint (projection-checkpoints, a CheckpointStore) and calls the class (projection-handlers).
 */
export {
  isCheckpointStore,
  isTransactional,
  type Checkpoint,
  type CheckpointStore,
  type TransactionalCheckpointStore,
} from './checkpoint.js';
export { FileCheckpointStore, type FileCheckpointStoreOptions } from './file-checkpoint-store.js';
export { InMemoryCheckpointStore } from './in-memory-checkpoint-store.js';
export {
  SqliteCheckpointStore,
  type SqliteCheckpointStoreOptions,
  type SqliteConnection,
} from './sqlite-checkpoint-store.js';
export {
  OnJournaled,
  ProcessManager,
  Projection,
  ReplaySafe,
  getProjectionMetadata,
  type JournaledEvent,
  type ProjectionMetadata,
} from './projection.decorator.js';
export type {
  JournaledContext,
  ProcessManagerHandler,
  ProjectionContext,
  ProjectionFailure,
  ProjectionHandler,
  ProjectionKind,
  ProjectionState,
  ProjectionStatus,
  RebuildProgress,
  ResetContext,
} from './projection.interface.js';
export type { CommandSender } from './process-manager.js';
export { RETRY_OPTION, type ProjectionOptions, type ProjectionRetryOptions } from './projection-options.js';
export {
  ProjectionCheckpointError,
  ProjectionFailedError,
  ProjectionNotFoundError,
  ProjectionStoppedError,
} from './projections.errors.js';
export {
  ProjectionsService,
  type ProjectionRegistration,
  type ProjectionsServiceOptions,
  type RebuildOptions,
} from './projections.service.js';
export { ProjectionHandlers } from './projection-handlers.js';
export { parseCheckpointName, readCheckpointFile, type StoredCheckpointFile } from './checkpoint-file.js';
