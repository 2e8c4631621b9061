import type { JournalEntry, JournalReader } from '../journal/index.js';

/**
 * Returns the first entry from `sequence` on, including archived segments that are still in their directory.
 * Null if there is none.
 */
export function firstEntryFrom(journal: JournalReader, sequence: bigint): JournalEntry | null {
  for (const entry of journal.readFrom(sequence, { limit: 1, includeArchived: true })) return entry;
  return null;
}

/**
 * Returns the CRC-32 stored with the entry at `sequence`, including an entry in an archived segment that is
 * still in its directory. Null if there is no such entry, or if its archived segment cannot be read.
 * @throws the error of the read, unless the entry is archived
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
 * Returns advice for an error about missing entries from `sequence` on: how to read them from archived
 * segments. Undefined if no archived segment has them.
 */
export function adviceOnArchived(journal: JournalReader, sequence: bigint): string | undefined {
  const { firstAvailableSequence: first } = journal;
  let archived: JournalEntry | null;
  try {
    archived = firstEntryFrom(journal, sequence);
  } catch {
    // The archived segments are damaged or incomplete: reading them would not help.
    return undefined;
  }
  if (archived === null || first === null || archived.sequenceNum >= first) return undefined;
  return `archived segments hold the entries from ${archived.sequenceNum} on; to read them, set replay: { includeArchived: true }`;
}
