import { Logger } from '@nestjs/common';
import type { EventBus } from '@nestjs/cqrs';

/**
 * The journal's side of the application's EventBus. What is published here is stored already: a bus that fails is
 * logged and changes nothing.
 */
export class EventBusLink {
  private bus: EventBus | null = null;
  private readonly logger = new Logger(EventBusLink.name);

  get isConnected(): boolean {
    return this.bus !== null;
  }

  connect(bus: EventBus): void {
    this.bus = bus;
  }

  publish(event: object): void {
    this.guard(() => this.bus?.publish(event) as unknown);
  }

  publishAll(events: object[]): void {
    this.guard(() => this.bus?.publishAll(events) as unknown);
  }

  /**
   * Hands everything that passes over the bus to `listener`, in publication order and in the tick of `publish`. Unlike a
   * handler bound by CqrsModule it hears events from the first moment, and until the returned function is called:
   * CqrsModule binds handlers in onApplicationBootstrap and unbinds them in onModuleDestroy, before HTTP has closed.
   */
  listen(listener: (event: unknown) => void): () => void {
    const subscription = this.bus?.subscribe(listener);
    return () => subscription?.unsubscribe();
  }

  /** Custom publishers may throw, or return a promise that rejects. */
  private guard(publish: () => unknown): void {
    try {
      const published = publish();
      if (published instanceof Promise) published.catch((error: unknown) => this.report(error));
    } catch (error) {
      this.report(error);
    }
  }

  private report(error: unknown): void {
    this.logger.error(
      'a journaled event could not be published on the EventBus',
      error instanceof Error ? error.stack : error,
    );
  }
}
