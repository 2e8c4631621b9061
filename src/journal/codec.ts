import type { SequencerEvent } from './sequencer-event.js';

/**
 * Converts events to payload bytes and back. Implementations are pure and keep no state between calls.
 * @publicApi
 */
export interface PayloadCodec<TCommand = unknown, TResult = unknown> {
  /**
   * Whether `encode` writes the `commandId` of an event and `decode` returns it. If it does not, a Sequencer
   * refuses commands with an id, because the codec would lose it.
   * @default false
   */
  readonly storesCommandIds?: boolean;
  /**
   * Returns the UTF-8 JSON of the whole event, `{"sequence_num":…,"timestamp_ns":…,"command":…,"result":…}`,
   * without spaces. For an event with a `commandId`, `,"command_id":"…"` precedes the last bracket (see
   * {@link storesCommandIds}). For a decoded event that was not changed, the result is the bytes it was
   * decoded from.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  encode(event: SequencerEvent<TCommand, TResult>): Uint8Array;
  /**
   * Writes the bytes of `encode` to `target` at `offset` and returns their number; -1 if they do not fit.
   * The method changes no other byte. After -1 or an error, the content from `offset` on is undefined; the
   * caller enlarges the buffer and tries again.
   *
   * The method is optional and saves an array per event. If a codec has it, journals use it instead of
   * `encode`. A codec spread from another, such as `{ ...jsonCodec(), encode }`, must therefore replace or
   * remove it.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`), as `encode` does
   */
  encodeInto?(event: SequencerEvent<TCommand, TResult>, target: Buffer, offset: number): number;
  /**
   * Returns the event of a payload. `sequenceNum` and `timestampNs` are those of the binary header.
   * @throws DeserializationError (`JOURNAL_DESERIALIZATION`), also when the payload states another sequence
   * or time.
   */
  decode(payload: Uint8Array, sequenceNum: bigint, timestampNs: bigint): SequencerEvent<TCommand, TResult>;
  /**
   * Returns a copy of a command as the journal will return it: encoded and decoded again. The method is for
   * codecs that cannot encode a command without its result. Without it, a Sequencer encodes the command with
   * a result of null. As with `encodeInto`, a codec spread from another must replace or remove this method
   * and the two below.
   * @param isPlain true for data of `toPlain`: it was checked, so a codec that has `toPlain` may copy it
   * without further checks
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  commandAsStored?(command: TCommand, isPlain?: boolean): TCommand;
  /**
   * Returns a copy of a command or a result as the plain data that `encode` writes for it. `encode` accepts
   * the copy as well. The method reads every getter and calls every `toJSON` once; integers keep their type.
   * A Sequencer executes, journals and answers with this copy.
   *
   * A codec whose `encode` reads a result once and stores all of it may return the result itself. For a codec
   * without this method, the Sequencer copies a command by encoding and decoding it, and answers with the
   * object that the aggregate returned.
   * @param isInUse true for a command that the application has already applied. A codec that makes instances
   * of classes then refuses the command if decoding would give an unequal instance
   * @throws SerializationError (`JOURNAL_SERIALIZATION`)
   */
  toPlain?(value: unknown, part: 'command' | 'result', isInUse?: boolean): unknown;
  /**
   * Creates instances of classes from the data of `toPlain`, for codecs whose decoded events hold such
   * instances.
   */
  fromPlain?(plain: unknown, part: 'command' | 'result'): unknown;
}
