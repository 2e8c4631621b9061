import { JournalError } from './journal-error.js';

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
