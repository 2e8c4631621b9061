import type { UserId } from 'nestjs-file-journal';
import { LinkedList, type ListNode } from './linked-list.js';
import type { RestingOrder } from './price-level.js';

/**
 * How an order leaves the list of its owner. The Rust engine keeps a vector: most removals close the gap, but a fill
 * and `UpdateOrder.Cancel` put the last order into it. Cancelling all orders of an owner reports them in the order of
 * this list, so that replay has to do the same.
 */
export type OwnerGap = 'close' | 'fill-with-last';

/** The orders of every owner. */
export class OwnerIndex {
  readonly #lists = new Map<UserId, LinkedList<RestingOrder>>();
  readonly #places = new Map<RestingOrder, ListNode<RestingOrder>>();

  /** The list must not change while iterating. */
  ordersOf(userId: UserId): Iterable<RestingOrder> {
    return this.#lists.get(userId) ?? [];
  }

  /** Every owner that has orders, in no particular order. */
  owners(): Iterable<UserId> {
    return this.#lists.keys();
  }

  add(resting: RestingOrder): void {
    let list = this.#lists.get(resting.userId);
    if (list === undefined) {
      list = new LinkedList();
      this.#lists.set(resting.userId, list);
    }
    this.#places.set(resting, list.append(resting));
  }

  remove(resting: RestingOrder, gap: OwnerGap): void {
    const list = this.#lists.get(resting.userId);
    const place = this.#places.get(resting);
    if (list === undefined || place === undefined) return;
    if (gap === 'close') list.remove(place);
    else list.swapRemove(place);
    this.#places.delete(resting);
    if (list.isEmpty) this.#lists.delete(resting.userId);
  }
}
