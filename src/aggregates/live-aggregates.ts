/** The place of one aggregate in the cache. Whoever runs in its turn owns `aggregate`. */
export interface LiveAggregate<T> {
  /** In step with what is stored, or null: to be rebuilt. */
  aggregate: T | null;
}

interface Slot<T> extends LiveAggregate<T> {
  /** Turns that run or wait. */
  users: number;
  /** The end of the line of turns. */
  tail: Promise<unknown>;
}

/**
 * Aggregates that are kept in memory between uses, the least recently used ones dropped first. Each is used by one turn at a time; what has
 * a turn running or waiting is not dropped, or a second copy would be made beside it.
 */
export class LiveAggregates<T> {
  /** Least recently used first. */
  private readonly slots = new Map<string, Slot<T>>();

  /** @param capacity how many are kept; those in use come on top */
  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.slots.size;
  }

  /** Whether no turn runs or waits. */
  isFree(id: string): boolean {
    return !this.slots.has(id) || this.slots.get(id)?.users === 0;
  }

  /** Runs `turn` when all turns before it for this aggregate are over, whatever came of them. */
  async run<R>(id: string, turn: (live: LiveAggregate<T>) => Promise<R>): Promise<R> {
    const slot = this.slots.get(id) ?? newSlot<T>();
    slot.users += 1;
    // Behind all others: the most recently used.
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
