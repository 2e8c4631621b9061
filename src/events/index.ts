/**
 * Domain events: the names they are stored under, the envelope, and the way from what was stored years ago to an instance of
 * the class of today.
 */
export {
  DOMAIN_EVENTS_TAG,
  fromCommand,
  fromPublished,
  singleProperty,
  toCommand,
  toPublished,
  type DomainEvent,
} from './domain-event.js';
export {
  EventUpcastError,
  EventValidationError,
  EventVersionError,
  UnknownEventError,
  eventErrorIn,
  type StoredEventPlace,
} from './domain-event.errors.js';
export {
  EventClassRegistry,
  type EventClasses,
  type EventDefinition,
  type ReadEvent,
} from './event-class-registry.js';
export type { EventSchema, EventValidation } from './event-validation.js';
export {
  JournalEvent,
  getJournalEvent,
  type JournalEventDefinition,
  type JournalEventOptions,
} from './journal-event.decorator.js';

export type { UpcastContext, Upcaster, UpcasterChain, Upcasters } from './upcasters.js';
export { withEventClasses } from './event-class.codec.js';
