/**
 * What `verifyIntegrity` found.
 * @publicApi
 */
export interface IntegrityReport {
  /** True when `errors` is empty. */
  readonly ok: boolean;
  /** Number of segments that were read. */
  readonly segments: number;
  /** Entries with a good checksum; one that cannot be decoded counts, and is among the errors, too. */
  readonly entries: bigint;
  /** Bytes of these entries, headers included. */
  readonly bytes: bigint;
  /** Sequence of the first entry; null when there is none. */
  readonly firstSequence: bigint | null;
  /** Sequence of the last entry; null when there is none. */
  readonly lastSequence: bigint | null;
  /** At most about a hundred for each segment; where there are more, the last one counts the rest in its message. */
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
  /** Byte offset in the segment. */
  readonly offset: number;
  /** Sequence from the header, or the expected one; null where unknown. */
  readonly sequence: bigint | null;
  /** Describes the fault and its place. */
  readonly message: string;
}

/**
 * What opening a journal found and did.
 * @publicApi
 */
export interface RecoveryReport {
  /** `created`: there was no journal; `clean`: it ended as it should; `torn-tail`: an incomplete end was cut; `repaired`: damage was cut because an option asked for it. */
  readonly outcome: 'created' | 'clean' | 'torn-tail' | 'repaired';
  /** Number of segments that the journal had. */
  readonly segments: number;
  /** Sequence of the first entry that can be read; null when there is none. */
  readonly firstAvailableSequence: bigint | null;
  /** Sequence of the last entry; null when there is none. */
  readonly lastSequence: bigint | null;
  /** What was cut from the end; null when nothing was. */
  readonly cut: RecoveredTail | null;
  /** Milliseconds from the lock to the open journal. */
  readonly durationMs: number;
}

/** Bytes that were cut from the end of the newest segment, and where they are kept. */
export interface RecoveredTail {
  readonly segment: string;
  /** Offset of the first byte that was cut. */
  readonly offset: number;
  /** From `offset` to the last byte that was not zero. */
  readonly lengthBytes: number;
  /** Why these bytes were no entry. */
  readonly reason: string;
  /** Path of the file that holds the cut bytes; null when there was nothing but zeros. */
  readonly quarantineFile: string | null;
}
