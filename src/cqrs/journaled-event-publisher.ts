import { Logger } from '@nestjs/common';
import type { EventBus } from '@nestjs/cqrs';
import { describeThrown } from '../journal/index.js';
import { isThenable, mayBeEnclosed, runDetached } from '../common/index.js';
import { PublicationGuard, type PublicationGate } from './publication-guard.js';

/**
 * Publishes the events of a journal on the application's EventBus. The events are already stored: a failure
 * of the bus is logged and changes nothing.
 */
export class JournaledEventPublisher {
  private bus: EventBus | null = null;
  private readonly guarded = new WeakSet<EventBus>();
  private readonly logger = new Logger(JournaledEventPublisher.name);

  /** Publishes journaled events on the first connected bus. */
  connect(bus: EventBus): void {
    this.bus ??= bus;
  }

  publish(event: object): void {
    const { bus } = this;
    if (bus === null) return;
    try {
      // No call waits for the handlers of an event.
      this.watch(mayBeEnclosed() ? runDetached(() => bus.publish(event) as unknown) : bus.publish(event));
    } catch (error) {
      this.report(error);
    }
  }

  publishAll(events: object[]): void {
    try {
      this.watch(runDetached(() => this.bus?.publishAll(events) as unknown));
    } catch (error) {
      this.report(error);
    }
  }

  /** Inserts `gate` before the publisher of `bus`, once; see {@link PublicationGuard}. */
  guard(bus: EventBus, gate: PublicationGate): void {
    if (this.guarded.has(bus)) return;
    this.guarded.add(bus);
    new PublicationGuard(bus, gate, (error) => this.report(error)).install();
  }

  /** A custom publisher may return a promise that rejects. */
  private watch(published: unknown): void {
    if (isThenable(published)) published.then(undefined, (error: unknown) => this.report(error));
  }

  private report(error: unknown): void {
    this.logger.error('a journaled event could not be published on the EventBus', describeThrown(error));
  }
}
