import type { OrderId, UserId } from 'nestjs-file-journal/order-book';
import { LinkedList, type ListNode } from './linked-list.js';

/** An order in the index. */
export interface OwnedOrder {
  readonly id: OrderId;
  readonly userId: UserId;
}

/**
 * How an order leaves the list of its owner. The Rust engine keeps a vector: most removals close the gap, but
 * a fill and `UpdateOrder.Cancel` move the last order into it. A mass cancel reports the orders of an owner
 * in the order of this list, so a replay must do the same.
 */
export type OwnerGap = 'close' | 'fill-with-last';

/** The orders of every owner. */
export class OwnerIndex {
  readonly #lists = new Map<UserId, LinkedList<OwnedOrder>>();
  readonly #places = new Map<OwnedOrder, ListNode<OwnedOrder>>();

  /** The list must not change during the iteration. */
  ordersOf(userId: UserId): Iterable<OwnedOrder> {
    return this.#lists.get(userId) ?? [];
  }

  /** Every owner that has orders, in no particular order. */
  owners(): Iterable<UserId> {
    return this.#lists.keys();
  }

  /** Removes an owner with all orders. */
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
