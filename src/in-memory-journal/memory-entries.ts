import {
  JournalError,
  type JournalEntry,
  type PayloadCodec,
  type ReadError,
  type ReadOptions,
} from '../journal/index.js';
import { StoredEntry } from '../journal-kit/index.js';
import { verifyCrc } from './memory-record.js';
import type { LocatedRecord } from './memory-segments.js';

/**
 * Yields the entries of `records`, and checks each one when it is reached. `onCorrupt` decides about damage.
 */
export function* entriesOf<TCommand, TResult>(
  records: Iterable<LocatedRecord>,
  codec: PayloadCodec<TCommand, TResult>,
  onCorrupt: ReadOptions['onCorrupt'] = 'throw',
): Generator<JournalEntry<TCommand, TResult>, void, undefined> {
  for (const located of records) {
    let entry: JournalEntry<TCommand, TResult>;
    try {
      entry = checkedEntry(located, codec, onCorrupt !== 'throw');
    } catch (error) {
      if (onCorrupt === 'throw' || !JournalError.isJournalError(error)) throw error;
      // Checking and decoding throw no other journal errors.
      if (typeof onCorrupt === 'function') onCorrupt(error as ReadError);
      continue;
    }
    yield entry;
  }
}

/**
 * Creates the entry of a record. Each reader gets its own, so that readers do not share decoded events.
 * @throws CorruptEntryError (`JOURNAL_CORRUPT_ENTRY`)
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) with `decode`
 */
export function checkedEntry<TCommand, TResult>(
  { record, location }: LocatedRecord,
  codec: PayloadCodec<TCommand, TResult>,
  decode: boolean,
): JournalEntry<TCommand, TResult> {
  verifyCrc(record, location);
  const { sequenceNum, timestampNs, storedCrc, payload } = record;
  const { segment, offset } = location;
  const entry = new StoredEntry(sequenceNum, timestampNs, storedCrc, payload, segment, offset, codec);
  if (decode) void entry.event;
  return entry;
}
