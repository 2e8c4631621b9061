/** The messages of a replicated journal. */

/**
 * The term of one leader: the position of its fence in the stream, and a nonce. The position alone does not
 * identify it, because a stream that lost its tail uses positions again.
 */
export interface Epoch {
  readonly position: number;
  readonly nonce: string;
}

/** The first message of a stream. It ties the stream to one journal. */
export interface Genesis {
  readonly kind: 'genesis';
  readonly journalId: string;
  readonly formatVersion: number;
}

/** Begins an epoch. What earlier leaders publish after it does not count. */
export interface Fence {
  readonly kind: 'fence';
  /** Name of the node that becomes leader. */
  readonly node: string;
  readonly nonce: string;
}

/** Holds no entries. Once it is stored, everything before it is. */
export interface Barrier {
  readonly kind: 'barrier';
  readonly epoch: Epoch;
}

/** Entries that a leader stores together, in the format of a segment. */
export interface Group {
  readonly kind: 'group';
  readonly epoch: Epoch;
  /** Sequence of the first and of the last entry. */
  readonly first: bigint;
  readonly last: bigint;
  /** Whole entries, one after the other. Empty if only the headers of the message were read. */
  readonly entries: Uint8Array;
}

export type ReplicationMessage = Genesis | Fence | Barrier | Group;

export function isSameEpoch(a: Epoch, b: Epoch | null): boolean {
  return b !== null && a.position === b.position && a.nonce === b.nonce;
}
