import type { EventBus } from '@nestjs/cqrs';
import { runDetached, isThenable } from '../common/index.js';

/** Decides about an event before the publisher of the EventBus gets it. */
export interface PublicationGate {
  /** Takes an event that reached the subscribers of the bus without `publish`; never throws. */
  handle(event: unknown): void;
  /**
   * Takes an event that was given to `publish`; never throws.
   * @param onStored called when the event is stored, in sequence order and in the context of this call
   * @returns settles with the append, after `onStored`; null for an event that may be published at once
   */
  hold(event: unknown, onStored: () => void): Promise<void> | null;
}

type Publish = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Stands before the publisher of an EventBus, whatever publisher that is, now or later. A held event is published when it
 * is stored. A refused event is not published. In both cases `publish` returns a promise that says so; a caller may ignore it.
 *
 * It hears events for the whole life of the bus. CqrsModule binds handlers in onApplicationBootstrap and unbinds them in
 * onModuleDestroy, before HTTP has closed.
 */
export class PublicationGuard {
  /** Events that pass through right now: their arrival at the subscribers is no news. */
  private readonly passing = new Set<unknown>();
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
    const { bus, gate, passing } = this;
    Object.assign(bus, {
      publish: (event: unknown, ...rest: unknown[]) => this.publish(event, rest),
      publishAll: (events: unknown, ...rest: unknown[]) =>
        Array.isArray(events) ? this.publishAll(events, rest) : this.publishAllNow.call(bus, events, ...rest),
    });
    // A publisher may bring events of its own, from a broker for example.
    bus.subscribe((event: unknown) => {
      if (!passing.has(event)) gate.handle(event);
    });
  }

  private publish(event: unknown, rest: unknown[]): unknown {
    let later: LaterPublication | null = null;
    const held = this.gate.hold(event, () => later?.run());
    // The hot path: every event that the Sequencer publishes.
    if (held === null) return this.passOne(event, rest);
    const waiting = new LaterPublication(() => this.passOne(event, rest), this.report);
    later = waiting;
    return quietly(held.then(() => waiting.result()));
  }

  /** The batch stays together: it is published, without what was refused, when all of it is settled. */
  private publishAll(events: readonly unknown[], rest: unknown[]): unknown {
    const refused = new Set<unknown>();
    let failure: unknown = null;
    let pending = 1;
    const later = new LaterPublication(() => {
      const stored = events.filter((event) => !refused.has(event));
      return stored.length === 0 ? undefined : this.pass(this.publishAllNow, stored, [stored, ...rest]);
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
    if (held.length === 0) return this.pass(this.publishAllNow, events, [events, ...rest]);
    settleOne();
    return quietly(
      Promise.all(held).then(() => {
        if (failure !== null) throw failure;
        return later.result();
      }),
    );
  }

  private passOne(event: unknown, rest: unknown[]): unknown {
    this.passing.add(event);
    try {
      // Nothing waits for the handlers of an event.
      return runDetached(() =>
        rest.length === 0
          ? this.publishNow.call(this.bus, event)
          : this.publishNow.call(this.bus, event, ...rest),
      );
    } finally {
      this.passing.delete(event);
    }
  }

  private pass(publish: Publish, events: readonly unknown[], args: unknown[]): unknown {
    for (const event of events) this.passing.add(event);
    try {
      return runDetached(() => publish.apply(this.bus, args));
    } finally {
      for (const event of events) this.passing.delete(event);
    }
  }
}

/**
 * A publication that happens when its events are stored. Its failure is reported, and kept for a caller that
 * awaits it.
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

/** The caller of `publish` need not look at its answer: a refusal was logged. */
function quietly(answer: Promise<unknown>): Promise<unknown> {
  answer.catch(() => undefined);
  return answer;
}
