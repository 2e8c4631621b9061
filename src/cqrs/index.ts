/**
 * The entry points of @nestjs/cqrs: events that are published on the EventBus, and write-ahead publishing.
 */
export { JournaledEventPublisher } from './journaled-event-publisher.js';
export { SequencerEventHandler } from './sequencer-event.handler.js';
export { WriteAheadPublisher } from './write-ahead-publisher.js';
