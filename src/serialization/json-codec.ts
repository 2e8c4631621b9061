import { SequencerEvent, rememberStoredPayload } from '../journal/index.js';
import type { PayloadCodec } from '../journal/index.js';
import { refuse, writeJson } from './json-write.js';
import { parseJsonBytes } from './lossless-json.js';
import { checkEventRecord, payloadText, skipHeader } from './payload-header.js';
import { unchangedPayload } from './stored-payload.js';
import { asBuffer } from './utf8.js';

/**
 * The codec for anybody's own commands and results: any JSON. Integers are `number` while safe and `bigint`
 * beyond, whatever type they had when they were written; where a field must always be a `bigint`, convert it,
 * or use a codec that knows the schema.
 *
 * Encoding follows the rules of `stringifyJson`; `command` must not be undefined, a `result` that is
 * undefined is written as `null` (and decoded as null). An event that was decoded and not changed keeps its
 * bytes. Top-level fields beside the four known ones are ignored, and lost when the event is changed.
 * @publicApi
 */
export function jsonCodec<TCommand = unknown, TResult = unknown>(): PayloadCodec<TCommand, TResult> {
  const codec: PayloadCodec<TCommand, TResult> = {
    encode(event) {
      return unchangedPayload(event, codec.decode) ?? Buffer.from(format(event));
    },
    decode(payload, sequenceNum, timestampNs) {
      const { command, result } = parseEvent(payload, sequenceNum, timestampNs);
      // Nothing is known about the types: the caller says what its journal holds.
      const init = { sequenceNum, timestampNs, command: command as TCommand, result: result as TResult };
      const event = new SequencerEvent<TCommand, TResult>(init);
      rememberStoredPayload(event, payload);
      return event;
    },
  };
  return codec;
}

function format(event: SequencerEvent): string {
  if (event.command === undefined) refuse('a command must not be undefined', ['command']);
  const command = writeJson(event.command, ['command']);
  const result = event.result === undefined ? 'null' : writeJson(event.result, ['result']);
  return payloadText(event, command, result);
}

function parseEvent(payload: Uint8Array, sequenceNum: bigint, timestampNs: bigint) {
  const bodyOffset = skipHeader(asBuffer(payload), sequenceNum, timestampNs);
  if (bodyOffset >= 0) {
    // The header was compared digit by digit, so it does not matter what becomes of its long integers.
    const record = parseJsonBytes(payload, bodyOffset, 1) as Record<string, unknown>;
    if (Object.hasOwn(record, 'result')) return record;
  }
  return checkEventRecord(parseJsonBytes(payload), sequenceNum, timestampNs);
}
