import type { ObservedJournal } from './vitals.js';

/** Injection token of {@link ObservedJournals}. */
export const OBSERVED_JOURNALS = Symbol.for('nestjs-file-journal/observed-journals');

/**
 * The open journals of the application, for health and metrics; there wherever a
 * `FileJournalModule.forRoot()` is.
 */
export interface ObservedJournals {
  observed(): readonly ObservedJournal[];
  /**
   * Calls back when they are closed: at the end of the application, and when it fails to start, of which Nest
   * tells nobody.
   */
  onClosed?(listener: () => void): void;
}
