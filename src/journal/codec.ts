import type { SequencerEvent } from './sequencer-event.js';

/**
 * Turns events into payload bytes and back. Implementations are pure and keep no state between calls.
 * @publicApi
 */
export interface PayloadCodec<TCommand = unknown, TResult = unknown> {
  /**
   * True when `encode` writes the `commandId` of an event, and `decode` gives it back. A Sequencer takes no ids of commands
   * for a codec that would lose them.
   * @default false
   */
  readonly storesCommandIds?: boolean;
  /**
   * The UTF-8 JSON of the whole event, `{"sequence_num":…,"timestamp_ns":…,"command":…,"result":…}`, without spaces.
   * Where the event has a `commandId`, `,"command_id":"…"` stands before the last bracket (see {@link storesCommandIds}).
   * An event that was decoded and not changed gives the bytes it was decoded from.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  encode(event: SequencerEvent<TCommand, TResult>): Uint8Array;
  /**
   * Writes the bytes that `encode` would give into `target` from `offset` on, and returns how many they are; -1 when
   * `target.length - offset` is too small. Nothing outside of these bytes is changed, except that after -1 or an error
   * anything may lie behind `offset`: the caller grows and tries again. Optional: saves the array in between. Where it is there,
   * journals use it instead of `encode`: a codec spread from another (`{ ...jsonCodec(), encode }`) must replace or drop it.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`), as `encode` does
   */
  encodeInto?(event: SequencerEvent<TCommand, TResult>, target: Buffer, offset: number): number;
  /**
   * The event of a payload. `sequenceNum` and `timestampNs` are those of the binary header.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`), also when the payload's own sequence or time differ.
   */
  decode(payload: Uint8Array, sequenceNum: bigint, timestampNs: bigint): SequencerEvent<TCommand, TResult>;
  /**
   * A copy of a command as it will come back from the journal: what `decode` makes of what `encode` makes of it. For codecs that
   * cannot encode a command without its result; without this method a result of null is tried. As with `encodeInto`, a codec
   * spread from another must replace or drop this method and the two below.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  commandAsStored?(command: TCommand): TCommand;
  /**
   * A copy of a command or a result as the plain data that `encode` writes for it; `encode` accepts the copy
   * as well. The method reads every getter and calls every `toJSON` once; integers keep their type. A
   * Sequencer executes, journals and answers with this one reading. A codec whose `encode` reads a result
   * once and stores all of it may return the result itself. For codecs without this method the Sequencer
   * reads a command through the codec, and answers with the object that the aggregate returned.
   * @param isInUse true for a command that the application has already applied: a codec that makes instances
   * of classes refuses it if reading it back would give an unequal one
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  toPlain?(value: unknown, part: 'command' | 'result', isInUse?: boolean): unknown;
  /**
   * For codecs whose decoded events hold instances of classes: makes the instances from the data of
   * `toPlain`.
   */
  fromPlain?(plain: unknown, part: 'command' | 'result'): unknown;
}
