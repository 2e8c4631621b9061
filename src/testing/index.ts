/**
 * Test tools for applications and for authors of journals: given/when/then specifications, faults, a clock,
 * and the conformance suite. They work in any test runner; failures are AssertionErrors of `node:assert`.
 */
export { defineJournalConformance } from './conformance/define-journal-conformance.js';
export type { JournalCapabilities } from './conformance/capabilities.js';
export type { ConformanceOpenOptions, ConformanceRunner, JournalHarness } from './conformance/harness.js';
export type { WriteFailure } from './faults/armed-faults.js';
export { JournalFaults } from './faults/journal-faults.js';
export {
  AggregateOutcome,
  AggregateSpecification,
  ProjectionSpecification,
  SavedEventsOf,
  SequencerOutcome,
  SequencerSpecification,
  saved,
  type AggregateSpecificationOptions,
  type ErrorClass,
  type ExpectedError,
  type GivenEntry,
  type ProjectionSpecificationOptions,
  type SequencerSpecificationOptions,
  type StoredEvent,
} from './specification/index.js';
export { TestClock, type TestClockOptions } from './test-clock.js';
export { InMemoryDisk, type StoredBytes } from '../nest/index.js';
export type { FileJournalTestingOptions } from '../nest/index.js';
