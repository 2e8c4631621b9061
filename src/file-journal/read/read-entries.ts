import { EntrySequence, assertReadOptions } from '../../journal-kit/index.js';
import { toU64, type JournalEntries, type ReadOptions } from '../../journal/index.js';
import { EntryIterator, type ReadPlan } from './entry-iterator.js';

/**
 * Implements `readFrom`.
 * @param plan makes the plan of an iteration when it starts
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
 */
export function readEntries<C, R>(
  sequence: bigint | number,
  options: ReadOptions,
  plan: () => ReadPlan<C, R>,
): JournalEntries<C, R> {
  const from = toU64('sequence', sequence);
  assertReadOptions(options);
  const start = (): EntryIterator<C, R> => new EntryIterator(plan(), from, options.onCorrupt);
  return new EntrySequence(start, { ...options });
}
