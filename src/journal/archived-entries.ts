import type { JournalEntry, JournalReader } from './journal.js';

/** The first entry from `sequence` on, archived segments that are still in their directory included; null when there is none. */
export function firstEntryFrom(journal: JournalReader, sequence: bigint): JournalEntry | null {
  for (const entry of journal.readFrom(sequence, { limit: 1, includeArchived: true })) return entry;
  return null;
}

/**
 * For an error about entries from `sequence` on that the journal does not hold: how to read them where they are archived; undefined
 * where they are not.
 */
export function adviceOnArchived(journal: JournalReader, sequence: bigint): string | undefined {
  const { firstAvailableSequence: first } = journal;
  let archived: JournalEntry | null;
  try {
    archived = firstEntryFrom(journal, sequence);
  } catch {
    // Damaged, or a hole: reading them would not help.
    return undefined;
  }
  if (archived === null || first === null || archived.sequenceNum >= first) return undefined;
  return `archived segments hold what is there from ${archived.sequenceNum} on: replay: { includeArchived: true } reads them, too`;
}
