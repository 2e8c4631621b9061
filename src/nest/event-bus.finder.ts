import type { ModulesContainer } from '@nestjs/core';
import { EventBus } from '@nestjs/cqrs';
import { nextTurn } from '../common/index.js';

/** How many turns of the event loop a journal waits for a bus that is declared but not created yet. */
const MAX_TURNS = 100;

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
 * Finds the EventBuses, and gives Nest some turns of the event loop to create one: it creates providers
 * concurrently. This way the journal also receives events that are published in constructors and onModuleInit
 * hooks.
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

/** Before the constructor has run, Nest holds a bare prototype. */
function isReady(instance: unknown): instance is EventBus {
  return instance instanceof EventBus && instance.publisher !== undefined;
}
