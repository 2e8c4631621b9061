import type { Type } from '@nestjs/common';
import { AggregateRoot, type IEvent, type IEventHandler } from '@nestjs/cqrs';
import { getJournalEvent } from '../events/index.js';
import { InvalidArgumentError } from '../journal/index.js';
import { getHandlerOf } from './on.decorator.js';

// Symbol.for: an aggregate of one copy of this package may be loaded by the repository of another.
const VERSION = Symbol.for('nestjs-file-journal/JournaledAggregateRoot.version');

/**
 * An aggregate root of @nestjs/cqrs whose events are stored in a journal. Its methods decide and `apply()`
 * events, and its handlers change the state. `AggregateRepository` stores the events, and then publishes
 * them.
 *
 * `apply()` calls the method with `@On(TheEvent)`. Without one, it calls the method named `on` plus the name
 * in `@JournalEvent()`, or `on` plus the name of the event's class, as in @nestjs/cqrs. An event without a
 * handler changes nothing.
 *
 * @example
 * class Account extends JournaledAggregateRoot {
 *   private balance = 0n;
 *   deposit(amount: bigint) {
 *     this.apply(Object.assign(new Deposited(), { amount }));
 *   }
 *   \@On(Deposited)
 *   protected deposited({ amount }: Deposited) {
 *     this.balance += amount;
 *   }
 * }
 * @publicApi
 */
export abstract class JournaledAggregateRoot<TEvent extends IEvent = IEvent> extends AggregateRoot<TEvent> {
  constructor(
    /** Id of the aggregate, unique within its type. */
    readonly id: string,
  ) {
    super();
  }

  /** Number of stored events of the aggregate; 0 before the first save. Uncommitted events do not count. */
  get version(): number {
    return (this as { [VERSION]?: number })[VERSION] ?? 0;
  }

  /**
   * Always throws, because it would publish events that are not stored, and discard them.
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   */
  override commit(): never {
    throw new InvalidArgumentError(
      'commit()',
      this.id,
      'left to the repository: await repository.save(aggregate), which stores the events and publishes them then',
    );
  }

  /** Finds the method that `@On` registers for an event; `AggregateRoot` calls it. */
  protected override getEventHandler<T extends TEvent = TEvent>(event: T): Type<IEventHandler> | undefined {
    const type = (Object.getPrototypeOf(event) as { constructor: Type }).constructor;
    const method = getHandlerOf(Object.getPrototypeOf(this) as object, type) ?? `on${this.nameOf(type)}`;
    return (this as Record<PropertyKey, unknown>)[method] as Type<IEventHandler> | undefined;
  }

  private nameOf(type: Type): string {
    const named = getJournalEvent(type)?.name;
    return named !== undefined && `on${named}` in this ? named : type.name;
  }
}

/** Sets the `version` of an aggregate; for repositories. */
export function setVersion(aggregate: object, version: number): void {
  // Redefining a property costs several times an assignment, and this runs for every save.
  if (Object.hasOwn(aggregate, VERSION) && Reflect.set(aggregate, VERSION, version)) return;
  const hidden = { value: version, configurable: true, enumerable: false, writable: true };
  Reflect.defineProperty(aggregate, VERSION, hidden);
}
