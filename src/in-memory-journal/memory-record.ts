import {
  CorruptEntryError,
  DeserializationError,
  bigintsToStrings,
  type EntryLocation,
  type JournalEntry,
  type PayloadCodec,
  type SequencerEvent,
} from '../journal/index.js';
import { crc32 } from './stand-in.js';

/** Bytes of an entry on disk around its payload: length, sequence, timestamp and CRC. */
const ENTRY_OVERHEAD_BYTES = 4 + 8 + 8 + 4;

/** What the journal keeps of an event. Nobody but the journal holds `payload` before it is read. */
export interface MemoryRecord {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  readonly storedCrc: number;
  readonly payload: Uint8Array;
}

/** The CRC-32 a segment file would hold for this entry: over sequence and timestamp (u64, little-endian) and payload. */
export function entryCrc(sequenceNum: bigint, timestampNs: bigint, payload: Uint8Array): number {
  const covered = new Uint8Array(16 + payload.byteLength);
  const header = new DataView(covered.buffer);
  header.setBigUint64(0, sequenceNum, true);
  header.setBigUint64(8, timestampNs, true);
  covered.set(payload, 16);
  return crc32(covered);
}

/** The bytes the entry would take in a segment file. */
export function entrySizeBytes(record: MemoryRecord): number {
  return ENTRY_OVERHEAD_BYTES + record.payload.byteLength;
}

/** Readers get the stored bytes themselves; this finds out when one has written to them. */
export function verifyCrc(record: MemoryRecord, location: EntryLocation): void {
  const actual = entryCrc(record.sequenceNum, record.timestampNs, record.payload);
  if (actual !== record.storedCrc) throw new CorruptEntryError(location, record.storedCrc, actual);
}

/** A record as a reader sees it. Every iteration makes its own, so that readers do not share decoded events. */
export class MemoryEntry<TCommand, TResult> implements JournalEntry<TCommand, TResult> {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  readonly storedCrc: number;
  readonly payload: Uint8Array;
  readonly #location: EntryLocation;
  readonly #codec: PayloadCodec<TCommand, TResult>;
  #decoded: SequencerEvent<TCommand, TResult> | undefined;

  constructor(record: MemoryRecord, location: EntryLocation, codec: PayloadCodec<TCommand, TResult>) {
    this.#location = location;
    this.#codec = codec;
    this.sequenceNum = record.sequenceNum;
    this.timestampNs = record.timestampNs;
    this.storedCrc = record.storedCrc;
    this.payload = record.payload;
  }

  get event(): SequencerEvent<TCommand, TResult> {
    this.#decoded ??= this.#decode();
    return this.#decoded;
  }

  toJSON(): unknown {
    return bigintsToStrings({
      sequenceNum: this.sequenceNum,
      timestampNs: this.timestampNs,
      storedCrc: this.storedCrc,
      event: this.event,
    });
  }

  #decode(): SequencerEvent<TCommand, TResult> {
    try {
      return this.#codec.decode(this.payload, this.sequenceNum, this.timestampNs);
    } catch (cause) {
      const reason =
        cause instanceof DeserializationError
          ? cause.reason
          : cause instanceof Error
            ? cause.message
            : String(cause);
      throw new DeserializationError(reason, { location: this.#location, cause });
    }
  }
}
