/**
 * Files that belong to a state of the journal and lie in folders beside its segments: snapshots, and the
 * checkpoints of projections. Other rooms know their formats; a backup only compares them with the entries.
 */

export type CompanionKind = 'snapshot' | 'checkpoint';

/** What a companion says about the journal. */
export interface CompanionFacts {
  /** The entry that it was made after; null if it was made before the first one. */
  readonly entry: { readonly sequence: bigint; readonly crc: number } | null;
  /** The largest sequence that it refers to; null for none. */
  readonly reach: bigint | null;
}

/** Knows the files of one kind. */
export interface CompanionFormat {
  readonly kind: CompanionKind;
  /** The folder in the directory of the journal. */
  readonly folder: 'snapshots' | 'projections';
  /** Whether a file of this name is complete and of this kind. */
  owns(name: string): boolean;
  /** @throws JournalError for a damaged file */
  read(name: string, content: Buffer): CompanionFacts;
}

/** Why a companion does not belong to a journal that ends at `end`; null if it does. */
export function objectionTo(
  { entry, reach }: CompanionFacts,
  journal: {
    readonly first: bigint | null;
    readonly end: bigint | null;
    /** The stored CRC of an entry of the journal; undefined if it is not there. */
    readonly crcOf: (sequence: bigint) => number | undefined;
  },
): string | null {
  const { first, end } = journal;
  const furthest = furthestOf(entry?.sequence ?? null, reach);
  if (furthest !== null && (end === null || furthest > end))
    return `it refers to sequence ${furthest}, and the entries end at ${end ?? 'none'}`;
  if (entry === null) return null;
  const crc = journal.crcOf(entry.sequence);
  if (crc !== undefined)
    return crc === entry.crc ? null : `the journal holds another entry at ${entry.sequence}`;
  // As at boot: it cannot be compared, but the entries continue after it.
  if (first !== null && entry.sequence + 1n === first) return null;
  return `the entries after ${entry.sequence} are missing`;
}

function furthestOf(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
