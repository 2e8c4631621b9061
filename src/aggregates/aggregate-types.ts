import type { Type } from '@nestjs/common';
import { getJournalEvent, type EventClassRegistry } from '../events/index.js';
import { InvalidOptionError } from '../journal/index.js';
import type { KnownNames } from './event-owners.js';
import { JournaledAggregateRoot } from './journaled-aggregate-root.js';
import { getHandlerOf } from './on.decorator.js';

/** A registered class of aggregate roots. */
export interface AggregateTypeDefinition {
  /** The name of the class in stored events. */
  readonly name: string;
  /** Former names of the class in stored events. */
  readonly aliases: readonly string[];
  readonly type: Type;
}

/** The registered aggregate classes, and the stored events that belong to each. */
export class AggregateTypes implements KnownNames {
  private readonly byStoredName = new Map<string, string>();
  private readonly byEventName = new Map<string, string>();
  private readonly storedNames: { readonly bytes: Buffer; readonly name: string }[] = [];

  /**
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for a handler that is never called, because its
   * event's class has another name
   */
  constructor(
    private readonly roots: readonly AggregateTypeDefinition[],
    private readonly events: EventClassRegistry,
    /** Whether stored aggregates of a type without a registered class are ignored. */
    readonly skipsUnknown: boolean,
  ) {
    for (const { name, aliases } of roots)
      for (const stored of [name, ...aliases]) {
        this.byStoredName.set(stored, name);
        this.storedNames.push({ bytes: Buffer.from(stored), name });
      }
    for (const event of events.names()) {
      for (const root of roots) assertCalled(root, event.type, event.name);
      const [first, ...others] = roots.filter((root) => hasHandler(root.type, event.type, event.name));
      if (first !== undefined && others.length === 0) this.byEventName.set(event.stored, first.name);
    }
  }

  /** Number of registered classes. */
  get size(): number {
    return this.roots.length;
  }

  /** Whether a class is registered for the name of an event. */
  isKnownEvent(eventName: string): boolean {
    return this.events.has(eventName);
  }

  typeIn(bytes: Buffer, start: number, end: number): string | null {
    for (const { bytes: stored, name } of this.storedNames) if (isAt(bytes, start, end, stored)) return name;
    return null;
  }

  isRegistered(type: string): boolean {
    return this.byStoredName.has(type);
  }

  /** The current name of a stored type; the stored name if no class is registered for it. */
  nameOf(stored: string): string {
    return this.byStoredName.get(stored) ?? stored;
  }

  /**
   * The type of an event that was stored without one: that of the only class with a handler for the event;
   * null if several classes, or none, have a handler.
   */
  ofEvent(eventName: string): string | null {
    return this.byEventName.get(eventName) ?? null;
  }
}

function isAt(bytes: Buffer, start: number, end: number, expected: Buffer): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[start + index] !== expected[index]) return false;
  }
  return true;
}

/** Whether a class handles an event, according to the rules of JournaledAggregateRoot and of @nestjs/cqrs. */
function hasHandler({ prototype }: Type, event: Type, eventName: string): boolean {
  const methods = prototype as object;
  return (
    getHandlerOf(methods, event) !== undefined ||
    `on${event.name}` in methods ||
    (getJournalEvent(event) !== undefined && `on${eventName}` in methods)
  );
}

/**
 * Refuses a handler such as `onOrderPlaced` that no event reaches. The aggregate finds such a handler by the
 * name of the event's class. After a minifier has changed that name, the event would change nothing, live and
 * at every load.
 */
function assertCalled({ name, type }: AggregateTypeDefinition, event: Type, eventName: string): void {
  const methods = type.prototype as Partial<JournaledAggregateRoot> & object;
  const isOrdinary =
    methods instanceof JournaledAggregateRoot &&
    Reflect.get(methods, 'getEventHandler') ===
      Reflect.get(JournaledAggregateRoot.prototype, 'getEventHandler');
  if (!isOrdinary || !(`on${eventName}` in methods) || hasHandler(type, event, eventName)) return;
  throw new InvalidOptionError(
    `on${eventName}() of aggregate ${name}`,
    event.name,
    `marked with @On(${eventName}), or the class of the event with @JournalEvent('${eventName}'): the handler is found by the name of that class`,
  );
}
