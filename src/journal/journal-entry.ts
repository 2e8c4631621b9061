import type { EntryLocation } from './errors/index.js';
import type { SequencerEvent } from './sequencer-event.js';

/**
 * One stored entry. Its bytes stay valid even after the journal is closed or the segment is archived.
 * @publicApi
 */
export interface JournalEntry<TCommand = unknown, TResult = unknown> {
  /** Sequence of the entry, from the binary header. */
  readonly sequenceNum: bigint;
  /** Time of the entry in nanoseconds since the Unix epoch, from the binary header. */
  readonly timestampNs: bigint;
  /** The CRC-32 stored with the entry. The journal verifies it before it returns the entry. */
  readonly storedCrc: number;
  /** The exact payload bytes: the UTF-8 JSON of the whole event. Do not modify them. */
  readonly payload: Uint8Array;
  /** Location of the entry, for error messages. A journal without such locations omits the property. */
  readonly location?: EntryLocation;
  /**
   * The event, decoded on first use and then kept.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
   */
  readonly event: SequencerEvent<TCommand, TResult>;
  /**
   * Returns `sequenceNum`, `timestampNs`, `storedCrc` and `event` for JSON answers and log lines. Each bigint
   * is a decimal string.
   */
  toJSON(): unknown;
}

/**
 * The entries of one `readFrom`. Iterate with `for … of`, or with `for await … of`, which yields to the event
 * loop. An iteration covers the entries that were visible when its iterator was created. Archive does not
 * affect it.
 * @publicApi
 */
export interface JournalEntries<TCommand = unknown, TResult = unknown>
  extends Iterable<JournalEntry<TCommand, TResult>>, AsyncIterable<JournalEntry<TCommand, TResult>> {}
