import { SequencerEvent, isCommandId, rememberStoredPayload } from '../journal/index.js';
import type { PayloadCodec } from '../journal/index.js';
import { asBuffer, decodeUtf8, resolveOnly, uncheckedOption, type OptionsOf } from '../common/index.js';
import {
  AsciiWriter,
  COMMAND_ID_LABEL,
  NO_ROOM,
  RESULT_LABEL,
  checkEventRecord,
  copyInto,
  encodeAnew,
  labelBytes,
  parseJsonCarefully,
  piece,
  skipHeader,
  storedCommandId,
  unchangedPayload,
  writeHeader,
} from '../serialization/index.js';
import { compileCheck } from './compile-check.js';
import { compileCopy } from './compile-copy.js';
import type { OrderBookCommand } from './command-types.js';
import { compileReader } from './compile-reader.js';
import { compileWriter } from './compile-writer.js';
import { cursorAt, readString, skip, take } from './cursor.js';
import type { OrderBookResult } from './result-types.js';
import { COMMAND, RESULT } from './schema.js';
import { assertWriteRules } from './write-rules.js';
import type { IdRule, OrderBookEngine, WriteRules } from './write-rules.js';
import { UNUSUAL, writeText } from './write-values.js';

// `assertWriteRules` checks the values.
const OPTIONS = {
  /**
   * Which ids and match results the codec writes. `checked` refuses an event that Rust cannot read, or whose
   * ids Rust would write differently. `any` accepts any string as an id, and match results that contradict
   * themselves; Rust may then fail to read the journal. Reading accepts both kinds of events in either case.
   * @default 'checked'
   */
  ids: uncheckedOption<IdRule>('checked'),
  /**
   * The version of orderbook-rs that shares the journal. The codec refuses a command or result that this
   * version cannot read. It writes the members that this version always writes: from 0.14 on `"error":null`,
   * `"origin_stop_id":null` and `"failures":[]`. For versions before 0.12 it accepts match results that
   * contradict themselves.
   *
   * Reading accepts the events of every version. An event that was decoded and not changed encodes to the
   * same bytes.
   * @default undefined: the codec writes every variant, with the members that the event has
   */
  engine: uncheckedOption<OrderBookEngine>(),
};

/**
 * Options of {@link orderBookCodec}.
 * @publicApi
 */
export interface OrderBookCodecOptions extends OptionsOf<typeof OPTIONS> {}

/** The decoded members of a payload. */
interface Body<TExtra> {
  readonly command: OrderBookCommand<TExtra>;
  readonly result: OrderBookResult;
  readonly commandId: string | null;
}

/**
 * The codec of order-book journals. It reads and writes, byte for byte, the JSON of the Rust crate
 * orderbook-rs 0.7 … 0.15.
 *
 * **Decoding.** u64, u128, i64 and i128 fields are always `bigint`. `extra_fields` follow the rules of the
 * generic codec: `number` while safe, `bigint` beyond. The codec keeps fields that a later version of the
 * crate added. A variant that a later version added is an error, as in Rust.
 *
 * **Encoding.** Fields are written in the order of the Rust structs, whatever their order in the object.
 * Integers may be `bigint` or safe `number`. An event that was decoded and not changed encodes to the same
 * bytes. The codec refuses values that one of these versions cannot read: an invalid id, or a match result
 * that contradicts itself.
 *
 * `TExtra` is the type of `extra_fields`. The codec does not check it.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option
 * @publicApi
 */
export function orderBookCodec<TExtra = null>(
  options: OrderBookCodecOptions = {},
): PayloadCodec<OrderBookCommand<TExtra>, OrderBookResult> {
  const rules: WriteRules = resolveOnly(OPTIONS, options, ' of orderBookCodec()');
  assertWriteRules(rules);
  const writeCommand = compileWriter(COMMAND, rules, RESULT_LABEL);
  const writeResult = compileWriter(RESULT, rules);
  const checkCommand = compileCheck(COMMAND, rules);
  const checkResult = compileCheck(RESULT, rules);
  const writer = new AsciiWriter();
  const write = (event: Event<TExtra>, command: unknown, result: unknown): void => {
    writeHeader(writer, event);
    writeCommand(writer, command);
    writeResult(writer, result);
    if (event.commandId) {
      writer.piece(COMMAND_ID);
      writeText(writer, event.commandId);
      writer.piece(QUOTE);
    }
    writer.piece(CLOSE);
  };
  const codec: PayloadCodec<OrderBookCommand<TExtra>, OrderBookResult> & EncodesInto<TExtra> = {
    storesCommandIds: true,
    encode(event) {
      return unchangedPayload(event, codec.decode) ?? encodeAnew(event, codec.encodeInto);
    },
    encodeInto(event, target, offset) {
      const unchanged = unchangedPayload(event, codec.decode);
      if (unchanged !== null) return copyInto(unchanged, target, offset);
      const { command, result } = event;
      try {
        writer.begin(target, offset);
        try {
          write(event, command, result);
        } catch (error) {
          if (error !== UNUSUAL) throw error;
          const checkedCommand = checkCommand(command, ['command']);
          const checkedResult = checkResult(result, ['result']);
          writer.begin(target, offset);
          write(event, checkedCommand, checkedResult);
        }
        return writer.writtenBytes;
      } catch (error) {
        if (error === NO_ROOM) return -1;
        throw error;
      }
    },
    commandAsStored(command, isPlain = false) {
      const copy = isPlain ? copyCommand(command) : checkCommand(command, ['command']);
      return copy as OrderBookCommand<TExtra>;
    },
    toPlain(value, part) {
      // The writer reads every field of a result once, and its integers have a fixed type. So a result needs
      // no copy.
      return part === 'result' ? value : checkCommand(value, [part]);
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

type Event<TExtra> = SequencerEvent<OrderBookCommand<TExtra>, OrderBookResult>;
type EncodesInto<TExtra> = Required<
  Pick<PayloadCodec<OrderBookCommand<TExtra>, OrderBookResult>, 'encodeInto'>
>;

const COMMAND_ID = piece(`${COMMAND_ID_LABEL}"`);
const QUOTE = piece('"');
const CLOSE = piece('}');

const readCommand = compileReader(COMMAND, RESULT_LABEL);
const readResult = compileReader(RESULT);
const COMMAND_ID_BYTES = labelBytes(`${COMMAND_ID_LABEL}"`);
const CLOSE_BYTES = labelBytes('}');

const copyCommand = compileCopy(COMMAND);
const checkReadCommand = compileCheck(COMMAND, null);
const checkReadResult = compileCheck(RESULT, null);

/** Reads a payload that is laid out as serde writes it; returns null for any other. */
function readAsSerdeWrites<TExtra>(
  payload: Uint8Array,
  sequenceNum: bigint,
  timestampNs: bigint,
): Body<TExtra> | null {
  const bytes = asBuffer(payload);
  const at = skipHeader(bytes, sequenceNum, timestampNs);
  if (at < 0) return null;
  const cursor = cursorAt(bytes, at);
  try {
    const command = readCommand(cursor) as OrderBookCommand<TExtra>;
    const result = readResult(cursor) as OrderBookResult;
    const id = skip(cursor, COMMAND_ID_BYTES) ? readString(cursor) : null;
    take(cursor, CLOSE_BYTES);
    return cursor.at === bytes.length ? { command, result, commandId: isCommandId(id) ? id : null } : null;
  } catch {
    // The error is NOT_AS_SERDE, or the extra fields are not JSON. The check then finds the path.
    return null;
  }
}

/** Reads any JSON of an event: with spaces, another order of fields, unknown fields. */
function readAnyJson<TExtra>(payload: Uint8Array, sequenceNum: bigint, timestampNs: bigint): Body<TExtra> {
  const parsed = parseJsonCarefully(decodeUtf8(payload), 'bigints');
  const record = checkEventRecord(parsed, sequenceNum, timestampNs);
  return {
    command: checkReadCommand(record.command, ['command']) as OrderBookCommand<TExtra>,
    result: checkReadResult(record.result, ['result']) as OrderBookResult,
    commandId: storedCommandId(record),
  };
}
