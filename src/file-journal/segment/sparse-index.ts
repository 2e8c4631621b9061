/** Finding a place steps through at most this much of a segment, apart from larger entries. */
export const STRIDE_BYTES = 64 * 1024;

/** The offset of the entry with `sequence`. */
export interface IndexedPlace {
  readonly sequence: bigint;
  readonly offset: number;
}

/** Whole entries that follow each other, in memory. */
export interface EntryRun {
  readonly bytes: Buffer;
  /** The first entry that starts at `offset` of the bytes or after it; null where none does. */
  firstFrom(offset: number): IndexedPlace | null;
}

/** Size of a stored place: sequence u64 | offset u64. */
export const PLACE_BYTES = 16;
const NOTHING = Buffer.alloc(0);

/**
 * The offsets of some sequences in a segment. Writing and reading fill it; a file keeps it once the segment
 * is sealed.
 */
export class SparseIndex {
  /**
   * Places as the file stores them. Lookups read them there, because decoding thousands takes longer than
   * finding one.
   */
  #stored: Buffer;
  /** Places after the stored ones, ascending, parallel to `#offsets`. */
  #sequences: bigint[] = [];
  #offsets: number[] = [];
  #nextOffset = 0;

  /** @param stored places of a file. Their order is checked when one is used. */
  constructor(stored: Buffer = NOTHING) {
    this.#stored = stored;
    if (this.size > 0) this.#nextOffset = this.#at(this.size - 1).offset + STRIDE_BYTES;
  }

  /** Whether `note` would keep an entry at `offset`. */
  shouldHold(offset: number): boolean {
    return offset >= this.#nextOffset;
  }

  /** Notes an entry. Keeps one per stride, and none whose sequence steps back, as in a damaged journal. */
  note(sequence: bigint, offset: number): void {
    if (offset < this.#nextOffset) return;
    if (this.size > 0 && sequence <= this.#sequenceAt(this.size - 1)) return;
    this.#sequences.push(sequence);
    this.#offsets.push(offset);
    this.#nextOffset = offset + STRIDE_BYTES;
  }

  /** The same for all entries of a run, whose bytes will be written at `offset`. */
  noteRun(entries: EntryRun, offset: number): void {
    // Not from entry to entry: of hundreds, two or three are noted.
    for (let from = 0; ;) {
      const place = entries.firstFrom(Math.max(from, this.#nextOffset - offset));
      if (place === null) return;
      this.note(place.sequence, offset + place.offset);
      from = place.offset + 1;
    }
  }

  /** The last noted entry at or below `sequence`; null if there is none. */
  floor(sequence: bigint): IndexedPlace | null {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sequenceAt(middle) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? null : this.#at(low - 1);
  }

  get first(): IndexedPlace | null {
    return this.size === 0 ? null : this.#at(0);
  }

  get size(): number {
    return this.#storedCount + this.#sequences.length;
  }

  *places(): Generator<IndexedPlace> {
    for (let index = 0; index < this.size; index += 1) yield this.#at(index);
  }

  /** Takes over the places of `other`. */
  replaceBy(other: SparseIndex): void {
    this.#stored = other.#stored;
    this.#sequences = other.#sequences;
    this.#offsets = other.#offsets;
    this.#nextOffset = other.#nextOffset;
  }

  clear(): void {
    this.replaceBy(new SparseIndex());
  }

  get #storedCount(): number {
    return this.#stored.length / PLACE_BYTES;
  }

  #sequenceAt(index: number): bigint {
    const stored = this.#storedCount;
    if (index < stored) return this.#stored.readBigUInt64LE(index * PLACE_BYTES);
    return this.#sequences[index - stored] as bigint;
  }

  #at(index: number): IndexedPlace {
    const stored = this.#storedCount;
    const offset =
      index < stored
        ? Number(this.#stored.readBigUInt64LE(index * PLACE_BYTES + 8))
        : (this.#offsets[index - stored] as number);
    return { sequence: this.#sequenceAt(index), offset };
  }
}
