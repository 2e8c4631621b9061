import type { Checkpoint, CheckpointStore } from './checkpoint.js';

/**
 * Keeps checkpoints until the process ends. Use it in tests and for read models in memory.
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
