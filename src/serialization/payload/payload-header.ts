import { DeserializationError, isCommandId } from '../../journal/index.js';
import type { SequencerEvent } from '../../journal/index.js';
import { piece } from '../json/ascii-writer.js';
import type { AsciiWriter, Piece } from '../json/ascii-writer.js';
import { writeString } from '../json/write.js';

const SEQUENCE = piece('{"sequence_num":');
const TIMESTAMP = piece(',"timestamp_ns":');
const COMMAND = piece(',"command":');

/** Writes what {@link headerText} gives. */
export function writeHeader(writer: AsciiWriter, event: SequencerEvent): void {
  writer.piece(SEQUENCE);
  writer.integer(event.sequenceNum);
  writer.piece(TIMESTAMP);
  writer.integer(event.timestampNs);
  writer.piece(COMMAND);
}

/** What every payload that this package or serde wrote begins with; the command follows. */
export function headerText(sequenceNum: bigint, timestampNs: bigint): string {
  return `{"sequence_num":${sequenceNum},"timestamp_ns":${timestampNs},"command":`;
}

/** The index behind the header of these two numbers, or -1 when the payload begins otherwise. */
export function skipHeader(payload: Buffer, sequenceNum: bigint, timestampNs: bigint): number {
  let at = skipPiece(payload, 0, SEQUENCE);
  at = skipPiece(payload, skipInteger(payload, at, sequenceNum), TIMESTAMP);
  return skipPiece(payload, skipInteger(payload, at, timestampNs), COMMAND);
}

/** The index behind `piece`; -1 when something else is there, or was before. */
function skipPiece(payload: Buffer, at: number, { bytes }: Piece): number {
  if (at < 0) return -1;
  for (let index = 0; index < bytes.length; index++) {
    if (payload[at + index] !== bytes[index]) return -1;
  }
  return at + bytes.length;
}

/** The same for the digits of an integer. */
function skipInteger(payload: Buffer, at: number, value: bigint): number {
  if (at < 0) return -1;
  const digits = value.toString();
  for (let index = 0; index < digits.length; index++) {
    if (payload[at + index] !== digits.charCodeAt(index)) return -1;
  }
  return at + digits.length;
}

/** Sequence and time that a payload says it has, as far as it begins in the usual way. */
export interface OwnHeader {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  /** Where the command starts. */
  readonly bodyOffset: number;
}

/** More than the longest header: two u64 and the names around them. */
const MAX_HEADER_BYTES = 100;
const HEADER = /^\{"sequence_num":(0|[1-9][0-9]{0,19}),"timestamp_ns":(0|[1-9][0-9]{0,19}),"command":/;

export function ownHeaderOf(payload: Buffer): OwnHeader | null {
  const match = HEADER.exec(payload.toString('latin1', 0, MAX_HEADER_BYTES));
  if (match === null) return null;
  return {
    sequenceNum: BigInt(match[1] as string),
    timestampNs: BigInt(match[2] as string),
    bodyOffset: match[0].length,
  };
}

/**
 * The parsed payload of an event: an object with command and result, whose sequence and time are those of the
 * binary header.
 */
export interface EventRecord extends Record<string, unknown> {
  command: unknown;
  result: unknown;
}

/**
 * Makes sure that parsed JSON is an event, and the event of this header.
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
 */
export function checkEventRecord(parsed: unknown, sequenceNum: bigint, timestampNs: bigint): EventRecord {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new DeserializationError('the payload is no JSON object');
  }
  const record = parsed as Record<string, unknown>;
  for (const field of ['sequence_num', 'timestamp_ns', 'command', 'result']) {
    if (!Object.hasOwn(record, field)) throw new DeserializationError(`the field ${field} is missing`);
  }
  checkAgainstHeader('sequence_num', record['sequence_num'], sequenceNum);
  checkAgainstHeader('timestamp_ns', record['timestamp_ns'], timestampNs);
  return record as EventRecord;
}

function checkAgainstHeader(field: string, value: unknown, header: bigint): void {
  const own = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (own === header) return;
  const text = typeof own === 'bigint' ? own.toString() : JSON.stringify(own);
  throw new DeserializationError(
    `header and payload disagree: ${field} is ${header} in the header, ${text} in the payload`,
  );
}

/** The bytes of an event: its header, the JSON of its command and result, and its id if it has one. */
export function payloadText(event: SequencerEvent, command: string, result: string): string {
  const { sequenceNum, timestampNs, commandId } = event;
  // An event of another copy of this package may know nothing of ids.
  const id = commandId ? `,"command_id":${writeString(commandId, ['command_id'])}` : '';
  return `${headerText(sequenceNum, timestampNs)}${command},"result":${result}${id}}`;
}

/** The id in a parsed payload. What is no id is another's field, and ignored like any unknown one. */
export function storedCommandId(record: Readonly<Record<string, unknown>>): string | null {
  const id = Object.hasOwn(record, 'command_id') ? record['command_id'] : null;
  return isCommandId(id) ? id : null;
}
