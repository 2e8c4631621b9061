/**
 * Aggregates that keep their events in a journal: the base class, the repository, and the index of the
 * entries of each aggregate.
 */
export { JournaledAggregateRoot } from './journaled-aggregate-root.js';
export { On } from './on.decorator.js';
export { AggregateRepository } from './aggregate-repository.js';
export { AggregateStore } from './aggregate-store.js';
export { AggregateHistory } from './aggregate-history.js';
export { DomainEventWriter } from './domain-event-writer.js';
export type {
  AggregateRootDefinition,
  AggregateRootLike,
  SaveOptions,
  SavedEvents,
  UpdateOptions,
} from './aggregate-repository.interface.js';
export type { UnknownEvent, UnknownEventPolicy } from './aggregate-history.js';
export { NestedCallGuard } from './nested-call-guard.js';
export { AggregateIndex } from './aggregate-index.js';
export { AggregateTypes, type AggregateTypeDefinition } from './aggregate-types.js';
export {
  AggregateConflictError,
  AggregateNotFoundError,
  AggregateTypeError,
  type AggregatePosition,
} from './aggregate.errors.js';
export { setVersion } from './journaled-aggregate-root.js';
