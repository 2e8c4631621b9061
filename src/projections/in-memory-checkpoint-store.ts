import type { Checkpoint, CheckpointStore } from './checkpoint.js';

/**
 * Checkpoints that end with the process: for tests, and for read models that are in memory themselves.
 * @publicApi
 */
export class InMemoryCheckpointStore implements CheckpointStore {
  private readonly checkpoints = new Map<string, Checkpoint>();

  async load(projection: string): Promise<Checkpoint | null> {
    return this.checkpoints.get(projection) ?? null;
  }

  async save(projection: string, checkpoint: Checkpoint): Promise<void> {
    this.checkpoints.set(projection, checkpoint);
  }
}
