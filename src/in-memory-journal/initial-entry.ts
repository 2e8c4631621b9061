import { InvalidOptionError, SequencerEvent, toU64, type JournalEntry } from '../journal/index.js';
import type { MemoryRecord } from './memory-record.js';

/**
 * An initial entry of an in-memory journal: an event, which the codec encodes, or an entry of another
 * journal, whose bytes and stored CRC are copied.
 */
export type InitialEntry<TCommand = unknown, TResult = unknown> =
  | SequencerEvent<TCommand, TResult>
  | Pick<JournalEntry<TCommand, TResult>, 'sequenceNum' | 'timestampNs' | 'payload' | 'storedCrc'>;

export function isEvent<TCommand, TResult>(
  entry: InitialEntry<TCommand, TResult>,
): entry is SequencerEvent<TCommand, TResult> {
  return SequencerEvent.isSequencerEvent(entry);
}

/**
 * Copies an entry of another journal.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for anything else
 */
export function recordOf(entry: Exclude<InitialEntry, SequencerEvent>): MemoryRecord {
  if (typeof entry !== 'object' || entry === null || !(entry.payload instanceof Uint8Array)) {
    throw new InvalidOptionError('initialEntries', entry, 'made of events or journal entries');
  }
  const { storedCrc, payload } = entry;
  if (!Number.isSafeInteger(storedCrc)) {
    throw new InvalidOptionError('initialEntries', storedCrc, 'made of entries with a storedCrc');
  }
  return {
    sequenceNum: headerField(entry, 'sequenceNum'),
    timestampNs: headerField(entry, 'timestampNs'),
    storedCrc,
    payload: new Uint8Array(payload),
  };
}

function headerField(
  entry: Exclude<InitialEntry, SequencerEvent>,
  field: 'sequenceNum' | 'timestampNs',
): bigint {
  try {
    return toU64(field, entry[field]);
  } catch {
    throw new InvalidOptionError('initialEntries', entry[field], `made of entries whose ${field} is a u64`);
  }
}
