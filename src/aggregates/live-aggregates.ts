/** The place of one aggregate in the cache. Only the current turn uses `aggregate`. */
export interface LiveAggregate<T> {
  /** The aggregate, in step with the stored events; null if it must be loaded. */
  aggregate: T | null;
}

interface Slot<T> extends LiveAggregate<T> {
  /** Number of running and pending turns. */
  users: number;
  /** Settles after the last turn. */
  tail: Promise<unknown>;
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

  /** Runs `turn` after all earlier turns of this aggregate, whatever their outcome. */
  async run<R>(id: string, turn: (live: LiveAggregate<T>) => Promise<R>): Promise<R> {
    const slot = this.slots.get(id) ?? newSlot<T>();
    slot.users += 1;
    // The last slot is the most recently used one.
    this.slots.delete(id);
    this.slots.set(id, slot);
    const result = slot.tail.then(() => turn(slot));
    slot.tail = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      slot.users -= 1;
      if (slot.users === 0 && slot.aggregate === null) this.slots.delete(id);
      this.evict();
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

function newSlot<T>(): Slot<T> {
  return { aggregate: null, users: 0, tail: Promise.resolve() };
}
