import type { Type } from '@nestjs/common';
import type { EventClassRegistry } from '../domain-events/index.js';
import { getHandlerOf } from './on.decorator.js';

/** A registered class of aggregate roots. */
export interface AggregateTypeDefinition {
  /** The name that its events are stored under. */
  readonly name: string;
  /** Names that its events were stored under before. */
  readonly aliases: readonly string[];
  readonly type: Type;
}

/** Which aggregate class a stored event belongs to. */
export class AggregateTypes {
  private readonly byStoredName = new Map<string, string>();
  private readonly byEventName = new Map<string, string>();

  constructor(
    private readonly roots: readonly AggregateTypeDefinition[],
    private readonly events: EventClassRegistry,
    /** Whether stored aggregates of a type without a registered class are passed over. */
    readonly skipsUnknown: boolean,
  ) {
    for (const { name, aliases } of roots)
      for (const stored of [name, ...aliases]) this.byStoredName.set(stored, name);
    for (const event of events.names()) {
      const [first, ...others] = roots.filter((root) => hasHandler(root.type, event.type, event.name));
      if (first !== undefined && others.length === 0) this.byEventName.set(event.stored, first.name);
    }
  }

  /** How many classes are registered. */
  get size(): number {
    return this.roots.length;
  }

  /** Whether a class is registered for the name of an event. */
  isKnownEvent(eventName: string): boolean {
    return this.events.has(eventName);
  }

  isRegistered(type: string): boolean {
    return this.byStoredName.has(type);
  }

  /** Today's name of a stored type; the stored one where no class is registered for it. */
  nameOf(stored: string): string {
    return this.byStoredName.get(stored) ?? stored;
  }

  /**
   * The type of an event that was stored without one: of the only class that has a handler for it. Null where several have one, or
   * none.
   */
  ofEvent(eventName: string): string | null {
    return this.byEventName.get(eventName) ?? null;
  }
}

/** By the rules of JournaledAggregate and of @nestjs/cqrs. */
function hasHandler({ prototype }: Type, event: Type, eventName: string): boolean {
  const methods = prototype as object;
  return (
    getHandlerOf(methods, event) !== undefined || `on${eventName}` in methods || `on${event.name}` in methods
  );
}
