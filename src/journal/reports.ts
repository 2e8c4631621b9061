/**
 * The result of `verifyIntegrity`.
 * @publicApi
 */
export interface IntegrityReport {
  /** True when `errors` is empty. */
  readonly ok: boolean;
  /** Number of segments that were read. */
  readonly segments: number;
  /**
   * Number of entries with a correct checksum. An entry that cannot be decoded counts here, and is also
   * listed among the errors.
   */
  readonly entries: bigint;
  /** Bytes of these entries, including their headers. */
  readonly bytes: bigint;
  /** Sequence of the first entry; null if there is none. */
  readonly firstSequence: bigint | null;
  /** Sequence of the last entry; null if there is none. */
  readonly lastSequence: bigint | null;
  /** The faults, at most about a hundred per segment. The message of the last one counts the rest. */
  readonly errors: readonly IntegrityError[];
}

/**
 * One fault found by `verifyIntegrity`.
 * @publicApi
 */
export interface IntegrityError {
  /** What is wrong. */
  readonly kind: 'crc' | 'header' | 'payload' | 'mismatch' | 'gap' | 'overlap' | 'missing-segment' | 'io';
  /** File name of the segment. */
  readonly segment: string;
  /** Byte offset of the fault in the segment. */
  readonly offset: number;
  /** Sequence from the header, or the expected sequence. Null if neither is known. */
  readonly sequence: bigint | null;
  /** Describes the fault and its place. */
  readonly message: string;
}

/**
 * The result of opening a journal.
 * @publicApi
 */
export interface RecoveryReport {
  /**
   * `created`: there was no journal. `clean`: it ended with an intact entry. `torn-tail`: an incomplete end
   * was cut. `repaired`: damage was cut because an option requested it.
   */
  readonly outcome: 'created' | 'clean' | 'torn-tail' | 'repaired';
  /** Number of segments that the journal had. */
  readonly segments: number;
  /** Sequence of the first entry that can be read; null if there is none. */
  readonly firstAvailableSequence: bigint | null;
  /** Sequence of the last entry; null if there is none. */
  readonly lastSequence: bigint | null;
  /** The bytes that were cut from the end; null if none were. */
  readonly cut: RecoveredTail | null;
  /** Time from the lock to the open journal, in milliseconds. */
  readonly durationMs: number;
}

/** The bytes that were cut from the end of the newest segment. */
export interface RecoveredTail {
  readonly segment: string;
  /** Offset of the first byte that was cut. */
  readonly offset: number;
  /** Number of bytes from `offset` to the last byte that was not zero. */
  readonly lengthBytes: number;
  /** Why these bytes are not an entry. */
  readonly reason: string;
  /** Path of the file that keeps the cut bytes; null if all of them were zero. */
  readonly quarantineFile: string | null;
}
