import type { OrderBookResult, OrderId, Side } from 'nestjs-file-journal';
import { hasExpired } from './admission.js';
import type { BookSide } from './book-side.js';
import type { BookState } from './book-state.js';
import type { RestingOrder } from './price-level.js';

/** Cancels every order: bids, then asks, each from the lowest price up, in the order of the queue. */
export function cancelAll(state: BookState): OrderBookResult {
  return cancelWhere(state, everyOrder(state), () => true);
}

/** Cancels one side from the lowest price up. */
export function cancelBySide(state: BookState, side: Side): OrderBookResult {
  return cancelWhere(state, ordersOf(state.side(side)), () => true);
}

/** Cancels the orders of one owner, in the order in which the index of owners holds them. */
export function cancelByUser(state: BookState, userId: string): OrderBookResult {
  return cancelWhere(state, state.owners.ordersOf(userId), () => true);
}

/** Cancels the orders of one side with `minPrice <= price <= maxPrice`, from the lowest price up. */
export function cancelByPriceRange(
  state: BookState,
  side: Side,
  minPrice: bigint,
  maxPrice: bigint,
): OrderBookResult {
  return cancelWhere(
    state,
    ordersOf(state.side(side)),
    ({ level }) => level.price >= minPrice && level.price <= maxPrice,
  );
}

/** Removes what has expired at `nowMs`, in the same order as {@link cancelAll}. */
export function evictExpiredOrders(state: BookState, nowMs: bigint): OrderBookResult {
  return cancelWhere(state, everyOrder(state), ({ order }) =>
    hasExpired(order, nowMs, state.options.marketCloseMs),
  );
}

function cancelWhere(
  state: BookState,
  orders: Iterable<RestingOrder>,
  condition: (resting: RestingOrder) => boolean,
): OrderBookResult {
  // Collected first: neither the queues nor the indexes may change under their own iterators.
  const cancelled = [...orders].filter(condition);
  for (const resting of cancelled) state.remove(resting);
  const ids: OrderId[] = cancelled.map(({ id }) => id);
  return {
    MassCancelled: { result: { cancelled_count: BigInt(ids.length), cancelled_order_ids: ids } },
  };
}

function* everyOrder(state: BookState): Iterable<RestingOrder> {
  yield* ordersOf(state.bids);
  yield* ordersOf(state.asks);
}

function* ordersOf(side: BookSide): Iterable<RestingOrder> {
  for (const level of side.ascending()) yield* level;
}
