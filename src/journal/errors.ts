import { messageOf } from './describe-thrown.js';

/**
 * Whether the entry of a failed append may be stored.
 * @publicApi
 */
export type AppendOutcome =
  /** The entry was not written. It will not exist after a restart. */
  | 'not-written'
  /** The write of the entry had begun. The entry may or may not exist after a restart. */
  | 'unknown';

/**
 * A location in a segment.
 * @publicApi
 */
export interface EntryLocation {
  /** File name of the segment, without its directory; `memory` for an in-memory journal. */
  readonly segment: string;
  /** Byte offset of the entry in the segment. */
  readonly offset: number;
  /** Sequence of the entry: from its header, or the expected one. Null if neither is known. */
  readonly sequence: bigint | null;
}

/**
 * Options of every error of this package.
 * @publicApi
 */
export interface JournalErrorOptions {
  /** The error or value behind this error. */
  readonly cause?: unknown;
  /** Whether the entries of the failed append are stored. */
  readonly outcome?: AppendOutcome;
}

const BRAND = Symbol.for('nestjs-file-journal/JournalError');

/**
 * The base class of all errors of this package. An error has a stable `code`, the facts as fields, and a
 * message that states what to do.
 * @publicApi
 */
export abstract class JournalError extends Error {
  /** Stable identifier of the error, the same in every release; see the guide to errors. */
  abstract readonly code: string;
  /** Set on a rejected append: whether the entry may exist after a restart. Absent on other errors. */
  declare outcome?: AppendOutcome;

  protected constructor(message: string, options: JournalErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    if (options.outcome !== undefined) this.outcome = options.outcome;
  }

  /**
   * Makes `instanceof` true for errors of any copy of this package in the process (ESM and CJS builds side by
   * side).
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!JournalError.isJournalError(value)) return false;
    return this === JournalError || this.prototype.isPrototypeOf(value) || value.name === this.name;
  }

  /** Whether a value is an error of any copy of this package in the process. */
  static isJournalError(value: unknown): value is JournalError {
    try {
      return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
    } catch {
      // Application code can throw any value, even a Proxy that throws when it is read.
      return false;
    }
  }
}

Object.defineProperty(JournalError.prototype, BRAND, { value: true });

/**
 * A method was called with an invalid argument. Nothing was changed.
 * @publicApi
 */
export class InvalidArgumentError extends JournalError {
  readonly code = 'JOURNAL_INVALID_ARGUMENT';
  constructor(
    /** Name of the argument. */
    readonly argument: string,

    /** The refused value. */
    readonly value: unknown,
    expected: string,
    message = `${argument} must be ${expected}, got ${describeValue(value)}`,
  ) {
    super(message, { outcome: 'not-written' });
  }
}

/**
 * A configuration option cannot be used. Nothing was opened or written.
 * @publicApi
 */
export class InvalidOptionError extends JournalError {
  readonly code = 'JOURNAL_INVALID_OPTION';
  constructor(
    /** Name of the option. */
    readonly option: string,

    /** The refused value. */
    readonly value: unknown,
    expected: string,
    message = `option ${option} must be ${expected}, got ${describeValue(value)}`,
  ) {
    super(message);
  }
}

/**
 * The operating system refused or failed an operation.
 * @publicApi
 */
export class IoError extends JournalError {
  readonly code = 'JOURNAL_IO';
  constructor(
    /** The failed call, e.g. `fdatasync`, `open`, `fallocate`. */
    readonly operation: string,

    /** The file or directory. */
    readonly path: string,
    /** The operating system's error name, e.g. `EIO`, `ENOSPC`. */
    readonly osCode: string,
    options: JournalErrorOptions & { hint?: string } = {},
  ) {
    super(
      `${operation} failed on ${path}: ${osCode}${options.hint === undefined ? '' : `; ${options.hint}`}`,
      options,
    );
  }
}

/**
 * An entry whose checksum does not match its bytes.
 * @publicApi
 */
export class CorruptEntryError extends JournalError implements EntryLocation {
  readonly code = 'JOURNAL_CORRUPT_ENTRY';
  readonly segment: string;
  readonly offset: number;
  readonly sequence: bigint | null;
  constructor(
    location: EntryLocation,

    /** Checksum stored with the entry. */
    readonly expectedCrc: number,

    /** Checksum computed from the bytes that were read. */
    readonly actualCrc: number,
  ) {
    super(
      `corrupt entry in ${location.segment} at offset ${location.offset}, sequence ${location.sequence ?? 'unknown'}: ` +
        `stored CRC ${hex32(expectedCrc)}, computed ${hex32(actualCrc)}; restore the file from a replica or open with an explicit repair`,
    );
    this.segment = location.segment;
    this.offset = location.offset;
    this.sequence = location.sequence;
  }
}

/**
 * A compressed archived segment that cannot be decompressed completely.
 * @publicApi
 */
export class CorruptArchiveError extends JournalError implements EntryLocation {
  readonly code = 'JOURNAL_CORRUPT_ARCHIVE';
  /** File name of the compressed segment. */
  readonly segment: string;
  /** Byte offset in the compressed file. */
  readonly offset: number;
  readonly sequence: null = null;
  constructor(
    /** Path of the archived segment. */
    readonly path: string,
    offset: number,

    /** Why it cannot be decompressed. */
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`corrupt archive ${path} at offset ${offset}: ${reason}; restore the file from a replica`, options);
    this.segment = path.slice(path.lastIndexOf('/') + 1);
    this.offset = offset;
  }
}

/**
 * A length or header field that no intact entry can have, or that contradicts the entries around it.
 * @publicApi
 */
export class InvalidEntryHeaderError extends JournalError implements EntryLocation {
  readonly code = 'JOURNAL_INVALID_ENTRY_HEADER';
  readonly segment: string;
  readonly offset: number;
  readonly sequence: bigint | null;
  constructor(
    location: EntryLocation,

    /** What is wrong with the header. */
    readonly reason: string,
  ) {
    super(
      `invalid entry header in ${location.segment} at offset ${location.offset}, sequence ${location.sequence ?? 'unknown'}: ${reason}`,
    );
    this.segment = location.segment;
    this.offset = location.offset;
    this.sequence = location.sequence;
  }
}

/**
 * A payload with a correct checksum that the codec cannot decode.
 * @publicApi
 */
export class DeserializationError extends JournalError {
  readonly code = 'JOURNAL_DESERIALIZATION';
  /** File name of the segment; null if the payload was not read from a file. */
  readonly segment: string | null;
  /** Byte offset of the entry in the segment; null if the payload was not read from a file. */
  readonly offset: number | null;
  /** Sequence of the entry; null if it is not known. */
  readonly sequence: bigint | null;
  constructor(
    /** Why the payload cannot be decoded. */
    readonly reason: string,
    options: { location?: EntryLocation; cause?: unknown } = {},
  ) {
    const at = options.location;
    super(
      `cannot decode the payload${at === undefined ? '' : ` in ${at.segment} at offset ${at.offset}, sequence ${at.sequence ?? 'unknown'}`}: ${reason}`,
      { cause: options.cause },
    );
    this.segment = at?.segment ?? null;
    this.offset = at?.offset ?? null;
    this.sequence = at?.sequence ?? null;
  }
}

/**
 * An event that JSON cannot represent (function, symbol, cycle, NaN, Infinity …). Nothing was written.
 * @publicApi
 */
export class SerializationError extends JournalError {
  readonly code = 'JOURNAL_SERIALIZATION';
  constructor(
    /** Why the value cannot be stored. */
    readonly reason: string,
    /** Path of the value in the event, e.g. `command.AddOrder.price`. */
    readonly path: string,
    options: { cause?: unknown } = {},
  ) {
    super(`cannot serialize the event at ${path}: ${reason}`, { ...options, outcome: 'not-written' });
  }
}

/**
 * An entry that does not fit into one segment. Nothing was written.
 * @publicApi
 */
export class EntryTooLargeError extends JournalError {
  readonly code = 'JOURNAL_ENTRY_TOO_LARGE';
  constructor(
    /** Bytes that the entry would occupy in a segment. */
    readonly entrySizeBytes: number,

    /** Capacity of a segment, in bytes. */
    readonly segmentSizeBytes: number,
  ) {
    super(
      `an entry of ${entrySizeBytes} bytes does not fit into a segment of ${segmentSizeBytes} bytes; raise segmentSizeBytes or split the event`,
      { outcome: 'not-written' },
    );
  }
}

/**
 * The path cannot serve as a journal directory.
 * @publicApi
 */
export class InvalidDirectoryError extends JournalError {
  readonly code = 'JOURNAL_INVALID_DIRECTORY';
  constructor(
    /** The directory, or the file in it that cannot be used. */
    readonly path: string,

    /** Why it cannot be used. */
    readonly reason: string,
    options: JournalErrorOptions = {},
  ) {
    super(`${path} cannot be used as a journal directory: ${reason}`, options);
  }
}

/**
 * A requested sequence is not in the journal. The error mirrors the Rust error, for journals and tools that
 * look up single entries. `readFrom` never throws it: an iteration starts at the first available entry.
 * @publicApi
 */
export class SequenceNotFoundError extends JournalError {
  readonly code = 'JOURNAL_SEQUENCE_NOT_FOUND';
  constructor(
    /** The requested sequence. */
    readonly sequence: bigint,

    /** Sequence of the first entry that can be read; null if there is none. */
    readonly firstAvailableSequence: bigint | null,

    /** Sequence of the last entry; null if there is none. */
    readonly lastSequence: bigint | null,
  ) {
    super(
      `sequence ${sequence} is not in the journal (available: ${firstAvailableSequence ?? 'none'} … ${lastSequence ?? 'none'})`,
    );
  }
}

/**
 * An append whose sequence is not `lastSequence + 1`. Nothing was written.
 * @publicApi
 */
export class SequenceConflictError extends JournalError {
  readonly code = 'JOURNAL_SEQUENCE_CONFLICT';
  constructor(
    /** The only sequence that can be appended; null if the journal already holds 2^64 - 1 and is full. */
    readonly expected: bigint | null,

    /** Sequence of the refused event. */
    readonly actual: bigint,
  ) {
    super(
      expected === null
        ? `sequence ${actual} cannot follow 2^64 - 1, the last possible sequence`
        : `sequence ${actual} cannot be appended: the journal expects ${expected}`,
      { outcome: 'not-written' },
    );
  }
}

/**
 * Another writer has locked the directory.
 * @publicApi
 */
export class JournalLockedError extends JournalError {
  readonly code = 'JOURNAL_LOCKED';
  constructor(
    /** The directory of the journal. */
    readonly path: string,

    /** Time spent waiting for the lock, in milliseconds. */
    readonly waitedMs: number,
  ) {
    super(
      `${path} is locked by another writer (waited ${waitedMs} ms); stop it, or raise lockTimeoutMs to wait for one that is closing`,
    );
  }
}

/**
 * A write, sync or rename failed earlier. The journal accepts no append until it is opened again.
 * @publicApi
 */
export class JournalPoisonedError extends JournalError {
  readonly code = 'JOURNAL_POISONED';
  constructor(cause: unknown, outcome: AppendOutcome = 'not-written') {
    super(
      `the journal failed and accepts no more appends: ${messageOf(cause)}; ` +
        (outcome === 'unknown' ? 'this entry may or may not exist after a restart; ' : '') +
        'restart the application so that it recovers from disk',
      { cause, outcome },
    );
  }
}

/**
 * The journal was closed.
 * @publicApi
 */
export class JournalClosedError extends JournalError {
  readonly code = 'JOURNAL_CLOSED';
  constructor(message = 'the journal is closed') {
    super(message, { outcome: 'not-written' });
  }
}

/**
 * Sequences are missing between the last entry that was read or restored and the next one.
 * @publicApi
 */
export class ReplayGapError extends JournalError {
  readonly code = 'JOURNAL_REPLAY_GAP';
  /** File name of the segment after the gap; null if it is not known. */
  readonly segment: string | null;
  /** Byte offset of the entry after the gap; null if it is not known. */
  readonly offset: number | null;
  /** Sequence of the entry after the gap; null if there is none. */
  readonly sequence: bigint | null;
  constructor(
    /** First missing sequence. */
    readonly expectedSequence: bigint,
    /** The next existing sequence; null if there is none. */
    readonly actualSequence: bigint | null,
    location: EntryLocation | null = null,
    { advice, ...options }: { cause?: unknown; advice?: string } = {},
  ) {
    super(
      `sequence ${expectedSequence} is missing: ` +
        (actualSequence === null ? 'the journal ends before it' : `the next one is ${actualSequence}`) +
        (location === null ? '' : ` in ${location.segment} at offset ${location.offset}`) +
        `; ${advice ?? 'restore the missing segments, or a snapshot that covers them'}`,
      options,
    );
    this.segment = location?.segment ?? null;
    this.offset = location?.offset ?? null;
    this.sequence = actualSequence;
  }
}

function hex32(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
