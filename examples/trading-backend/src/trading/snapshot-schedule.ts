import { Inject, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { InjectSnapshotManager, SequencerEvent, type SnapshotManager } from 'nestjs-file-journal';
import { BACKEND_CONFIG, type BackendConfig } from '../config/backend-config.js';

/**
 * Takes a snapshot of the book every `snapshotEvery` commands. So a restart replays about that many commands
 * at most.
 */
@EventsHandler(SequencerEvent)
export class SnapshotSchedule implements IEventHandler<SequencerEvent>, BeforeApplicationShutdown {
  private readonly logger = new Logger(SnapshotSchedule.name);
  private commandsSince = 0;
  /** The snapshot in progress. */
  private current: Promise<void> | null = null;

  constructor(
    @Inject(BACKEND_CONFIG) private readonly config: BackendConfig,
    @InjectSnapshotManager() private readonly snapshots: SnapshotManager,
  ) {}

  handle(): void {
    this.commandsSince += 1;
    this.takeIfDue();
  }

  async beforeApplicationShutdown(): Promise<void> {
    while (this.current !== null) await this.current;
  }

  private takeIfDue(): void {
    const { snapshotEvery } = this.config;
    if (snapshotEvery === 0 || this.commandsSince < snapshotEvery || this.current !== null) return;
    this.commandsSince = 0;
    this.current = this.take();
  }

  /** A failed snapshot costs only time: a restart replays from an older one. */
  private async take(): Promise<void> {
    try {
      for (const [name, sequence] of await this.snapshots.take()) {
        this.logger.log(`snapshot of ${name} at sequence ${sequence}`);
      }
    } catch (error) {
      this.logger.error('no snapshot was taken', error instanceof Error ? error.stack : error);
    } finally {
      this.current = null;
      // The next snapshot may have become due in the meantime, and no other command may follow.
      this.takeIfDue();
    }
  }
}
