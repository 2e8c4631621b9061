import type { ModulesContainer } from '@nestjs/core';
import { EventBus } from '@nestjs/cqrs';
import { InvalidOptionError } from '../journal/index.js';
import { nextTurn } from '../common/index.js';

/** Number of event loop turns that a journal waits for a bus that is declared but not created yet. */
const MAX_TURNS = 100;
const BUS_METHODS = ['publish', 'publishAll', 'subscribe'] as const;

/**
 * Finds the EventBuses that Nest has created: usually one; two if the application imports both
 * `CqrsModule.forRoot()` and a plain `CqrsModule`. The bus of a CqrsModule that is not global cannot be
 * injected here, and importing that module would create another bus.
 */
export function findEventBuses(modules: ModulesContainer): EventBus[] {
  const buses = new Set<EventBus>();
  for (const { providers } of modules.values()) {
    const instance: unknown = providers.get(EventBus)?.instance;
    if (isReady(instance)) buses.add(instance);
  }
  return [...buses];
}

/**
 * Finds the EventBuses. Waits some turns of the event loop until Nest has created one, because Nest creates
 * providers concurrently. This way the journal also receives events that are published in constructors and
 * onModuleInit hooks.
 */
export async function waitForEventBuses(modules: ModulesContainer): Promise<EventBus[]> {
  const isDeclared = [...modules.values()].some(({ providers }) => providers.has(EventBus));
  for (let turn = 0; isDeclared && turn < MAX_TURNS; turn += 1) {
    const buses = findEventBuses(modules);
    if (buses.length > 0) return buses;
    await nextTurn();
  }
  return [];
}

/**
 * Checks the injected bus, which may be a mock in a test.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the methods that it lacks
 */
export function assertEventBus(bus: unknown): asserts bus is EventBus {
  const methods = (bus ?? {}) as Record<string, unknown>;
  const missing = BUS_METHODS.filter((method) => typeof methods[method] !== 'function');
  if (missing.length === 0) return;
  throw new InvalidOptionError(
    'provider EventBus',
    bus,
    'an EventBus',
    `the provider of EventBus lacks ${missing.join('(), ')}(), which the journal needs. A test that overrides it gives ` +
      "all of publish(), publishAll() and subscribe(), or keeps the real bus and spies on it: jest.spyOn(eventBus, 'publish')",
  );
}

/** Before the constructor has run, Nest stores an object with only the prototype. */
function isReady(instance: unknown): instance is EventBus {
  return instance instanceof EventBus && instance.publisher !== undefined;
}
