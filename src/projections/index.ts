/**
 * Read models and process managers that follow a journal.
 *
 * A class says what it is with a decorator (projection.decorator). projection-runner is its life; in its loop projection-follower
 * reads the journal from where the projection was (projection-checkpoints, a CheckpointStore) and calls what it has
 * (projection-handlers); what fails is tried again (projection-retries). ProjectionsService is what the application sees of
 * all of them.
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
  type ProjectionOptions,
  type ProjectionRetryOptions,
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
export type { CommandSender } from './projection-handlers.js';
export { validateRetryOptions } from './projection-options.js';
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
