import {
  SequencerEvent,
  SerializationError,
  rememberStoredPayload,
  storedPayloadOf,
  type PayloadCodec,
} from '../../journal/index.js';

/**
 * A codec that passes payloads through as bytes: `decode` parses nothing, and `encode` returns the bytes of
 * {@link rawEvent}. The caller checks them.
 */
export const RAW_CODEC: PayloadCodec<null, null> = {
  encode(event) {
    const payload = storedPayloadOf(event);
    if (payload === undefined) throw new SerializationError('it has no stored payload', 'event');
    return payload;
  },
  decode: (payload, sequenceNum, timestampNs) => rawEvent(sequenceNum, timestampNs, payload),
};

/** An event of {@link RAW_CODEC}: header fields, and a payload that is stored unchanged. */
export function rawEvent(
  sequenceNum: bigint,
  timestampNs: bigint,
  payload: Uint8Array,
): SequencerEvent<null, null> {
  const event = new SequencerEvent({ sequenceNum, timestampNs, command: null, result: null });
  rememberStoredPayload(event, payload);
  return event;
}
