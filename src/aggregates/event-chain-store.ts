/** Links in one chunk; a power of two. */
const CHUNK_LINKS = 65_536;
const CHUNK_BITS = 16;

/** The predecessor of the first link of a chain. */
export const NO_LINK = 0xffff_ffff;

/**
 * A growing store of links: pairs of a sequence and the previous link. The entries of an aggregate are a
 * chain of links, from the last entry back to the first. A link uses 12 bytes. Growing adds a chunk and
 * copies nothing.
 */
export class EventChainStore {
  private readonly sequences: BigUint64Array[] = [];
  private readonly previous: Uint32Array[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Number of allocated bytes. */
  get sizeBytes(): number {
    return this.sequences.length * CHUNK_LINKS * 12;
  }

  /** @returns the new link */
  add(sequence: bigint, previousLink: number): number {
    const link = this.count;
    if (link === NO_LINK) throw new RangeError('the index of aggregates is full: 2^32 - 1 entries');
    const chunk = link >>> CHUNK_BITS;
    if (chunk === this.sequences.length) {
      this.sequences.push(new BigUint64Array(CHUNK_LINKS));
      this.previous.push(new Uint32Array(CHUNK_LINKS));
    }
    const at = link & (CHUNK_LINKS - 1);
    (this.sequences[chunk] as BigUint64Array)[at] = sequence;
    (this.previous[chunk] as Uint32Array)[at] = previousLink;
    this.count += 1;
    return link;
  }

  sequenceOf(link: number): bigint {
    return this.sequences[link >>> CHUNK_BITS]?.[link & (CHUNK_LINKS - 1)] ?? 0n;
  }

  previousOf(link: number): number {
    return this.previous[link >>> CHUNK_BITS]?.[link & (CHUNK_LINKS - 1)] ?? NO_LINK;
  }

  clear(): void {
    this.sequences.length = 0;
    this.previous.length = 0;
    this.count = 0;
  }
}
