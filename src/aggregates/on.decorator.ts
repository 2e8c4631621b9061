import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { InvalidOptionError } from '../journal/index.js';

// A string: every copy of this package in the process reads the same metadata.
const METADATA_KEY = 'nestjs-file-journal:on';

type Handlers = ReadonlyMap<Type, string | symbol>;

/**
 * Marks the method of a {@link JournaledAggregateRoot} that handles events of these classes. Unlike a name
 * such as `onOrderPlaced`, it does not depend on the name of the event's class, which a minifier may change.
 * The method must only change the state, because the aggregate made its decision before it applied the event.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`), when the class is declared, for a second method that
 * handles an event
 *
 * @example
 * \@On(OrderFilled)
 * protected fill(event: OrderFilled): void {
 *   this.open -= event.quantity;
 * }
 * @publicApi
 */
export function On<TEvents extends readonly [Type, ...Type[]]>(...events: TEvents) {
  return <THandler extends (event: InstanceType<TEvents[number]>) => void>(
    target: object,
    method: string | symbol,
    _descriptor: TypedPropertyDescriptor<THandler>,
  ): void => {
    const own = Reflect.getOwnMetadata(METADATA_KEY, target) as Handlers | undefined;
    const handlers = new Map(own);
    for (const event of events) {
      if (typeof event !== 'function')
        throw new InvalidOptionError(`@On() of ${String(method)}`, event, 'a class');
      const other = handlers.get(event);
      if (other !== undefined) {
        throw new InvalidOptionError(
          `@On(${event.name})`,
          String(method),
          `on one method; ${String(other)} has it already`,
        );
      }
      handlers.set(event, method);
    }
    Reflect.defineMetadata(METADATA_KEY, handlers, target);
  };
}

/**
 * Finds the method that `@On()` marks for events of this class, in the aggregate's class or the nearest base
 * class.
 */
export function getHandlerOf(prototype: object, event: Type): string | symbol | undefined {
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    const handlers = Reflect.getOwnMetadata(METADATA_KEY, level) as Handlers | undefined;
    const method = handlers?.get(event);
    if (method !== undefined) return method;
  }
  return undefined;
}
