import {
  JournalError,
  SequencerEvent,
  type PayloadCodec,
  type SerializationError,
} from '../journal/index.js';

/**
 * Results to encode a command with that has none yet: what a codec with a schema takes is found out once. Order-book codecs
 * know no null, but a rejection.
 */
const PLACEHOLDER_RESULTS: readonly unknown[] = [null, { Rejected: { reason: '' } }];

/** Makes a copy of a command in the form in which a replay will deliver it. */
export type CommandCopier<TCommand = unknown> = (
  command: TCommand,
  sequenceNum: bigint,
  timestampNs: bigint,
) => TCommand;

/**
 * An aggregate must see live what it will see at replay: `5n` that a generic codec reads back as `5`, a default that
 * a class adds, a property that is undefined. And it must not share objects with the caller, who may change them, nor
 * with the event, whose bytes must not change with the aggregate. So each command takes the way through the codec first. That
 * also refuses what cannot be stored before the aggregate has executed it.
 */
export function createCommandCopier<TCommand>(codec: PayloadCodec): CommandCopier<TCommand> {
  const placeholders = [...PLACEHOLDER_RESULTS];
  return (command, sequenceNum, timestampNs) => {
    // The codec is the journal's: it gives back the commands it is given.
    if (codec.commandAsStored !== undefined) return codec.commandAsStored(command) as TCommand;
    for (;;) {
      const [result] = placeholders;
      if (placeholders.length === 0) return structuredClone(command);
      try {
        const event = new SequencerEvent({ sequenceNum, timestampNs, command, result });
        return codec.decode(codec.encode(event), sequenceNum, timestampNs).command as TCommand;
      } catch (error) {
        if (!isAboutResult(error)) throw error;
        placeholders.shift();
      }
    }
  };
}

function isAboutResult(error: unknown): boolean {
  if (!JournalError.isJournalError(error) || error.code !== 'JOURNAL_SERIALIZATION') return false;
  return (error as SerializationError).path.startsWith('result');
}
