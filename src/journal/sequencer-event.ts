import { assertCommandId } from './command-id.js';
import { InvalidArgumentError } from './errors/index.js';

/**
 * Largest value of an unsigned 64-bit field (`sequence_num`, `timestamp_ns`): 2^64 - 1.
 * @publicApi
 */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * The plain fields of a {@link SequencerEvent}. Integers may be given as `number` while they are safe.
 * @publicApi
 */
export interface SequencerEventInit<TCommand = unknown, TResult = unknown> {
  /** Position in the total order, 0 … 2^64 - 1. */
  readonly sequenceNum: bigint | number;
  /** Nanoseconds since the Unix epoch, 0 … 2^64 - 1. */
  readonly timestampNs: bigint | number;
  /** The command that was submitted. */
  readonly command: TCommand;
  /** The result of the command. */
  readonly result: TResult;
  /**
   * Id that the sender gave the command, to detect a repeated command: 1 to 128 bytes of UTF-8. @default null
   */
  readonly commandId?: string | null | undefined;
}

const BRAND = Symbol.for('nestjs-file-journal/SequencerEvent');
const STORED_PAYLOAD = Symbol.for('nestjs-file-journal/SequencerEvent.storedPayload');
/** Of this copy of the package only: the owner is one of its objects. */
const OWNER = Symbol('SequencerEvent.owner');

/**
 * The content of a journal entry: a command, the sequence and time that the Sequencer assigned to it, and its
 * result.
 *
 * In JSON (the response of a controller, a log line) every `bigint` is a decimal string. The bytes on disk,
 * which the codec makes, hold plain integers.
 *
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) if `sequenceNum` or `timestampNs` is not an
 * integer of 0 … 2^64 - 1, or if a given `commandId` is not a non-empty, well-formed string of at most 128
 * bytes of UTF-8
 * @publicApi
 */
export class SequencerEvent<TCommand = unknown, TResult = unknown> {
  /** Position of the event in the journal: 0 … 2^64 - 1. */
  readonly sequenceNum: bigint;
  /** Time of the event, in nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
  /** The command that was submitted. */
  readonly command: TCommand;
  /** The result of the command. */
  readonly result: TResult;
  /**
   * The id that the command was submitted with; null without one. Only an event with an id has this as its
   * own property.
   */
  declare readonly commandId: string | null;
  // A private field: it is cheap to write, and JSON, structuredClone, spread and comparisons do not see it.
  #storedPayload: Uint8Array | undefined = undefined;
  #owner: object | undefined = undefined;

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
    const { commandId } = init;
    if (commandId === undefined || commandId === null) return;
    assertCommandId(commandId);
    (this as { commandId: string | null }).commandId = commandId;
  }

  /**
   * Whether a value is an event of any copy of this package in the process (ESM and CJS builds side by side).
   */
  static isSequencerEvent(value: unknown): value is SequencerEvent {
    return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
  }

  /** @internal Under a symbol that all copies of this package in the process share. */
  get [STORED_PAYLOAD](): Uint8Array | undefined {
    return #storedPayload in this ? this.#storedPayload : undefined;
  }

  /** @internal */
  set [STORED_PAYLOAD](payload: Uint8Array | undefined) {
    this.#storedPayload = payload;
  }

  /** @internal */
  get [OWNER](): object | undefined {
    return #owner in this ? this.#owner : undefined;
  }

  /** @internal */
  set [OWNER](owner: object | undefined) {
    if (#owner in this) this.#owner = owner;
  }

  /**
   * Returns a plain object whose bigints are strings, so that `JSON.stringify` accepts it. It shares the
   * parts without a bigint with the event.
   */
  toJSON(): unknown {
    const json = {
      sequenceNum: this.sequenceNum.toString(),
      timestampNs: this.timestampNs.toString(),
      command: withoutBigints(this.command),
      result: withoutBigints(this.result),
    };
    return this.commandId === null ? json : { ...json, commandId: this.commandId };
  }
}

Object.defineProperty(SequencerEvent.prototype, BRAND, { value: true });
Object.defineProperty(SequencerEvent.prototype, 'commandId', { value: null, writable: true });

/**
 * Returns the exact payload bytes that an event was decoded from; undefined for an event that the application
 * made. A codec uses them to write a decoded event back byte for byte, after it has checked that the event
 * was not changed.
 * @publicApi
 */
export function storedPayloadOf(event: SequencerEvent): Uint8Array | undefined {
  return (event as { [STORED_PAYLOAD]?: Uint8Array })[STORED_PAYLOAD];
}

/**
 * Attaches payload bytes to the event that was decoded from them. The function is for codecs.
 * @publicApi
 */
export function rememberStoredPayload(event: SequencerEvent, payload: Uint8Array): void {
  (event as { [STORED_PAYLOAD]?: Uint8Array })[STORED_PAYLOAD] = payload;
}

/** The object that claimed an event; see {@link claimEvent}. Undefined if there is none. */
export function ownerOf(event: SequencerEvent): object | undefined {
  return (event as { [OWNER]?: object })[OWNER];
}

/**
 * Marks an event as that of `owner`. A mark costs less than an entry in a WeakSet: the garbage collector has
 * no table to visit.
 * @returns false if the event has another owner, or comes from another copy of this package
 */
export function claimEvent(event: SequencerEvent, owner: object): boolean {
  const known = ownerOf(event);
  if (known === undefined && OWNER in event) (event as { [OWNER]?: object })[OWNER] = owner;
  return (known ?? ownerOf(event)) === owner;
}

/**
 * Returns `value` as a bigint.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names `name`
 */
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

/**
 * Returns a copy of plain data in which every bigint is a decimal string, for `JSON.stringify`.
 * @publicApi
 */
export function bigintsToStrings(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(bigintsToStrings);
  const toJSON = (value as { toJSON?: unknown }).toJSON;
  if (typeof toJSON === 'function') return bigintsToStrings(toJSON.call(value));
  // Object.fromEntries instead of assignments, so that `__proto__` is an ordinary name.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, bigintsToStrings(item)]));
}

/** As {@link bigintsToStrings}, without a copy of a value that contains no bigint. */
function withoutBigints(value: unknown): unknown {
  return mayHoldBigint(value) ? bigintsToStrings(value) : value;
}

/** Whether `JSON.stringify` may meet a bigint in the value. Only plain data shows that it does not. */
function mayHoldBigint(value: unknown): boolean {
  if (typeof value === 'bigint') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(mayHoldBigint);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return true;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return true;
  for (const name of Object.keys(value)) {
    if (mayHoldBigint((value as Record<string, unknown>)[name])) return true;
  }
  return false;
}
