import type { SequencerEvent } from './sequencer-event.js';

/**
 * Turns events into payload bytes and back. Implementations are pure and keep no state between calls.
 * @publicApi
 */
export interface PayloadCodec<TCommand = unknown, TResult = unknown> {
  /**
   * The UTF-8 JSON of the whole event, `{"sequence_num":…,"timestamp_ns":…,"command":…,"result":…}`, without spaces.
   * An event that was decoded and not changed gives the bytes it was decoded from.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  encode(event: SequencerEvent<TCommand, TResult>): Uint8Array;
  /**
   * The event of a payload. `sequenceNum` and `timestampNs` are those of the binary header.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`), also when the payload's own sequence or time differ.
   */
  decode(payload: Uint8Array, sequenceNum: bigint, timestampNs: bigint): SequencerEvent<TCommand, TResult>;
  /**
   * A copy of a command as it will come back from the journal: what `decode` makes of what `encode` makes of it. For codecs that
   * cannot encode a command without its result; without this method a result of null is tried.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  commandAsStored?(command: TCommand): TCommand;
}
