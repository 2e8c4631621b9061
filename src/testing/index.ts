/**
 * What an application and a third party test with: given/when/then, an application's journal in memory, faults, a clock, and the
 * conformance suite for journals. Any test runner will do; failures are AssertionErrors of `node:assert`.
 */
export { defineJournalConformance } from './conformance/define-journal-conformance.js';
export type {
  ConformanceOpenOptions,
  ConformanceRunner,
  JournalCapabilities,
  JournalHarness,
} from './conformance/harness.js';
export { JournalFaults, type WriteFailure } from './faults/journal-faults.js';
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
export { InMemoryDisk, type StoredBytes } from '../module/in-memory-disk.js';
export type { FileJournalTestingOptions } from '../module/index.js';
