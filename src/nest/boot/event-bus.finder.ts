import type { ModulesContainer } from '@nestjs/core';
import { EventBus } from '@nestjs/cqrs';
import { InvalidOptionError } from '../../journal/index.js';
import { nextTurn } from '../../common/index.js';

/** Number of event loop turns that a journal waits for a bus that is declared but not created yet. */
const MAX_TURNS = 100;
const BUS_METHODS = ['publish', 'publishAll', 'subscribe'] as const;

/**
 * Finds the EventBuses that Nest has created: usually one; two if the application imports both
 * `CqrsModule.forRoot()` and a plain `CqrsModule`. The bus of a CqrsModule that is not global cannot be
 * injected here, and importing that module would create another bus.
 *
 * A test may have replaced the bus, so the results can be any values; see {@link assertedEventBus}.
 * @param areCreated whether Nest has created all providers
 */
export function findEventBuses(modules: ModulesContainer, areCreated: boolean): unknown[] {
  const buses = new Set<unknown>();
  for (const { providers } of modules.values()) {
    const wrapper = providers.get(EventBus);
    if (wrapper !== undefined && (areCreated || isCreated(wrapper))) buses.add(wrapper.instance);
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
    const buses = findEventBuses(modules, false);
    if (buses.length > 0) return buses.map(assertedEventBus);
    await nextTurn();
  }
  return [];
}

/**
 * Checks a bus, which may be a mock in a test.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the methods that it lacks
 */
export function assertedEventBus(bus: unknown): EventBus {
  const methods = (bus ?? {}) as Record<string, unknown>;
  const missing = BUS_METHODS.filter((method) => typeof methods[method] !== 'function');
  if (missing.length === 0) return bus as EventBus;
  throw new InvalidOptionError(
    'provider EventBus',
    bus,
    'an EventBus',
    `the provider of EventBus lacks ${missing.join('(), ')}(), which the journal needs. A test that overrides it gives ` +
      "all of publish(), publishAll() and subscribe(), or keeps the real bus and spies on it: jest.spyOn(eventBus, 'publish')",
  );
}

/**
 * Whether a provider has its instance while Nest still creates providers. Before the constructor of a class
 * has run, Nest stores an object with only the prototype.
 */
function isCreated({
  metatype,
  instance,
}: {
  readonly metatype: unknown;
  readonly instance: unknown;
}): boolean {
  const isValue = metatype === null;
  return isValue || (instance instanceof EventBus && instance.publisher !== undefined);
}
