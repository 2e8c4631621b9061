/**
 * Given, when, then: for aggregates of the Sequencer, aggregate roots, projections and process managers. No test runner is imported;
 * what fails is an AssertionError of `node:assert`.
 */
export {
  AggregateOutcome,
  AggregateSpecification,
  type AggregateSpecificationOptions,
} from './aggregate-specification.js';
export type { ErrorClass, ExpectedError } from './expectations.js';
export { ProjectionSpecification, type ProjectionSpecificationOptions } from './projection-specification.js';
export {
  SequencerOutcome,
  SequencerSpecification,
  type SequencerSpecificationOptions,
  type StoredEvent,
} from './sequencer-specification.js';
export { SavedEventsOf, saved, type GivenEntry } from './stored-events.js';
