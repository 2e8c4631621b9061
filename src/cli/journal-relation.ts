import { messageOf, type JournalReader } from '../journal/index.js';
import { storedCrcAt } from '../journal-kit/index.js';

/**
 * How a file that was made from a journal relates to it.
 *
 * - `consistent`: the journal holds the entry that the file was made at.
 * - `foreign`: the journal holds another entry there, or ends before it: the file belongs to another history.
 * - `uncompared`: that entry is archived and no longer in the directory, or it cannot be read.
 * - `damaged`: the file cannot be read.
 */
export type JournalRelation = 'consistent' | 'foreign' | 'uncompared' | 'damaged';

export interface Comparison {
  readonly relation: JournalRelation;
  /** Why the file is not consistent; null if it is. */
  readonly reason: string | null;
}

/** Compares the entry at a sequence with the checksum that a file states for it. */
export function compareWithJournal(journal: JournalReader, sequence: bigint, entryCrc: number): Comparison {
  const { lastSequence: last, firstAvailableSequence: first } = journal;
  if (last === null || sequence > last) {
    const end = last === null ? 'it is empty' : `it ends at sequence ${last}`;
    return { relation: 'foreign', reason: `it was made at sequence ${sequence} of another history: ${end}` };
  }
  let stored: number | null;
  try {
    stored = storedCrcAt(journal, sequence);
  } catch (error) {
    return { relation: 'uncompared', reason: messageOf(error) };
  }
  if (stored === entryCrc) return { relation: 'consistent', reason: null };
  if (stored === null && first !== null && sequence < first) {
    const reason = `the archived segment with sequence ${sequence} is not in the directory, or cannot be read`;
    return { relation: 'uncompared', reason };
  }
  return { relation: 'foreign', reason: `the journal holds another entry at sequence ${sequence}` };
}
