import type { JournalEntry, JournalReader } from '../journal/index.js';

/** The first entry from `sequence` on, archived segments that are still in their directory included; null when there is none. */
export function firstEntryFrom(journal: JournalReader, sequence: bigint): JournalEntry | null {
  for (const entry of journal.readFrom(sequence, { limit: 1, includeArchived: true })) return entry;
  return null;
}

/**
 * The CRC-32 stored with the entry at `sequence`, also of one in an archived segment that is still in its directory. Null where there is
 * no such entry, or where its archived segment cannot be read.
 * @throws what reading an entry throws that is not archived
 */
export function storedCrcAt(journal: JournalReader, sequence: bigint): number | null {
  const { firstAvailableSequence: first } = journal;
  const isArchived = first !== null && sequence < first;
  try {
    for (const entry of journal.readFrom(sequence, { limit: 1, includeArchived: isArchived })) {
      return entry.sequenceNum === sequence ? entry.storedCrc : null;
    }
  } catch (error) {
    if (!isArchived) throw error;
  }
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
