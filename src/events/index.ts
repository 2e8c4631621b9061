/**
 * Domain events: the names they are stored under, the envelope around them, and the conversion of an old
 * stored event to an instance of the current class.
 */

// Event classes: decorator, registry, and the codec that makes instances.
export { JournalEvent, getJournalEvent, type JournalEventOptions } from './journal-event.decorator.js';
export { EventClassRegistry, type EventClasses, type EventDefinition } from './event-class-registry.js';
export { withEventClasses } from './event-class.codec.js';
export type { UpcastContext, Upcaster, Upcasters } from './upcasters.js';

// The envelope of a stored event.
export {
  fromCommand,
  holdsDomainEvents,
  singleProperty,
  toCommand,
  type DomainEvent,
} from './envelope/index.js';

// Errors of stored events.
export {
  EventUpcastError,
  EventValidationError,
  EventVersionError,
  UnknownEventError,
  eventErrorIn,
} from './domain-event.errors.js';
