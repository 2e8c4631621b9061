/**
 * The doors of @nestjs/cqrs: events of the EventBus, write-ahead publishing, repositories of aggregate roots.
 */
export {
  AggregateRepository,
  type AggregateRepositoryParts,
  type AggregateRootDefinition,
} from './aggregate-repository.js';
export { AggregateConflictError, AggregateNotFoundError } from './cqrs.errors.js';
export { DomainEventIndex } from './domain-event-index.js';
export {
  DOMAIN_EVENTS_TAG,
  fromCommand,
  singleProperty,
  toCommand,
  type DomainEvent,
} from './domain-event.js';
export { EventBusLink } from './event-bus-link.js';
export { EventClassRegistry, type EventClasses } from './event-class-registry.js';
export { SequencerEventHandler } from './sequencer-event.handler.js';
export { WriteAheadPublisher } from './write-ahead-publisher.js';
