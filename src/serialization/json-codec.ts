import { SequencerEvent, rememberStoredPayload } from '../journal/index.js';
import type { PayloadCodec } from '../journal/index.js';
import { copyInto, textInto } from './payload/encode-into.js';
import { copyAsPlain, copyAsStored } from './json/copy-as-stored.js';
import { copyPlain } from './json/copy-plain.js';
import { refuse } from './json/json-rules.js';
import { writeJson } from './json/write.js';
import { parseJsonBytes } from './json/lossless-json.js';
import { checkEventRecord, storedCommandId } from './payload/event-record.js';
import { skipHeader } from './payload/payload-layout.js';
import { payloadText } from './payload/payload-text.js';
import { unchangedPayload } from './payload/unchanged-payload.js';
import { asBuffer } from '../common/index.js';

/**
 * Returns the codec for commands and results of any JSON shape. Integers are decoded as `number` while safe
 * and as `bigint` beyond, whatever type they were written from. For a field that must always be a `bigint`,
 * convert it or use a codec that knows the schema.
 *
 * Encoding follows the rules of `stringifyJson`: accepted values read back as the same values. `command` must
 * not be undefined; an undefined `result` is written and decoded as `null`. An event that was decoded and not
 * changed encodes to the same bytes. The codec ignores top-level fields other than the four known ones and
 * `command_id`. They are lost when the event is changed.
 * @publicApi
 */
export function jsonCodec<TCommand = unknown, TResult = unknown>(): PayloadCodec<TCommand, TResult> {
  const codec: PayloadCodec<TCommand, TResult> = {
    storesCommandIds: true,
    encode(event) {
      return unchangedPayload(event, codec.decode) ?? Buffer.from(format(event));
    },
    encodeInto(event, target, offset) {
      const unchanged = unchangedPayload(event, codec.decode);
      if (unchanged !== null) return copyInto(unchanged, target, offset);
      return textInto(format(event), target, offset);
    },
    commandAsStored(command, isPlain = false) {
      if (isPlain) return copyPlain(command, 'as-read') as TCommand;
      if (command === undefined) refuseUndefinedCommand();
      return copyAsStored(command, 'command') as TCommand;
    },
    toPlain(value, part) {
      if (value === undefined && part === 'command') refuseUndefinedCommand();
      return value === undefined ? undefined : copyAsPlain(value, part);
    },
    decode(payload, sequenceNum, timestampNs) {
      const record = parseEvent(payload, sequenceNum, timestampNs);
      // The codec knows nothing about the types: the caller states what its journal holds.
      const event = new SequencerEvent<TCommand, TResult>({
        sequenceNum,
        timestampNs,
        command: record['command'] as TCommand,
        result: record['result'] as TResult,
        commandId: storedCommandId(record),
      });
      rememberStoredPayload(event, payload);
      return event;
    },
  };
  // Not enumerable: a codec spread from this one may write and read another format.
  Object.defineProperty(codec, PLAIN_JSON, { value: true });
  return codec;
}

const PLAIN_JSON = Symbol.for('nestjs-file-journal/jsonCodec');

/** Whether a codec comes from {@link jsonCodec} of any copy of this package: its commands are plain JSON. */
export function isJsonCodec(codec: PayloadCodec): boolean {
  return (codec as { [PLAIN_JSON]?: boolean })[PLAIN_JSON] === true;
}

function format(event: SequencerEvent): string {
  if (event.command === undefined) refuseUndefinedCommand();
  const command = writeJson(event.command, ['command']);
  const result = event.result === undefined ? 'null' : writeJson(event.result, ['result']);
  return payloadText(event, command, result);
}

function refuseUndefinedCommand(): never {
  refuse('a command must not be undefined', ['command']);
}

function parseEvent(payload: Uint8Array, sequenceNum: bigint, timestampNs: bigint) {
  const bodyOffset = skipHeader(asBuffer(payload), sequenceNum, timestampNs);
  if (bodyOffset >= 0) {
    // The header was compared digit by digit, so inexact long integers in it are harmless.
    const record = parseJsonBytes(payload, bodyOffset, 1) as Record<string, unknown>;
    if (Object.hasOwn(record, 'result')) return record;
  }
  return checkEventRecord(parseJsonBytes(payload), sequenceNum, timestampNs);
}
