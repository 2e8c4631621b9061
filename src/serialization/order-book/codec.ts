import { SequencerEvent, rememberStoredPayload } from '../../journal/index.js';
import type { PayloadCodec } from '../../journal/index.js';
import { parseJsonCarefully } from '../json-parse.js';
import { checkEventRecord, payloadText, skipHeader } from '../payload-header.js';
import { unchangedPayload } from '../stored-payload.js';
import { asBuffer, decodeUtf8 } from '../utf8.js';
import { readCarefully } from './careful-read.js';
import { writeCarefully } from './careful-write.js';
import type { IdRule } from './careful-write.js';
import type { OrderBookCommand } from './command.js';
import { label, take, takeByte } from './cursor.js';
import { readCommand } from './read-command.js';
import { readResult } from './read-result.js';
import type { OrderBookResult } from './result.js';
import { COMMAND, RESULT } from './schema.js';
import { writeCommand } from './write-command.js';
import { UNUSUAL } from './write-values.js';
import { writeResult } from './write-result.js';

export interface OrderBookCodecOptions {
  /**
   * `checked`: an event whose ids Rust could not read, or would spell differently, is refused. `any`: ids may
   * be any string; the journal is then no longer for Rust. Reading takes any string either way.
   * @default 'checked'
   */
  readonly ids?: IdRule;
}

/** A command and a result, decoded. */
interface Body<TExtra> {
  readonly command: OrderBookCommand<TExtra>;
  readonly result: OrderBookResult;
}

/**
 * The codec of order-book journals, to the byte what the Rust crate orderbook-rs 0.7 … 0.12 reads and writes.
 *
 * Decoding: u64, u128, i64 and i128 fields are always `bigint`; `extra_fields` follow the generic rules
 * (`number` while safe, `bigint` beyond); fields that a later version of the crate added are kept, a variant
 * it added is an error, as in Rust. Encoding: fields in the order of the Rust structs, whatever the order in
 * the object; integers may be given as `bigint` or as safe `number`. An event that was decoded and not
 * changed keeps its bytes.
 *
 * `TExtra` is the type of `extra_fields`; nothing checks it.
 * @publicApi
 */
export function orderBookCodec<TExtra = null>(
  options: OrderBookCodecOptions = {},
): PayloadCodec<OrderBookCommand<TExtra>, OrderBookResult> {
  const ids = options.ids ?? 'checked';
  const codec: PayloadCodec<OrderBookCommand<TExtra>, OrderBookResult> = {
    encode(event) {
      return unchangedPayload(event, codec.decode) ?? Buffer.from(format(event, ids));
    },
    decode(payload, sequenceNum, timestampNs) {
      const body =
        readAsSerdeWrites<TExtra>(payload, sequenceNum, timestampNs) ??
        readAnyJson<TExtra>(payload, sequenceNum, timestampNs);
      const { command, result } = body;
      const event = new SequencerEvent({ sequenceNum, timestampNs, command, result });
      rememberStoredPayload(event, payload);
      return event;
    },
  };
  return codec;
}

const RESULT_LABEL = label(',"result":');
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
    takeByte(cursor, CLOSE);
    return cursor.at === bytes.length ? { command, result } : null;
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
  };
}

function format<TExtra>(
  event: SequencerEvent<OrderBookCommand<TExtra>, OrderBookResult>,
  ids: IdRule,
): string {
  if (ids === 'checked') {
    try {
      return payloadText(event, writeCommand(event.command), writeResult(event.result));
    } catch (error) {
      if (error !== UNUSUAL) throw error;
    }
  }
  const command = writeCarefully(COMMAND, event.command, ['command'], ids);
  return payloadText(event, command, writeCarefully(RESULT, event.result, ['result'], ids));
}
