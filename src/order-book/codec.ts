import { InvalidOptionError, SequencerEvent, isCommandId, rememberStoredPayload } from '../journal/index.js';
import { assertOptions } from '../common/index.js';
import type { OptionNames } from '../common/index.js';
import type { PayloadCodec } from '../journal/index.js';
import { AsciiWriter, NO_ROOM, piece } from '../serialization/index.js';
import { copyInto, encodeAnew, textInto } from '../serialization/index.js';
import { parseJsonCarefully } from '../serialization/index.js';
import {
  checkEventRecord,
  payloadText,
  skipHeader,
  storedCommandId,
  writeHeader,
} from '../serialization/index.js';
import { unchangedPayload } from '../serialization/index.js';
import { asBuffer, decodeUtf8 } from '../common/index.js';
import { readCarefully } from './careful-read.js';
import { writeCarefully } from './careful-write.js';
import type { IdRule } from './careful-write.js';
import type { OrderBookCommand } from './command.js';
import { copyByType } from './copy.js';
import { label, readString, take, takeByte } from './cursor.js';
import { EngineRules } from './engine.js';
import type { OrderBookEngine } from './engine.js';
import { P } from './pieces.js';
import { readCommand } from './read-command.js';
import { readResult } from './read-result.js';
import type { OrderBookResult } from './result.js';
import { COMMAND, RESULT, resultType } from './schema.js';
import type { EnumType, Type } from './schema.js';
import { writeCommand } from './write-command.js';
import { UNUSUAL, text } from './write-values.js';
import { writeResult } from './write-result.js';

/** What {@link orderBookCodec} takes. */
export interface OrderBookCodecOptions {
  /**
   * `checked` refuses an event that Rust cannot read or whose ids it spells differently. `any` accepts any
   * string as an id, and match results that contradict themselves; Rust may then not read the journal.
   * Reading accepts both in either case.
   * @default 'checked'
   */
  readonly ids?: IdRule;
  /**
   * The version of orderbook-rs that shares the journal. The codec refuses a command or result that this
   * version cannot read, and writes the members that it always writes: from 0.14 on `"error":null`,
   * `"origin_stop_id":null` and `"failures":[]`. Versions before 0.12 accept match results that contradict
   * themselves. Reading accepts the events of every version, and an event that was decoded and not changed
   * keeps its bytes.
   * @default undefined: every variant is written, with the members that the event has
   */
  readonly engine?: OrderBookEngine;
}

const OPTIONS: OptionNames<OrderBookCodecOptions> = { ids: true, engine: true };

/** A command, a result and an id, decoded. */
interface Body<TExtra> {
  readonly command: OrderBookCommand<TExtra>;
  readonly result: OrderBookResult;
  readonly commandId: string | null;
}

/**
 * The codec of order-book journals: byte for byte the JSON that the Rust crate orderbook-rs 0.7 … 0.15 reads and writes.
 *
 * Decoding: u64, u128, i64 and i128 fields are always `bigint`; `extra_fields` follow the generic rules
 * (`number` while safe, `bigint` beyond); fields that a later version of the crate added are kept, a variant
 * it added is an error, as in Rust. Encoding: fields in the order of the Rust structs, whatever the order in
 * the object; integers may be given as `bigint` or as safe `number`. An event that was decoded and not
 * changed keeps its bytes.
 *
 * Encoding refuses values that one of these versions cannot read: an invalid id, a match result that contradicts
 * itself.
 *
 * `TExtra` is the type of `extra_fields`; nothing checks it.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option
 * @publicApi
 */
export function orderBookCodec<TExtra = null>(
  options: OrderBookCodecOptions = {},
): PayloadCodec<OrderBookCommand<TExtra>, OrderBookResult> {
  assertOptions(options, OPTIONS, ' of orderBookCodec()');
  const ids = options.ids ?? 'checked';
  if (ids !== 'checked' && ids !== 'any') throw new InvalidOptionError('ids', ids, "'checked' or 'any'");
  const engine = new EngineRules(options.engine);
  const resultSchema = resultType(engine);
  const writer = new AsciiWriter();
  const codec: PayloadCodec<OrderBookCommand<TExtra>, OrderBookResult> & EncodesInto<TExtra> = {
    storesCommandIds: true,
    encode(event) {
      return unchangedPayload(event, codec.decode) ?? encodeAnew(event, codec.encodeInto);
    },
    encodeInto(event, target, offset) {
      const unchanged = unchangedPayload(event, codec.decode);
      if (unchanged !== null) return copyInto(unchanged, target, offset);
      engine.checkVariant('command', event.command);
      engine.checkVariant('result', event.result);
      if (ids === 'checked') {
        writer.begin(target, offset);
        try {
          writeHeader(writer, event);
          writeCommand(writer, event.command);
          writer.piece(RESULT_PIECE);
          writeResult(writer, event.result, engine);
          if (event.commandId) text(writer, COMMAND_ID_PIECE, event.commandId);
          writer.piece(P.close1);
          return writer.writtenBytes;
        } catch (error) {
          if (error === NO_ROOM) return -1;
          if (error !== UNUSUAL) throw error;
        }
      }
      return textInto(formatCarefully(event, resultSchema, ids), target, offset);
    },
    commandAsStored(command) {
      engine.checkVariant('command', command);
      return copyAsStored(COMMAND, command, 'command', ids) as OrderBookCommand<TExtra>;
    },
    toPlain(value, part) {
      // A result is written field by field, with integers of a fixed type: nothing of it is read twice.
      if (part === 'result') return value;
      engine.checkVariant('command', value);
      return copyAsStored(COMMAND, value, part, ids);
    },
    decode(payload, sequenceNum, timestampNs) {
      const { command, result, commandId } =
        readAsSerdeWrites<TExtra>(payload, sequenceNum, timestampNs) ??
        readAnyJson<TExtra>(payload, sequenceNum, timestampNs);
      const event = new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId });
      rememberStoredPayload(event, payload);
      return event;
    },
  };
  return codec;
}

function copyAsStored(type: Type, value: unknown, name: string, ids: IdRule): unknown {
  try {
    return copyByType(type, value, ids, 1);
  } catch (error) {
    if (error !== UNUSUAL) throw error;
    const parsed = parseJsonCarefully(writeCarefully(type, value, [name], ids), 'bigints', 1);
    return readCarefully(type, parsed, [name]);
  }
}

type EncodesInto<TExtra> = Required<
  Pick<PayloadCodec<OrderBookCommand<TExtra>, OrderBookResult>, 'encodeInto'>
>;

const RESULT_PIECE = piece(',"result":');
const RESULT_LABEL = label(',"result":');
const COMMAND_ID_PIECE = piece(',"command_id":');
const COMMAND_ID_LABEL = label(',"command_id":');
const COMMA = 0x2c;
const CLOSE = 0x7d;

/** Null when the payload is laid out otherwise, or wrong. */
function readAsSerdeWrites<TExtra>(
  payload: Uint8Array,
  sequenceNum: bigint,
  timestampNs: bigint,
): Body<TExtra> | null {
  const bytes = asBuffer(payload);
  const at = skipHeader(bytes, sequenceNum, timestampNs);
  if (at < 0) return null;
  const cursor = { bytes, at };
  try {
    const command = readCommand(cursor) as OrderBookCommand<TExtra>;
    take(cursor, RESULT_LABEL);
    const result = readResult(cursor);
    const id = bytes[cursor.at] === COMMA ? readString(cursor, COMMAND_ID_LABEL) : null;
    takeByte(cursor, CLOSE);
    return cursor.at === bytes.length ? { command, result, commandId: isCommandId(id) ? id : null } : null;
  } catch {
    // NOT_AS_SERDE, or extra fields that are no JSON: the careful way finds the path.
    return null;
  }
}

/** Also what a person or another program wrote: spaces, other field orders, unknown fields. */
function readAnyJson<TExtra>(payload: Uint8Array, sequenceNum: bigint, timestampNs: bigint): Body<TExtra> {
  const parsed = parseJsonCarefully(decodeUtf8(payload), 'bigints');
  const record = checkEventRecord(parsed, sequenceNum, timestampNs);
  return {
    command: readCarefully(COMMAND, record.command, ['command']) as OrderBookCommand<TExtra>,
    result: readCarefully(RESULT, record.result, ['result']) as OrderBookResult,
    commandId: storedCommandId(record),
  };
}

function formatCarefully<TExtra>(
  event: SequencerEvent<OrderBookCommand<TExtra>, OrderBookResult>,
  resultSchema: EnumType,
  ids: IdRule,
): string {
  const command = writeCarefully(COMMAND, event.command, ['command'], ids);
  const result = writeCarefully(resultSchema, event.result, ['result'], ids);
  return payloadText(event, command, result);
}
