import {
  JournalError,
  type Journal,
  type JournalEntries,
  type ReadOptions,
  type ReplayGapError,
} from '../journal/index.js';

/**
 * Iterates the entries from `sequence` on, including archived ones if `sequence` is older than the oldest
 * live entry.
 */
export function entriesFrom(journal: Journal, sequence: bigint, options: ReadOptions = {}): JournalEntries {
  const { firstAvailableSequence: first } = journal;
  const includeArchived = first !== null && sequence < first;
  return journal.readFrom(sequence, { ...options, includeArchived });
}

/** Whether reading failed because archived segments were moved away. */
export function isReplayGap(error: unknown): error is ReplayGapError {
  return JournalError.isJournalError(error) && error.code === 'JOURNAL_REPLAY_GAP';
}
