/** The stored form of domain events, for code that has no event classes: it imports nothing of NestJS. */
export {
  DOMAIN_EVENTS_TAG,
  fromCommand,
  fromPublished,
  holdsDomainEvents,
  isEnvelope,
  singleProperty,
  toCommand,
  toPublished,
  type DomainEvent,
  type Envelope,
} from './domain-event-envelope.js';
