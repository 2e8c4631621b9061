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

/** The entries of `records`, each checked when it is reached; damage as `onCorrupt` says. */
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
      // Checking and decoding throw nothing else.
      if (typeof onCorrupt === 'function') onCorrupt(error as ReadError);
      continue;
    }
    yield entry;
  }
}

/**
 * Every reader gets an entry of its own, so that readers do not share decoded events.
 * @throws CorruptEntryError; with `decode`, DeserializationError
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
