/** Where in a segment some of its sequences lie; filled by writing and reading it, kept beside it when it is sealed. */
import { LENGTH_BYTES, SEQUENCE_OFFSET } from '../format/entry-format.js';

/** At most so much of a segment is stepped through to find a place in it, but for an entry that is larger. */
export const STRIDE_BYTES = 64 * 1024;

/** The entry with `sequence` lies at `offset`. */
export interface IndexedPlace {
  readonly sequence: bigint;
  readonly offset: number;
}

/** Of a stored place: sequence u64 | offset u64. */
export const PLACE_BYTES = 16;
const NOTHING = Buffer.alloc(0);

export class SparseIndex {
  /** As they lie in the file; looked up there, because decoding thousands takes longer than finding one. */
  #stored: Buffer;
  /** Behind the stored ones; ascending, parallel to `#offsets`. */
  #sequences: bigint[] = [];
  #offsets: number[] = [];
  #nextOffset = 0;

  /** @param stored places of a file; whether they ascend shows when one is used */
  constructor(stored: Buffer = NOTHING) {
    this.#stored = stored;
    if (this.size > 0) this.#nextOffset = this.#at(this.size - 1).offset + STRIDE_BYTES;
  }

  /** Whether an entry at `offset` would be kept. */
  wants(offset: number): boolean {
    return offset >= this.#nextOffset;
  }

  /** To be told of entries as they lie; keeps one per stride, and none that steps back (a damaged journal's may). */
  note(sequence: bigint, offset: number): void {
    if (offset < this.#nextOffset) return;
    if (this.size > 0 && sequence <= this.#sequenceAt(this.size - 1)) return;
    this.#sequences.push(sequence);
    this.#offsets.push(offset);
    this.#nextOffset = offset + STRIDE_BYTES;
  }

  /** The same for whole entries that are going to lie at `offset`. */
  noteEntries(entries: Buffer, offset: number): void {
    const end = offset + entries.length;
    for (let at = offset; this.#nextOffset < end && at < end;) {
      const index = at - offset;
      if (at >= this.#nextOffset) this.note(entries.readBigUInt64LE(index + SEQUENCE_OFFSET), at);
      at += LENGTH_BYTES + entries.readUInt32LE(index);
    }
  }

  /** The last noted entry at or below `sequence`; null when there is none. */
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

  /** Takes over what `other` holds. */
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
