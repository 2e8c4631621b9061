import {
  JournalError,
  SequencerEvent,
  SerializationError,
  codecError,
  messageOf,
  storedPayloadOf,
  type PayloadCodec,
} from '../journal/index.js';

/**
 * Placeholder results for encoding a command that has no result yet. The first one that the codec accepts is
 * used from then on: an order-book codec refuses null and accepts a rejection.
 */
const PLACEHOLDER_RESULTS: readonly unknown[] = [null, { Rejected: { reason: '' } }];

/**
 * Converts commands and results between their forms: as submitted, as stored, as replayed.
 *
 * Objects of callers and aggregates are read once. Otherwise a getter or a `toJSON` could give the aggregate
 * one value and the journal another, and the next replay would diverge. Every other form is derived from this
 * reading. A live aggregate gets the same values as at replay: `5` for a `5n` that a generic codec reads back
 * as `5`, or a default that a class adds. Callers and listeners get the stored values.
 *
 * The aggregate shares no command with the caller. A result is shared if the codec does not copy it: the
 * order-book codec, and a codec without `toPlain`.
 */
export interface EventConversion<TCommand = unknown, TResult = unknown> {
  /**
   * A command in the form that the journal stores.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`) for a command that cannot be stored
   */
  commandToStore(command: TCommand, sequenceNum: bigint, timestampNs: bigint): TCommand;
  /** A result in the form that the journal stores. @throws SerializationError (`JOURNAL_SERIALIZATION`) */
  resultToStore(result: TResult): TResult;
  /**
   * A new copy of a command in the form that a replay delivers.
   * @param isStoredForm whether the command comes from `commandToStore`, which has checked it. @default false
   * @throws SerializationError (`JOURNAL_SERIALIZATION`) for a command that could not be read back
   */
  asReplayed(command: TCommand, sequenceNum: bigint, timestampNs: bigint, isStoredForm?: boolean): TCommand;
  /**
   * An event to store, in the form that callers and listeners get: with instances of registered classes. May
   * be the same object.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`) for an event that could not be read back
   */
  answerOf(stored: SequencerEvent<TCommand, TResult>): SequencerEvent<TCommand, TResult>;
  /**
   * An event that the application created, in the form that the journal stores; a decoded event unchanged.
   * @throws SerializationError (`JOURNAL_SERIALIZATION`) for an event that cannot be stored
   */
  eventToStore(event: SequencerEvent): SequencerEvent;
}

export function createEventConversion<TCommand, TResult>(
  codec: PayloadCodec,
): EventConversion<TCommand, TResult> {
  return new CodecConversion(codec) as EventConversion<unknown, unknown> as EventConversion<
    TCommand,
    TResult
  >;
}

class CodecConversion implements EventConversion {
  private readonly placeholders = [...PLACEHOLDER_RESULTS];

  constructor(private readonly codec: PayloadCodec) {}

  commandToStore(command: unknown, sequenceNum: bigint, timestampNs: bigint): unknown {
    const { codec } = this;
    try {
      if (codec.toPlain !== undefined) return codec.toPlain(command, 'command');
      return this.commandAsStored(command, sequenceNum, timestampNs, false) ?? command;
    } catch (error) {
      throw codecError(error, 'command');
    }
  }

  resultToStore(result: unknown): unknown {
    try {
      return this.codec.toPlain === undefined ? result : this.codec.toPlain(result, 'result');
    } catch (error) {
      throw codecError(error, 'result');
    }
  }

  asReplayed(command: unknown, sequenceNum: bigint, timestampNs: bigint, isStoredForm = false): unknown {
    const isPlain = isStoredForm && this.codec.toPlain !== undefined;
    try {
      return this.commandAsStored(command, sequenceNum, timestampNs, isPlain) ?? structuredClone(command);
    } catch (error) {
      throw unreadable('command', error);
    }
  }

  answerOf(event: SequencerEvent): SequencerEvent {
    const { codec } = this;
    if (codec.fromPlain === undefined) return event;
    const { fromPlain } = codec;
    const command = readable('command', () => fromPlain.call(codec, event.command, 'command'));
    const result = readable('result', () => fromPlain.call(codec, event.result, 'result'));
    if (command === event.command && result === event.result) return event;
    const { sequenceNum, timestampNs, commandId } = event;
    return new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId });
  }

  eventToStore(event: SequencerEvent): SequencerEvent {
    // A decoded event keeps the bytes that it was decoded from.
    if (storedPayloadOf(event) !== undefined) return event;
    const { sequenceNum, timestampNs, commandId } = event;
    const { codec } = this;
    const command =
      codec.toPlain === undefined
        ? this.commandToStore(event.command, sequenceNum, timestampNs)
        : this.appliedToStore(event.command);
    const result = this.resultToStore(event.result);
    return new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId });
  }

  /** A command that the application has already applied, in the form that the journal stores. */
  private appliedToStore(command: unknown): unknown {
    try {
      return this.codec.toPlain?.(command, 'command', true);
    } catch (error) {
      throw codecError(error, 'command');
    }
  }

  /** A copy of a command as it is read back; undefined if the codec accepts none of the placeholders. */
  private commandAsStored(
    command: unknown,
    sequenceNum: bigint,
    timestampNs: bigint,
    isPlain: boolean,
  ): unknown {
    const { codec, placeholders } = this;
    if (codec.commandAsStored !== undefined) return codec.commandAsStored(command, isPlain);
    for (;;) {
      const [result] = placeholders;
      if (placeholders.length === 0) return undefined;
      try {
        const event = new SequencerEvent({ sequenceNum, timestampNs, command, result });
        return codec.decode(codec.encode(event), sequenceNum, timestampNs).command;
      } catch (error) {
        if (!isAboutResult(error)) throw error;
        placeholders.shift();
      }
    }
  }
}

function readable<T>(path: 'command' | 'result', read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * The error of a value that could be stored but not read again, such as an instance whose constructor needs
 * arguments.
 */
function unreadable(path: 'command' | 'result', error: unknown): unknown {
  if (JournalError.isJournalError(error) && error.code !== 'JOURNAL_DESERIALIZATION') return error;
  return new SerializationError(`it could not be read back: ${messageOf(error)}`, path, { cause: error });
}

function isAboutResult(error: unknown): boolean {
  if (!JournalError.isJournalError(error) || error.code !== 'JOURNAL_SERIALIZATION') return false;
  return (error as SerializationError).path.startsWith('result');
}
