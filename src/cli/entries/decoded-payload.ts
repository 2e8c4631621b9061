import { DeserializationError, JournalError, messageOf, type JournalEntry } from '../../journal/index.js';
import { decodeUtf8 } from '../../common/index.js';
import {
  checkEventRecord,
  commandKindOf,
  parseJsonBytes,
  parseJsonCarefully,
  storedCommandId,
} from '../../serialization/index.js';

type PayloadRecord = Readonly<Record<string, unknown>> & {
  readonly command: unknown;
  readonly result: unknown;
};

/** The payload of an entry, decoded lazily and at most once. */
export class DecodedPayload {
  #record: PayloadRecord | null = null;
  #exact: PayloadRecord | null = null;

  constructor(private readonly entry: JournalEntry) {}

  /** Name of the command; null if it has none. */
  get kind(): string | null {
    return commandKindOf(this.entry.payload) ?? nameOf(this.record.command);
  }

  /** The id that the command was submitted with. */
  get commandId(): string | null {
    return storedCommandId(this.record);
  }

  /**
   * The members, with integers as `number` while safe.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) with the location of the entry
   */
  get record(): PayloadRecord {
    return (this.#record ??= this.parse(parseJsonBytes));
  }

  /**
   * The members, with every integer as a `bigint`, so that a `number` is never an integer.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) with the location of the entry
   */
  get exactRecord(): PayloadRecord {
    return (this.#exact ??= this.parse((payload) => parseJsonCarefully(decodeUtf8(payload), 'bigints')));
  }

  private parse(parser: (payload: Uint8Array) => unknown): PayloadRecord {
    const { payload, sequenceNum, timestampNs, location } = this.entry;
    try {
      return checkEventRecord(parser(payload), sequenceNum, timestampNs);
    } catch (cause) {
      if (!JournalError.isJournalError(cause)) throw cause;
      const reason = cause instanceof DeserializationError ? cause.reason : messageOf(cause);
      throw new DeserializationError(reason, { ...(location && { location }), cause });
    }
  }
}

/** The name of an externally tagged value: `"CancelAll"`, or the first key of an object. */
export function nameOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.keys(value)[0] ?? null;
}
