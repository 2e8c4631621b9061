/** The slot of one aggregate in the cache. Only the current turn uses `aggregate`. */
export interface LiveAggregate<T> {
  /** The aggregate, in step with the stored events; null if it must be loaded. */
  aggregate: T | null;
}

/** A slot and its neighbours in the order of use. */
interface Slot<T> extends LiveAggregate<T> {
  readonly id: string;
  /** Number of running and pending turns. */
  users: number;
  /** Functions that start the pending turns, in the order of their calls; null if there never was one. */
  pending: ((live: LiveAggregate<T>) => void)[] | null;
  /** The slot that was used before this one. */
  older: Slot<T> | null;
  newer: Slot<T> | null;
}

/**
 * A cache of aggregates that evicts the least recently used ones first. Only one turn at a time uses an
 * aggregate. The cache does not evict an aggregate with a running or pending turn; otherwise the next use
 * would load a second copy.
 */
export class LiveAggregates<T> {
  private readonly slots = new Map<string, Slot<T>>();
  // The order is a list of its own: reordering a Map hashes the id twice for each use.
  private oldest: Slot<T> | null = null;
  private newest: Slot<T> | null = null;

  /** @param capacity number of aggregates to keep, without those in use */
  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.slots.size;
  }

  /** Whether the aggregate has no running or pending turn. */
  isFree(id: string): boolean {
    return (this.slots.get(id)?.users ?? 0) === 0;
  }

  /**
   * Takes a turn of the aggregate. The caller ends it with {@link release}.
   * @returns the slot of the aggregate; a promise of it if earlier turns have not ended
   */
  take(id: string): LiveAggregate<T> | Promise<LiveAggregate<T>> {
    const slot = this.slots.get(id) ?? this.add(id);
    slot.users += 1;
    if (slot !== this.newest) {
      this.unlink(slot);
      this.append(slot);
    }
    if (slot.users === 1) return slot;
    // The next turn continues in the async context of its own call.
    return new Promise((resolve) => (slot.pending ??= []).push(resolve));
  }

  /** Ends a turn. The next one starts. */
  release(live: LiveAggregate<T>): void {
    const slot = live as Slot<T>;
    slot.users -= 1;
    if (slot.users > 0) slot.pending?.shift()?.(slot);
    else if (slot.aggregate === null) this.remove(slot);
    if (this.slots.size > this.capacity) this.evict();
  }

  /** Runs `turn` after all earlier turns of this aggregate, whatever their outcome, in another tick. */
  async run<R>(id: string, turn: (live: LiveAggregate<T>) => Promise<R>): Promise<R> {
    const live = await this.take(id);
    try {
      return await turn(live);
    } finally {
      this.release(live);
    }
  }

  private evict(): void {
    for (let slot = this.oldest; slot !== null && this.slots.size > this.capacity; slot = slot.newer) {
      if (slot.users === 0) this.remove(slot);
    }
  }

  private add(id: string): Slot<T> {
    const slot: Slot<T> = { aggregate: null, id, users: 0, pending: null, older: null, newer: null };
    this.slots.set(id, slot);
    this.append(slot);
    return slot;
  }

  private remove(slot: Slot<T>): void {
    this.slots.delete(slot.id);
    this.unlink(slot);
  }

  private append(slot: Slot<T>): void {
    slot.older = this.newest;
    slot.newer = null;
    if (this.newest === null) this.oldest = slot;
    else this.newest.newer = slot;
    this.newest = slot;
  }

  private unlink({ older, newer }: Slot<T>): void {
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
  }
}
