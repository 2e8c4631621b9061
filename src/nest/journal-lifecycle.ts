import type { EventBus } from '@nestjs/cqrs';
import type { JournaledEventPublisher, SequencerEventHandler } from '../cqrs/index.js';
import type { SnapshotScheduler } from '../replay/index.js';
import type { JournalLog } from './logging/journal-log.js';
import type { JournalShutdown } from './shutdown/journal-shutdown.js';
import type { Rehydration } from './boot/rehydration.js';

/**
 * Lifecycle of one journal in the application: rehydrate, connect, start snapshots, begin the shutdown,
 * close.
 */
export class JournalLifecycle {
  /** Sequences of the snapshots that aggregates were restored from, by name. */
  private restoredFrom: ReadonlyMap<string, bigint> = new Map();

  constructor(
    private readonly log: JournalLog,
    private readonly rehydration: Rehydration,
    private readonly bus: JournaledEventPublisher,
    /** Journals SequencerEvents that are published on a bus; null if the options switch this off. */
    private readonly publishedEvents: SequencerEventHandler | null,
    private readonly scheduler: SnapshotScheduler,
    private readonly shutdown: JournalShutdown,
  ) {}

  /** Creates the aggregates and brings them to the end of the journal. */
  async rehydrate(): Promise<void> {
    this.log.start();
    this.restoredFrom = await this.rehydration.run();
  }

  /**
   * Publishes journaled events on the first of these buses, and journals SequencerEvents that are published
   * on any of them. An application with both `CqrsModule.forRoot()` and a plain `CqrsModule` has two.
   */
  connect(buses: readonly EventBus[]): void {
    for (const bus of buses) {
      this.bus.connect(bus);
      if (this.publishedEvents !== null) this.bus.guard(bus, this.publishedEvents);
    }
  }

  /**
   * Starts automatic snapshots. Projections must be registered first: archiving after a snapshot must know
   * what they need.
   */
  startSnapshots(): void {
    this.scheduler.start(this.restoredFrom);
  }

  /** Starts the time limit `shutdownTimeoutMs`, because the application is shutting down. */
  beginShutdown(): void {
    this.shutdown.begin();
  }

  /** Drains the pending work, then closes the journal, within `shutdownTimeoutMs`. Idempotent. */
  close(): Promise<void> {
    return this.shutdown.close();
  }
}
