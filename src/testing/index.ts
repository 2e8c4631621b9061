/** What a third party tests its own journal with. */
export { defineJournalConformance } from './conformance/define-journal-conformance.js';
export type {
  ConformanceOpenOptions,
  ConformanceRunner,
  JournalCapabilities,
  JournalHarness,
} from './conformance/harness.js';
