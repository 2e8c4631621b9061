import type { Side } from 'nestjs-file-journal/order-book';
import { PriceLevel } from './price-level.js';

/**
 * The price levels of one side.
 *
 * A sorted array with the worst price first. Takers empty levels from the best price, so most insertions and
 * removals happen near the end, where few elements move. A price is found by binary search.
 */
export class BookSide {
  readonly #levels: PriceLevel[] = [];

  constructor(readonly side: Side) {}

  /** The best price in ticks; null while the side is empty. */
  get bestPrice(): bigint | null {
    return this.#levels.at(-1)?.price ?? null;
  }

  at(price: bigint): PriceLevel | undefined {
    const level = this.#levels[this.#indexOf(price)];
    return level?.price === price ? level : undefined;
  }

  atOrCreate(price: bigint): PriceLevel {
    const index = this.#indexOf(price);
    const found = this.#levels[index];
    if (found?.price === price) return found;
    const level = new PriceLevel(this.side, price);
    this.#levels.splice(index, 0, level);
    return level;
  }

  remove(level: PriceLevel): void {
    const index = this.#indexOf(level.price);
    if (this.#levels[index] === level) this.#levels.splice(index, 1);
  }

  /** The levels from the best price to the worst. The side must not change during the iteration. */
  *fromBest(): IterableIterator<PriceLevel> {
    for (let index = this.#levels.length - 1; index >= 0; index--) {
      const level = this.#levels[index];
      if (level !== undefined) yield level;
    }
  }

  /** The levels from the lowest price to the highest, on either side. */
  ascending(): Iterable<PriceLevel> {
    return this.side === 'BUY' ? this.#levels : this.fromBest();
  }

  /** Whether `price` on this side is as good as `limit` or better for a taker. */
  reaches(price: bigint, limit: bigint): boolean {
    return this.side === 'SELL' ? price <= limit : price >= limit;
  }

  /** The index of a price, or the index at which it would be inserted. */
  #indexOf(price: bigint): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const level = this.#levels[middle];
      if (level !== undefined && this.#isWorse(level.price, price)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isWorse(price: bigint, than: bigint): boolean {
    return this.side === 'BUY' ? price < than : price > than;
  }
}
