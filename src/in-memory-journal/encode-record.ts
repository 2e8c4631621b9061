import {
  InvalidArgumentError,
  SequencerEvent,
  SerializationError,
  codecError,
  toU64,
  type PayloadCodec,
} from '../journal/index.js';
import { entryCrc, type MemoryRecord } from './memory-record.js';

/**
 * Checks and encodes an event.
 * @param name of the event, for errors
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
 * @throws SerializationError (`JOURNAL_SERIALIZATION`) or another error of the codec
 */
export function encodeRecord<C, R>(
  codec: PayloadCodec<C, R>,
  event: SequencerEvent<C, R>,
  name: string,
): MemoryRecord {
  if (!SequencerEvent.isSequencerEvent(event))
    throw new InvalidArgumentError(name, event, 'a SequencerEvent');
  const sequenceNum = toU64(`${name}.sequenceNum`, event.sequenceNum);
  const timestampNs = toU64(`${name}.timestampNs`, event.timestampNs);
  // A copy: a codec may reuse its buffer.
  const payload = new Uint8Array(payloadOf(codec, event, name));
  return { sequenceNum, timestampNs, payload, storedCrc: entryCrc(sequenceNum, timestampNs, payload) };
}

function payloadOf<C, R>(codec: PayloadCodec<C, R>, event: SequencerEvent<C, R>, name: string): Uint8Array {
  let encoded: unknown;
  try {
    encoded = codec.encode(event);
  } catch (error) {
    throw codecError(error, name);
  }
  if (encoded instanceof Uint8Array) return encoded;
  throw new SerializationError('the codec did not return a Uint8Array', name);
}
