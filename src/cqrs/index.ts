/**
 * The doors of @nestjs/cqrs: events of the EventBus, and write-ahead publishing.
 */
export { EventBusLink } from './event-bus-link.js';
export { SequencerEventHandler } from './sequencer-event.handler.js';
export { WriteAheadPublisher } from './write-ahead-publisher.js';
