import type { EntryLocation } from './errors.js';
import type { SequencerEvent } from './sequencer-event.js';

/**
 * One stored entry. Its bytes stay valid for ever, also after the journal was closed or its segment archived.
 * @publicApi
 */
export interface JournalEntry<TCommand = unknown, TResult = unknown> {
  /** From the binary header. */
  readonly sequenceNum: bigint;
  /** From the binary header: nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
  /** The CRC-32 stored with the entry; verified before the entry was handed out. */
  readonly storedCrc: number;
  /** The exact payload bytes: UTF-8 JSON of the whole event. Do not write to them. */
  readonly payload: Uint8Array;
  /** Where the entry lies, for error messages; a journal that has no such places leaves it out. */
  readonly location?: EntryLocation;
  /**
   * The decoded event; decoded on first use and kept.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
   */
  readonly event: SequencerEvent<TCommand, TResult>;
  /** For JSON answers and log lines: `sequenceNum`, `timestampNs`, `storedCrc` and `event`, each bigint as a decimal string. */
  toJSON(): unknown;
}

/**
 * The entries of one `readFrom`: iterate with `for … of`, or with `for await … of`, which lets the event loop run in between.
 * An iteration covers what was visible when it started, that is, when its iterator was made; archiving changes nothing for it.
 * @publicApi
 */
export interface JournalEntries<TCommand = unknown, TResult = unknown>
  extends Iterable<JournalEntry<TCommand, TResult>>, AsyncIterable<JournalEntry<TCommand, TResult>> {}
