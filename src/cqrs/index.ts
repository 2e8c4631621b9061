/**
 * The entry points of @nestjs/cqrs: events that are published on the EventBus, and write-ahead publishing.
 */
export { EventBusLink } from './event-bus-link.js';
export { SequencerEventHandler } from './sequencer-event.handler.js';
export { WriteAheadPublisher } from './write-ahead-publisher.js';
