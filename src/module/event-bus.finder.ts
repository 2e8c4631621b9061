import { setImmediate } from 'node:timers/promises';
import type { ModulesContainer } from '@nestjs/core';
import { EventBus } from '@nestjs/cqrs';

/** Turns of the event loop that a journal waits for a bus that is declared and not made yet. */
const MAX_TURNS = 100;

/**
 * The application's EventBus. A CqrsModule that is not global cannot be injected into this package's modules, and importing it
 * here would make a second bus beside a CqrsModule.forRoot().
 * @returns null when there is none, or none was made yet
 */
export function findEventBus(modules: ModulesContainer): EventBus | null {
  for (const { providers } of modules.values()) {
    const instance: unknown = providers.get(EventBus)?.instance;
    if (isReady(instance)) return instance;
  }
  return null;
}

/**
 * As {@link findEventBus}; gives Nest, which makes providers concurrently, some turns to make it. So events that are published
 * in constructors and onModuleInit hooks are heard, too.
 */
export async function waitForEventBus(modules: ModulesContainer): Promise<EventBus | null> {
  const isDeclared = [...modules.values()].some(({ providers }) => providers.has(EventBus));
  for (let turn = 0; isDeclared && turn < MAX_TURNS; turn += 1) {
    const bus = findEventBus(modules);
    if (bus !== null) return bus;
    await setImmediate();
  }
  return null;
}

/** Until its constructor has run, Nest holds a bare prototype in its place. */
function isReady(instance: unknown): instance is EventBus {
  return instance instanceof EventBus && instance.publisher !== undefined;
}
