import { messageOf } from '../describe-thrown.js';
import { JournalError } from './journal-error.js';

/**
 * An event that JSON cannot represent (function, symbol, cycle, NaN, Infinity …). Nothing was written.
 * @publicApi
 */
export class SerializationError extends JournalError {
  readonly code = 'JOURNAL_SERIALIZATION';
  constructor(
    /** Why the value cannot be stored. */
    readonly reason: string,
    /** Path of the value in the event, e.g. `command.AddOrder.price`. */
    readonly path: string,
    options: { cause?: unknown } = {},
  ) {
    super(`cannot serialize the event at ${path}: ${reason}`, { ...options, outcome: 'not-written' });
  }
}

/**
 * Returns an error of a codec that has a code. Codecs of applications may throw anything while they encode.
 * @param path of the value that the codec was given
 */
export function codecError(error: unknown, path: string): JournalError {
  if (JournalError.isJournalError(error)) return error;
  return new SerializationError(`the codec failed: ${messageOf(error)}`, path, { cause: error });
}

/**
 * An entry that does not fit into one segment. Nothing was written.
 * @publicApi
 */
export class EntryTooLargeError extends JournalError {
  readonly code = 'JOURNAL_ENTRY_TOO_LARGE';
  constructor(
    /** Bytes that the entry would occupy in a segment. */
    readonly entrySizeBytes: number,

    /** Capacity of a segment, in bytes. */
    readonly segmentSizeBytes: number,
  ) {
    super(
      `an entry of ${entrySizeBytes} bytes does not fit into a segment of ${segmentSizeBytes} bytes; raise segmentSizeBytes or split the event`,
      { outcome: 'not-written' },
    );
  }
}

/**
 * An append whose sequence is not `lastSequence + 1`. Nothing was written.
 * @publicApi
 */
export class SequenceConflictError extends JournalError {
  readonly code = 'JOURNAL_SEQUENCE_CONFLICT';
  constructor(
    /** The only sequence that can be appended; null if the journal already holds 2^64 - 1 and is full. */
    readonly expected: bigint | null,

    /** Sequence of the refused event. */
    readonly actual: bigint,
  ) {
    super(
      expected === null
        ? `sequence ${actual} cannot follow 2^64 - 1, the last possible sequence`
        : `sequence ${actual} cannot be appended: the journal expects ${expected}`,
      { outcome: 'not-written' },
    );
  }
}
