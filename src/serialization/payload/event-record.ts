import { DeserializationError, U64_MAX, isCommandId } from '../../journal/index.js';

/**
 * The parsed payload of an event: an object with a command, a result, and the sequence and time of its entry.
 */
interface EventRecord extends Record<string, unknown> {
  command: unknown;
  result: unknown;
}

/**
 * Checks that parsed JSON is an event, and that its sequence and time match the binary header of the entry.
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
 */
export function checkEventRecord(parsed: unknown, sequenceNum: bigint, timestampNs: bigint): EventRecord {
  const record = recordOf(parsed);
  checkAgainstHeader('sequence_num', record['sequence_num'], sequenceNum);
  checkAgainstHeader('timestamp_ns', record['timestamp_ns'], timestampNs);
  return record;
}

function recordOf(parsed: unknown): EventRecord {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new DeserializationError('the payload is not a JSON object');
  }
  const record = parsed as Record<string, unknown>;
  for (const field of ['sequence_num', 'timestamp_ns', 'command', 'result']) {
    if (!Object.hasOwn(record, field)) throw new DeserializationError(`the field ${field} is missing`);
  }
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

/**
 * Returns the command id of a parsed payload. A value that cannot be an id is ignored, like any unknown
 * member.
 */
export function storedCommandId(record: Readonly<Record<string, unknown>>): string | null {
  const id = Object.hasOwn(record, 'command_id') ? record['command_id'] : null;
  return isCommandId(id) ? id : null;
}

/**
 * The sequence and the time that a parsed payload states. Its integers are bigints, so a `number` is none.
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) if it is not an event
 */
export function statedHeader(parsed: unknown): {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
} {
  const record = recordOf(parsed);
  return { sequenceNum: u64Of(record, 'sequence_num'), timestampNs: u64Of(record, 'timestamp_ns') };
}

function u64Of(record: EventRecord, field: string): bigint {
  const value = record[field];
  if (typeof value === 'bigint' && value >= 0n && value <= U64_MAX) return value;
  const text = typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
  throw new DeserializationError(`${field} must be an integer of 0 … 2^64 - 1, got ${text}`);
}
