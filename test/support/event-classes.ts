import type { Type } from '@nestjs/common';
import type { EventDefinition } from '../../src/events/index.js';

/** Undecorated event classes by the names they are stored under. */
export function named(classes: Readonly<Record<string, Type>>): EventDefinition[] {
  return Object.entries(classes).map(([name, event]) => ({ event, name }));
}
