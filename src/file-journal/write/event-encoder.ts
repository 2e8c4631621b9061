import {
  EntryTooLargeError,
  InvalidArgumentError,
  SequencerEvent,
  SerializationError,
  U64_MAX,
  toU64,
  type PayloadCodec,
} from '../../journal/index.js';
import { entrySizeBytes } from '../../journal-kit/index.js';
import type { StagedGroup } from './staged-group.js';
import { NO_BYTES, type EncodedEvent, type Staging } from './staging.js';

/**
 * Space that is reserved for a payload before its length is known; the second is tried if the first is too
 * small.
 */
const PAYLOAD_ROOM_BYTES = [4 * 1024, 64 * 1024];

/** Checks and encodes the events of appends. */
export class EventEncoder<C, R> {
  /** Filled after the codec has returned: code of the application that a codec calls may append, too. */
  private readonly encoded: EncodedEvent = {
    sequenceNum: 0n,
    timestampNs: 0n,
    bytes: NO_BYTES,
    offset: 0,
    lengthBytes: 0,
  };

  constructor(
    private readonly codec: PayloadCodec<C, R>,
    private readonly maxEntryBytes: number,
    private readonly staging: Staging,
  ) {}

  /**
   * Checks and encodes an event, if the codec can in the place from which it will be written. Nothing is
   * staged yet: encoding may call code of the application, and that may append, too.
   * @param batch the group in which it will be staged. @default the open group
   * @param index of the event in its batch, for messages
   * @returns the same object for every event
   * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   * @throws EntryTooLargeError (`JOURNAL_ENTRY_TOO_LARGE`)
   * @throws SerializationError (`JOURNAL_SERIALIZATION`) if the codec returns something impossible
   * @throws what the codec throws
   */
  encode(
    event: SequencerEvent<C, R>,
    batch: StagedGroup | null = null,
    index: number | null = null,
  ): EncodedEvent {
    if (!SequencerEvent.isSequencerEvent(event))
      throw new InvalidArgumentError(nameOf(index), event, 'a SequencerEvent');
    // Read once: they may be accessors.
    const { sequenceNum: sequence, timestampNs: timestamp } = event;
    const sequenceNum = isU64(sequence) ? sequence : toU64(`${nameOf(index)}.sequenceNum`, sequence);
    const timestampNs = isU64(timestamp) ? timestamp : toU64(`${nameOf(index)}.timestampNs`, timestamp);
    return (
      this.encodeInPlace(event, sequenceNum, timestampNs, batch, index) ??
      this.encodeApart(event, sequenceNum, timestampNs, index)
    );
  }

  /** Checks and encodes events into a batch. @returns their sequences, which may not follow each other */
  encodeBatch(events: readonly SequencerEvent<C, R>[], batch: StagedGroup): bigint[] {
    if (!Array.isArray(events))
      throw new InvalidArgumentError('events', events, 'an array of SequencerEvent');
    const sequences: bigint[] = [];
    for (let index = 0; index < events.length; index += 1) {
      const encoded = this.encode(events[index] as SequencerEvent<C, R>, batch, index);
      this.staging.stage(encoded, batch);
      sequences.push(encoded.sequenceNum);
    }
    return sequences;
  }

  /** @returns null if the codec cannot do so, or the payload does not fit */
  private encodeInPlace(
    event: SequencerEvent<C, R>,
    sequenceNum: bigint,
    timestampNs: bigint,
    batch: StagedGroup | null,
    index: number | null,
  ): EncodedEvent | null {
    const { codec } = this;
    if (codec.encodeInto === undefined) return null;
    for (const roomBytes of PAYLOAD_ROOM_BYTES) {
      const group = batch ?? this.staging.open; // another one each time: the codec may run code that appends
      if (group.isEncoding) return null; // called while another event is encoded
      group.beginPayload(roomBytes);
      const { bytes, payloadOffset: offset, payloadRoomBytes } = group;
      try {
        const lengthBytes = codec.encodeInto(event, bytes, offset);
        if (isIntegerUpTo(lengthBytes, payloadRoomBytes)) {
          this.assertFits(lengthBytes);
          return this.filled(sequenceNum, timestampNs, bytes, offset, lengthBytes);
        }
        // A payload may also reach into the last bytes, where its checksum has no room.
        if (lengthBytes !== -1 && !isIntegerUpTo(lengthBytes, bytes.length - offset))
          throw new SerializationError(`the codec wrote ${lengthBytes} bytes`, nameOf(index));
      } finally {
        group.endPayload();
      }
    }
    return null;
  }

  private encodeApart(
    event: SequencerEvent<C, R>,
    sequenceNum: bigint,
    timestampNs: bigint,
    index: number | null,
  ): EncodedEvent {
    const payload: unknown = this.codec.encode(event);
    if (!(payload instanceof Uint8Array))
      throw new SerializationError('the codec did not return a Uint8Array', nameOf(index));
    this.assertFits(payload.length);
    return this.filled(sequenceNum, timestampNs, payload, 0, payload.length);
  }

  private filled(
    sequenceNum: bigint,
    timestampNs: bigint,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
  ): EncodedEvent {
    const { encoded } = this;
    encoded.sequenceNum = sequenceNum;
    encoded.timestampNs = timestampNs;
    encoded.bytes = bytes;
    encoded.offset = offset;
    encoded.lengthBytes = lengthBytes;
    return encoded;
  }

  private assertFits(payloadBytes: number): void {
    const sizeBytes = entrySizeBytes(payloadBytes);
    if (sizeBytes > this.maxEntryBytes) throw new EntryTooLargeError(sizeBytes, this.maxEntryBytes);
  }
}

/** The name of an event in messages. @param index in its batch; null for a single one */
function nameOf(index: number | null): string {
  return index === null ? 'event' : `events[${index}]`;
}

function isU64(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= U64_MAX;
}

function isIntegerUpTo(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= limit;
}
