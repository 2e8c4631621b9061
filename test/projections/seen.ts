import { SequencerEvent, type Journal, type JournalEntry } from '../../src/journal/index.js';
import {
  InMemoryCheckpointStore,
  ProcessManager,
  Projection,
  ProjectionsService,
  type Checkpoint,
  type CheckpointStore,
  type ProjectionRetryOptions,
  type TransactionalCheckpointStore,
} from '../../src/projections/index.js';
import {
  getProjectionMetadata,
  type ProjectionMetadata,
} from '../../src/projections/projection.decorator.js';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function append(journal: Journal, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    const sequenceNum = journal.nextSequence ?? 0n;
    await journal.append(
      new SequencerEvent({ sequenceNum, timestampNs: 1n, command: { Add: 1 }, result: null }),
    );
  }
}

export function serve(
  journal: Journal,
  instance: object,
  checkpointStore: CheckpointStore,
  retry: ProjectionRetryOptions = {},
): ProjectionsService {
  const service = new ProjectionsService(journal, {
    checkpointStore,
    retry: { initialDelayMs: 1, maxDelayMs: 2, maxRetries: 5, ...retry },
    progressIntervalMs: 1,
  });
  const metadata = getProjectionMetadata(instance.constructor as never) as ProjectionMetadata;
  service.add({ metadata, instance });
  return service;
}

export async function follow(...parts: Parameters<typeof serve>): Promise<ProjectionsService> {
  const service = serve(...parts);
  await service.register();
  return service;
}

@Projection('p', { checkpointIntervalMs: 0 })
export class Seen {
  seen: bigint[] = [];
  failAt: bigint | null = null;
  holdReset: Promise<void> | null = null;
  isResetting = false;
  onEntry: () => unknown = () => undefined;
  async handle({ sequenceNum }: JournalEntry): Promise<void> {
    if (sequenceNum === this.failAt) throw new Error(`cannot take ${sequenceNum}`);
    await this.onEntry();
    this.seen.push(sequenceNum);
  }
  async reset(): Promise<void> {
    this.isResetting = true;
    await this.holdReset;
    this.seen = [];
    this.isResetting = false;
  }
}

@ProcessManager('p')
export class Sender {
  sent: string[] = [];
  handle({ sequenceNum }: JournalEntry): object {
    return { Done: Number(sequenceNum) };
  }
  async send(_command: unknown, { idempotencyKey }: { idempotencyKey: string }): Promise<void> {
    this.sent.push(idempotencyKey);
    await pause(1);
  }
  reset(): void {}
}

/** A store in memory that fails as often as the test says. */
export class FlakyStore implements CheckpointStore {
  readonly memory = new InMemoryCheckpointStore();
  failLoads = 0;
  failSaves = 0;
  load(name: string): Promise<Checkpoint | null> {
    if (this.failLoads > 0) {
      this.failLoads -= 1;
      return Promise.reject(new Error('cannot load'));
    }
    return this.memory.load(name);
  }
  save(name: string, checkpoint: Checkpoint): Promise<void> {
    if (this.failSaves > 0) {
      this.failSaves -= 1;
      return Promise.reject(new Error('cannot save'));
    }
    return this.memory.save(name, checkpoint);
  }
}

export class TransactionalStore extends FlakyStore implements TransactionalCheckpointStore<object> {
  /** Number of commits that succeed and are reported as failed. */
  unsureCommits = 0;
  async transact(work: (transaction: object) => Promise<void>): Promise<void> {
    await work({});
    if (this.unsureCommits === 0) return;
    this.unsureCommits -= 1;
    throw new Error('connection lost');
  }
  saveIn(_transaction: object, name: string, checkpoint: Checkpoint): Promise<void> {
    return this.memory.save(name, checkpoint);
  }
}
