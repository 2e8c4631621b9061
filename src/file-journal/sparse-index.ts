/** Where in a segment some of its sequences lie; filled by writing and reading it, kept beside it when it is sealed. */
import { LENGTH_BYTES, SEQUENCE_OFFSET } from './entry-format.js';

/** At most so much of a segment is stepped through to find a place in it, but for an entry that is larger. */
export const STRIDE_BYTES = 64 * 1024;

/** The entry with `sequence` lies at `offset`. */
export interface IndexedPlace {
  readonly sequence: bigint;
  readonly offset: number;
}

export class SparseIndex {
  /** Ascending; parallel to `#offsets`. */
  #sequences: bigint[] = [];
  #offsets: number[] = [];
  #nextOffset = 0;

  /** Whether an entry at `offset` would be kept. */
  wants(offset: number): boolean {
    return offset >= this.#nextOffset;
  }

  /** To be told of entries as they lie; keeps one per stride, and none that steps back (a damaged journal's may). */
  note(sequence: bigint, offset: number): void {
    if (offset < this.#nextOffset) return;
    const last = this.#sequences[this.#sequences.length - 1];
    if (last !== undefined && sequence <= last) return;
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
    let high = this.#sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sequences[middle] as bigint) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? null : this.#at(low - 1);
  }

  get size(): number {
    return this.#sequences.length;
  }

  *places(): Generator<IndexedPlace> {
    for (let index = 0; index < this.#sequences.length; index += 1) yield this.#at(index);
  }

  /** Takes over what `other` holds. */
  replaceBy(other: SparseIndex): void {
    this.#sequences = other.#sequences;
    this.#offsets = other.#offsets;
    this.#nextOffset = other.#nextOffset;
  }

  clear(): void {
    this.replaceBy(new SparseIndex());
  }

  #at(index: number): IndexedPlace {
    return { sequence: this.#sequences[index] as bigint, offset: this.#offsets[index] as number };
  }
}
