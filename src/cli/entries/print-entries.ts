import { CooperativeYield } from '../../common/index.js';
import { JournalError, type JournalEntry } from '../../journal/index.js';
import type { EntryFilter } from './entry-filter.js';
import type { EntryWriter } from './entry-writer.js';

/** What to do with the entries of one reading. */
export interface Printing {
  readonly entries: Iterable<JournalEntry>;
  readonly filter: EntryFilter;
  readonly writer: EntryWriter;
  readonly signal: AbortSignal;
  /** Called with an entry that cannot be decoded, if reading continues after it. */
  readonly onDamage: ((error: JournalError) => void) | null;
}

/**
 * Writes the chosen entries. It stops for the event loop every few milliseconds, and whenever the output is
 * slower.
 * @throws (rejects) the error of the read, after it has written what came before
 */
export async function printEntries({ entries, filter, writer, signal, onDamage }: Printing): Promise<void> {
  const iterator = entries[Symbol.iterator]();
  const pause = new CooperativeYield();
  /** @returns whether there is more to read */
  const printSome = (): boolean => {
    while (!filter.isExhausted) {
      const { done, value: entry } = iterator.next();
      if (done === true) return false;
      try {
        const choice = filter.choose(entry);
        if (choice === 'end') return false;
        if (choice === 'chosen') writer.add(entry);
      } catch (error) {
        if (onDamage === null || !isUndecodable(error)) throw error;
        onDamage(error);
      }
      if (writer.isFull || pause.isDueAfter(entry.payload.length)) return true;
    }
    return false;
  };
  try {
    while (filter.run(printSome)) {
      if (writer.isFull) await writer.flush();
      if (pause.isDue) await pause.run();
      signal.throwIfAborted();
    }
  } finally {
    iterator.return?.();
    await writer.flush();
  }
}

function isUndecodable(error: unknown): error is JournalError {
  return JournalError.isJournalError(error) && error.code === 'JOURNAL_DESERIALIZATION';
}
