import { Logger } from '@nestjs/common';
import type { EventBus } from '@nestjs/cqrs';
import { describeThrown } from '../journal/index.js';
import { runDetached, isThenable } from '../common/index.js';
import { PublicationGuard, type PublicationGate } from './publication-guard.js';

/**
 * Publishes the events of a journal on the application's EventBus. The events are already stored: a failure
 * of the bus is logged and changes nothing.
 */
export class EventBusLink {
  private bus: EventBus | null = null;
  private readonly guarded = new WeakSet<EventBus>();
  private readonly logger = new Logger(EventBusLink.name);

  /** Publishes journaled events on the first connected bus. */
  connect(bus: EventBus): void {
    this.bus ??= bus;
  }

  publish(event: object): void {
    this.attempt(() => this.bus?.publish(event) as unknown);
  }

  publishAll(events: object[]): void {
    this.attempt(() => this.bus?.publishAll(events) as unknown);
  }

  /** Inserts `gate` before the publisher of `bus`, once; see {@link PublicationGuard}. */
  guard(bus: EventBus, gate: PublicationGate): void {
    if (this.guarded.has(bus)) return;
    this.guarded.add(bus);
    new PublicationGuard(bus, gate, (error) => this.report(error)).install();
  }

  /** Custom publishers may throw, or return a promise that rejects. */
  private attempt(publish: () => unknown): void {
    try {
      // No call waits for the handlers of an event.
      const published = runDetached(publish);
      if (isThenable(published)) published.then(undefined, (error: unknown) => this.report(error));
    } catch (error) {
      this.report(error);
    }
  }

  private report(error: unknown): void {
    this.logger.error('a journaled event could not be published on the EventBus', describeThrown(error));
  }
}
