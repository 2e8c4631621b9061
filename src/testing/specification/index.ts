/**
 * Given/when/then specifications for aggregates of the Sequencer, aggregate roots, projections and process
 * managers. They import no test runner; failures are AssertionErrors of `node:assert`.
 */
export {
  AggregateOutcome,
  AggregateSpecification,
  type AggregateSpecificationOptions,
} from './aggregate-specification.js';
export type { ErrorClass, ExpectedError } from './expectations.js';
export { ProjectionSpecification, type ProjectionSpecificationOptions } from './projection-specification.js';
export { SequencerOutcome } from './sequencer-outcome.js';
export {
  SequencerSpecification,
  type SequencerSpecificationOptions,
  type StoredEvent,
} from './sequencer-specification.js';
export { SavedEventsOf, saved, type GivenEntry } from './stored-events.js';
