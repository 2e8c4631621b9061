import type { PayloadCodec } from '../journal/index.js';
import { DeserializationError, type EntryLocation } from '../journal/index.js';
import type { JournalEntry } from '../journal/index.js';
import { bigintsToStrings, type SequencerEvent } from '../journal/index.js';
import { messageOf } from '../journal/index.js';

/**
 * The entry that journals return: header fields, payload bytes, and the event, decoded on first use.
 * @publicApi
 */
export class StoredEntry<TCommand, TResult> implements JournalEntry<TCommand, TResult> {
  #event: SequencerEvent<TCommand, TResult> | null = null;

  constructor(
    readonly sequenceNum: bigint,
    readonly timestampNs: bigint,
    readonly storedCrc: number,
    readonly payload: Uint8Array,
    private readonly segment: string,
    private readonly offset: number,
    private readonly codec: PayloadCodec<TCommand, TResult>,
  ) {}

  get location(): EntryLocation {
    return { segment: this.segment, offset: this.offset, sequence: this.sequenceNum };
  }

  get event(): SequencerEvent<TCommand, TResult> {
    this.#event ??= this.decode();
    return this.#event;
  }

  toJSON(): unknown {
    return bigintsToStrings({
      sequenceNum: this.sequenceNum,
      timestampNs: this.timestampNs,
      storedCrc: this.storedCrc,
      event: this.event,
    });
  }

  private decode(): SequencerEvent<TCommand, TResult> {
    try {
      return this.codec.decode(this.payload, this.sequenceNum, this.timestampNs);
    } catch (cause) {
      throw located(cause, { segment: this.segment, offset: this.offset, sequence: this.sequenceNum });
    }
  }
}

/**
 * Adds the location to an error of the codec: the codec knows the fault, and only the journal knows its
 * location.
 */
function located(cause: unknown, location: EntryLocation): DeserializationError {
  if (cause instanceof DeserializationError && cause.segment !== null) return cause;
  const reason = cause instanceof DeserializationError ? cause.reason : messageOf(cause);
  return new DeserializationError(reason, { location, cause });
}
