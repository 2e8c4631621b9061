import { InvalidArgumentError } from './errors.js';

/** Largest value of an unsigned 64-bit field (`sequence_num`, `timestamp_ns`): 2^64 - 1. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** The plain fields of a {@link SequencerEvent}. Integers may be given as `number` while they are safe. */
export interface SequencerEventInit<TCommand = unknown, TResult = unknown> {
  /** Position in the total order, 0 … 2^64 - 1. */
  readonly sequenceNum: bigint | number;
  /** Nanoseconds since the Unix epoch, 0 … 2^64 - 1. */
  readonly timestampNs: bigint | number;
  readonly command: TCommand;
  readonly result: TResult;
}

const BRAND = Symbol.for('nestjs-file-journal/SequencerEvent');
const STORED_PAYLOAD = Symbol.for('nestjs-file-journal/SequencerEvent.storedPayload');

/**
 * What a journal stores: a command, the place and time the sequencer gave it, and what came of it.
 *
 * In JSON (a controller's answer, a log line) every `bigint` becomes a decimal string; the bytes on disk are
 * made by the codec and keep plain integers.
 *
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) when `sequenceNum` or `timestampNs` is no integer of 0 … 2^64 - 1.
 * @publicApi
 */
export class SequencerEvent<TCommand = unknown, TResult = unknown> {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  readonly command: TCommand;
  readonly result: TResult;

  constructor(init: SequencerEventInit<TCommand, TResult>) {
    if (typeof init !== 'object' || init === null) {
      throw new InvalidArgumentError(
        'event',
        init,
        'an object with sequenceNum, timestampNs, command and result',
      );
    }
    this.sequenceNum = toU64('sequenceNum', init.sequenceNum);
    this.timestampNs = toU64('timestampNs', init.timestampNs);
    this.command = init.command;
    this.result = init.result;
  }

  /** True for an event of any copy of this package in the process (ESM and CJS builds side by side). */
  static isSequencerEvent(value: unknown): value is SequencerEvent {
    return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
  }

  toJSON(): unknown {
    return bigintsToStrings({
      sequenceNum: this.sequenceNum,
      timestampNs: this.timestampNs,
      command: this.command,
      result: this.result,
    });
  }
}

Object.defineProperty(SequencerEvent.prototype, BRAND, { value: true });

/**
 * The exact payload bytes an event was decoded from, or undefined for an event made by the application.
 * A codec uses them to write a decoded event back byte for byte, after making sure that it was not changed.
 */
export function storedPayloadOf(event: SequencerEvent): Uint8Array | undefined {
  return (event as { [STORED_PAYLOAD]?: Uint8Array })[STORED_PAYLOAD];
}

/** Ties a decoded event to the payload bytes it came from; for codecs. */
export function rememberStoredPayload(event: SequencerEvent, payload: Uint8Array): void {
  Object.defineProperty(event, STORED_PAYLOAD, { value: payload, configurable: true });
}

/** Returns `value` as a bigint, or throws InvalidArgumentError naming `name`. */
export function toU64(name: string, value: unknown): bigint {
  if (typeof value === 'bigint') {
    if (value >= 0n && value <= U64_MAX) return value;
  } else if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
    return BigInt(value);
  }
  throw new InvalidArgumentError(
    name,
    value,
    'an integer of 0 … 2^64 - 1 (bigint, or a safe non-negative number)',
  );
}

/** A copy of plain data in which every bigint is a decimal string; what `JSON.stringify` can take. */
export function bigintsToStrings(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(bigintsToStrings);
  const toJSON = (value as { toJSON?: unknown }).toJSON;
  if (typeof toJSON === 'function') return bigintsToStrings(toJSON.call(value));
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) copy[key] = bigintsToStrings(item);
  return copy;
}
