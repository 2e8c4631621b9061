import type { Order, OrderId, Side } from 'nestjs-file-journal/order-book';
import { LinkedList, type ListNode } from './linked-list.js';
import { fieldsOf, hiddenQuantity, visibleQuantity } from './order-kinds.js';

/** An order in the queue of its price level. */
export interface RestingOrder {
  readonly id: OrderId;
  readonly userId: string;
  readonly level: PriceLevel;
  /** The order in its present state. Only {@link PriceLevel.replace} sets it. */
  order: Order;
}

interface QueuedOrder extends RestingOrder {
  /** Its place in the queue. Set once, right after the order was queued. */
  place?: ListNode<QueuedOrder>;
}

/**
 * The orders of one price and side, in the order in which takers consume them, with the sums of their
 * quantities.
 */
export class PriceLevel {
  readonly #queue = new LinkedList<QueuedOrder>();
  #orderCount = 0;
  #visibleQuantity = 0n;
  #hiddenQuantity = 0n;

  constructor(
    readonly side: Side,
    /** In ticks, u128. */
    readonly price: bigint,
  ) {}

  get orderCount(): number {
    return this.#orderCount;
  }

  /** Sum over all orders, in lots, u64. */
  get visibleQuantity(): bigint {
    return this.#visibleQuantity;
  }

  /** Sum over all orders, in lots, u64. */
  get hiddenQuantity(): bigint {
    return this.#hiddenQuantity;
  }

  /** The orders in the order in which takers consume them. The level must not change during the iteration. */
  [Symbol.iterator](): IterableIterator<RestingOrder> {
    return this.#queue[Symbol.iterator]();
  }

  /** Adds an order at the back of the queue. */
  append(order: Order): RestingOrder {
    const { id, user_id: userId } = fieldsOf(order);
    const resting: QueuedOrder = { id, userId, level: this, order };
    resting.place = this.#queue.append(resting);
    this.#count(order, 1);
    return resting;
  }

  remove(resting: RestingOrder): void {
    this.#queue.remove(placeOf(resting));
    this.#count(resting.order, -1);
  }

  /**
   * Replaces an order by a changed copy, which keeps its place or goes to the back of the queue.
   */
  replace(resting: RestingOrder, changed: Order, position: 'keep-place' | 'to-back'): void {
    this.#count(resting.order, -1);
    this.#count(changed, 1);
    resting.order = changed;
    if (position === 'to-back') this.#queue.moveToBack(placeOf(resting));
  }

  #count(order: Order, sign: 1 | -1): void {
    this.#orderCount += sign;
    this.#visibleQuantity += BigInt(sign) * visibleQuantity(order);
    this.#hiddenQuantity += BigInt(sign) * hiddenQuantity(order);
  }
}

function placeOf(resting: QueuedOrder): ListNode<QueuedOrder> {
  if (resting.place === undefined) throw new Error(`order ${resting.id} is in no queue`);
  return resting.place;
}
