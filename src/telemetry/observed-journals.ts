import type { ObservedJournal } from './vitals.js';

/** Injection token of {@link ObservedJournals}. */
export const OBSERVED_JOURNALS = Symbol.for('nestjs-file-journal/observed-journals');

/**
 * The open journals of the application, for health and metrics; there wherever a
 * `FileJournalModule.forRoot()` is.
 * @publicApi
 */
export interface ObservedJournals {
  /** Returns the journals as they are now. */
  observed(): readonly ObservedJournal[];
  /**
   * Calls back when they are closed: at the end of the application, and when it fails to start, of which Nest
   * tells nobody.
   */
  onClosed?(listener: () => void): void;
}
