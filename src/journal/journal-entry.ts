import type { EntryLocation } from './errors.js';
import type { SequencerEvent } from './sequencer-event.js';

/**
 * One stored entry. Its bytes stay valid, even after the journal was closed or the segment archived.
 * @publicApi
 */
export interface JournalEntry<TCommand = unknown, TResult = unknown> {
  /** From the binary header. */
  readonly sequenceNum: bigint;
  /** From the binary header: nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
  /** The CRC-32 stored with the entry. The journal verified it before it returned the entry. */
  readonly storedCrc: number;
  /** The exact payload bytes: the UTF-8 JSON of the whole event. Do not modify them. */
  readonly payload: Uint8Array;
  /** Where the entry is stored, for error messages. A journal without such locations omits the property. */
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
 * loop. An iteration covers the entries that were visible when its iterator was created. Archiving does not
 * affect it.
 * @publicApi
 */
export interface JournalEntries<TCommand = unknown, TResult = unknown>
  extends Iterable<JournalEntry<TCommand, TResult>>, AsyncIterable<JournalEntry<TCommand, TResult>> {}
