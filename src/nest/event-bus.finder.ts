import type { ModulesContainer } from '@nestjs/core';
import { EventBus } from '@nestjs/cqrs';
import { nextTurn } from '../common/index.js';

/** Turns of the event loop that a journal waits for a bus that is declared and not made yet. */
const MAX_TURNS = 100;

/**
 * The EventBuses of the application: as a rule one, two where `CqrsModule.forRoot()` and a plain `CqrsModule` are both
 * imported. A CqrsModule that is not global cannot be injected into this package's modules, and importing it here would make a
 * further bus.
 * @returns those that are made already
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
 * As {@link findEventBuses}; gives Nest, which makes providers concurrently, some turns to make one. So events that are published
 * in constructors and onModuleInit hooks are heard, too.
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

/** Until its constructor has run, Nest holds a bare prototype in its place. */
function isReady(instance: unknown): instance is EventBus {
  return instance instanceof EventBus && instance.publisher !== undefined;
}
