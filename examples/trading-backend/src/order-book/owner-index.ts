import type { OrderId, UserId } from 'nestjs-file-journal/order-book';
import { LinkedList, type ListNode } from './linked-list.js';

/** What the index holds of an order. */
export interface OwnedOrder {
  readonly id: OrderId;
  readonly userId: UserId;
}

/**
 * How an order leaves the list of its owner. The Rust engine keeps a vector: most removals close the gap, but
 * a fill and `UpdateOrder.Cancel` put the last order into it. Cancelling all orders of an owner reports them
 * in the order of this list, so that replay has to do the same.
 */
export type OwnerGap = 'close' | 'fill-with-last';

/** The orders of every owner. */
export class OwnerIndex {
  readonly #lists = new Map<UserId, LinkedList<OwnedOrder>>();
  readonly #places = new Map<OwnedOrder, ListNode<OwnedOrder>>();

  /** The list must not change while iterating. */
  ordersOf(userId: UserId): Iterable<OwnedOrder> {
    return this.#lists.get(userId) ?? [];
  }

  /** Every owner that has orders, in no particular order. */
  owners(): Iterable<UserId> {
    return this.#lists.keys();
  }

  /** Forgets an owner with all orders. */
  forget(userId: UserId): void {
    for (const order of this.ordersOf(userId)) this.#places.delete(order);
    this.#lists.delete(userId);
  }

  add(order: OwnedOrder): void {
    let list = this.#lists.get(order.userId);
    if (list === undefined) {
      list = new LinkedList();
      this.#lists.set(order.userId, list);
    }
    this.#places.set(order, list.append(order));
  }

  remove(order: OwnedOrder, gap: OwnerGap): void {
    const list = this.#lists.get(order.userId);
    const place = this.#places.get(order);
    if (list === undefined || place === undefined) return;
    if (gap === 'close') list.remove(place);
    else list.swapRemove(place);
    this.#places.delete(order);
    if (list.isEmpty) this.#lists.delete(order.userId);
  }
}
