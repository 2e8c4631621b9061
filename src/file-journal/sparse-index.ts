/** Where in a segment some of its sequences lie; kept in memory, rebuilt by reading. */

const STRIDE_BYTES = 64 * 1024;

export class SparseIndex {
  /** Ascending; parallel to `#offsets`. */
  readonly #sequences: bigint[] = [];
  readonly #offsets: number[] = [];
  #nextOffset = 0;

  /** To be told of entries as they lie; keeps one per stride, and none that steps back (a damaged journal's may). */
  note(sequence: bigint, offset: number): void {
    if (offset < this.#nextOffset) return;
    const last = this.#sequences[this.#sequences.length - 1];
    if (last !== undefined && sequence <= last) return;
    this.#sequences.push(sequence);
    this.#offsets.push(offset);
    this.#nextOffset = offset + STRIDE_BYTES;
  }

  /** Offset of the last noted entry at or below `sequence`; 0 when there is none. */
  floor(sequence: bigint): number {
    let low = 0;
    let high = this.#sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sequences[middle] as bigint) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (this.#offsets[low - 1] as number);
  }
}
