import type { ObservedJournal } from './journal-status.js';

/** Injection token of {@link ObservedJournals}. */
export const OBSERVED_JOURNALS = Symbol.for('nestjs-file-journal/observed-journals');

/**
 * The open journals of the application, for health and metrics. Provided with every
 * `FileJournalModule.forRoot()`.
 * @publicApi
 */
export interface ObservedJournals {
  /** Returns the journals as they are now. */
  observed(): readonly ObservedJournal[];
  /**
   * Calls `listener` when the journals are closed: when the application ends, and when it fails to start,
   * which Nest does not report.
   */
  onClosed?(listener: () => void): void;
}
