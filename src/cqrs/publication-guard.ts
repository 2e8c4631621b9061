import type { EventBus } from '@nestjs/cqrs';
import { isThenable, mayBeEnclosed, runDetached } from '../common/index.js';

/** Checks each event before the publisher of the EventBus gets it. */
export interface PublicationGate {
  /** Whether {@link hold} may hold an event. False for events that were stored here. */
  mayHold(event: unknown): boolean;
  /** Handles an event that reached the subscribers of the bus without `publish`; never throws. */
  handle(event: unknown): void;
  /**
   * Handles an event that was passed to `publish`; never throws.
   * @param onStored called after the event is stored, in sequence order and in the async context of this call
   * @returns settles with the append, after `onStored`; null for an event that may be published at once
   */
  hold(event: unknown, onStored: () => void): Promise<void> | null;
}

type Publish = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Intercepts `publish` and `publishAll` of an EventBus, independent of the bus's current or later publisher.
 * A held event is published after it is stored; a refused event is not published. The promise that `publish`
 * then returns settles with the outcome; callers may ignore it.
 *
 * The guard works for the whole life of the bus. Handlers do not: CqrsModule binds them in
 * onApplicationBootstrap, and unbinds them in onModuleDestroy, before HTTP has closed.
 */
export class PublicationGuard {
  /** Events that this guard is publishing, the innermost last: it expects them at the subscribers. */
  private readonly publishing: unknown[] = [];
  /** The same for events that are published together. */
  private readonly publishingTogether = new Set<unknown>();
  private readonly publishNow: Publish;
  private readonly publishAllNow: Publish;

  constructor(
    private readonly bus: EventBus,
    private readonly gate: PublicationGate,
    private readonly report: (error: unknown) => void,
  ) {
    this.publishNow = bus.publish as Publish;
    this.publishAllNow = bus.publishAll as Publish;
  }

  install(): void {
    const { bus, gate, publishing, publishingTogether } = this;
    Object.assign(bus, {
      publish: (event: unknown, ...rest: unknown[]) => this.publish(event, rest),
      publishAll: (events: unknown, ...rest: unknown[]) =>
        Array.isArray(events) ? this.publishAll(events, rest) : this.publishAllNow.call(bus, events, ...rest),
    });
    // A publisher may add events, from a broker for example.
    bus.subscribe((event: unknown) => {
      if (!publishing.includes(event) && !publishingTogether.has(event)) gate.handle(event);
    });
  }

  private publish(event: unknown, rest: unknown[]): unknown {
    // The hot path: every event that the Sequencer publishes.
    if (!this.gate.mayHold(event)) return this.publishOne(event, rest);
    let later: LaterPublication | null = null;
    const held = this.gate.hold(event, () => later?.run());
    if (held === null) return this.publishOne(event, rest);
    const pending = new LaterPublication(() => this.publishOne(event, rest), this.report);
    later = pending;
    return withoutUnhandled(held.then(() => pending.result()));
  }

  /** Publishes a batch together, without the refused events, after all its events are settled. */
  private publishAll(events: readonly unknown[], rest: unknown[]): unknown {
    // The hot path: the domain events of a repository.
    if (!events.some((event) => this.gate.mayHold(event))) return this.publishMany(events, rest);
    const refused = new Set<unknown>();
    let failure: unknown = null;
    let pending = 1;
    const later = new LaterPublication(() => {
      const stored = events.filter((event) => !refused.has(event));
      return stored.length === 0 ? undefined : this.publishMany(stored, rest);
    }, this.report);
    const settleOne = (): void => {
      pending -= 1;
      if (pending === 0) later.run();
    };
    const held: Promise<void>[] = [];
    for (const event of events) {
      const stored = this.gate.hold(event, settleOne);
      if (stored === null) continue;
      pending += 1;
      held.push(
        stored.catch((error: unknown) => {
          refused.add(event);
          failure ??= error;
          settleOne();
        }),
      );
    }
    if (held.length === 0) return this.publishMany(events, rest);
    settleOne();
    return withoutUnhandled(
      Promise.all(held).then(() => {
        if (failure !== null) throw failure;
        return later.result();
      }),
    );
  }

  private publishOne(event: unknown, rest: unknown[]): unknown {
    this.publishing.push(event);
    try {
      // No call waits for the handlers of an event.
      return rest.length > 0 || mayBeEnclosed()
        ? runDetached(() => this.publishNow.call(this.bus, event, ...rest))
        : this.publishNow.call(this.bus, event);
    } finally {
      this.publishing.pop();
    }
  }

  private publishMany(events: readonly unknown[], rest: unknown[]): unknown {
    for (const event of events) this.publishingTogether.add(event);
    try {
      // No call waits for the handlers of an event.
      return rest.length > 0 || mayBeEnclosed()
        ? runDetached(() => this.publishAllNow.call(this.bus, events, ...rest))
        : this.publishAllNow.call(this.bus, events);
    } finally {
      for (const event of events) this.publishingTogether.delete(event);
    }
  }
}

/**
 * A publication that runs after its events are stored. It reports a failure, and keeps it for a caller that
 * awaits the publication.
 */
class LaterPublication {
  private outcome: { readonly value: unknown } | { readonly error: unknown } = { value: undefined };

  constructor(
    private readonly publish: () => unknown,
    private readonly report: (error: unknown) => void,
  ) {}

  run(): void {
    try {
      const value = this.publish();
      this.outcome = { value };
      if (isThenable(value)) value.then(undefined, this.report);
    } catch (error) {
      this.outcome = { error };
      this.report(error);
    }
  }

  result(): unknown {
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.value;
  }
}

/** Marks a promise as handled: callers of `publish` may ignore it, because a refusal is logged. */
function withoutUnhandled(answer: Promise<unknown>): Promise<unknown> {
  answer.catch(() => undefined);
  return answer;
}
