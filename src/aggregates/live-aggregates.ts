/** The place of one aggregate in the cache. Only the current turn uses `aggregate`. */
export interface LiveAggregate<T> {
  /** The aggregate, in step with the stored events; null if it must be loaded. */
  aggregate: T | null;
}

interface Slot<T> extends LiveAggregate<T> {
  /** Number of running and pending turns. */
  users: number;
  /** Starts of the pending turns, in the order of their calls; null if there never was one. */
  pending: ((live: LiveAggregate<T>) => void)[] | null;
}

/**
 * A cache of aggregates that evicts the least recently used ones first. Only one turn at a time uses an
 * aggregate. The cache does not evict an aggregate with a running or pending turn; otherwise the next use
 * would load a second copy.
 */
export class LiveAggregates<T> {
  /** Least recently used first. */
  private readonly slots = new Map<string, Slot<T>>();

  /** @param capacity number of aggregates to keep, without those in use */
  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.slots.size;
  }

  /** Whether the aggregate has no running or pending turn. */
  isFree(id: string): boolean {
    return !this.slots.has(id) || this.slots.get(id)?.users === 0;
  }

  /**
   * Takes a turn of the aggregate. The caller ends it with {@link release}.
   * @returns the place of the aggregate; a promise of it if earlier turns have not ended
   */
  take(id: string): LiveAggregate<T> | Promise<LiveAggregate<T>> {
    const slot = this.slots.get(id) ?? { aggregate: null, users: 0, pending: null };
    slot.users += 1;
    // The last slot is the most recently used one.
    this.slots.delete(id);
    this.slots.set(id, slot);
    if (slot.users === 1) return slot;
    // The next turn continues in the async context of its own call.
    return new Promise((resolve) => (slot.pending ??= []).push(resolve));
  }

  /** Ends a turn. The next one starts. */
  release(id: string, live: LiveAggregate<T>): void {
    const slot = live as Slot<T>;
    slot.users -= 1;
    if (slot.users > 0) slot.pending?.shift()?.(slot);
    else if (slot.aggregate === null) this.slots.delete(id);
    this.evict();
  }

  /** Runs `turn` after all earlier turns of this aggregate, whatever their outcome, in another tick. */
  async run<R>(id: string, turn: (live: LiveAggregate<T>) => Promise<R>): Promise<R> {
    const live = await this.take(id);
    try {
      return await turn(live);
    } finally {
      this.release(id, live);
    }
  }

  private evict(): void {
    if (this.slots.size <= this.capacity) return;
    for (const [id, { users }] of this.slots) {
      if (users > 0) continue;
      this.slots.delete(id);
      if (this.slots.size <= this.capacity) return;
    }
  }
}
