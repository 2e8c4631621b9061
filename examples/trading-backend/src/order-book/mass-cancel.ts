import type { OrderBookResult, OrderId, Side } from 'nestjs-file-journal/order-book';
import { hasExpired } from './admission.js';
import type { BookSide } from './book-side.js';
import type { BookState } from './book-state.js';
import type { RestingOrder } from './price-level.js';

type MassCancelled = Extract<OrderBookResult, { MassCancelled: unknown }>;

/** Cancels every order: bids, then asks, each from the lowest price up and in queue order. */
export function cancelAll(state: BookState): OrderBookResult {
  const result = cancelWhere(state, everyOrder(state), () => true);
  if (result.MassCancelled.result.cancelled_count > 0n) state.forgetDropped();
  return result;
}

/** Cancels one side from the lowest price up. */
export function cancelBySide(state: BookState, side: Side): OrderBookResult {
  return cancelWhere(state, ordersOf(state.side(side)), () => true);
}

/** Cancels the orders of one owner, in the order in which the index of owners holds them. */
export function cancelByUser(state: BookState, userId: string): OrderBookResult {
  const result = cancelWhere(state, restingOf(state, userId), () => true);
  // Dropped orders lose their places, but their ids stay taken.
  state.owners.forget(userId);
  return result;
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

/** Removes the orders that have expired at `nowMs`, in the order of {@link cancelAll}. */
export function evictExpiredOrders(state: BookState, nowMs: bigint): OrderBookResult {
  return cancelWhere(state, everyOrder(state), ({ order }) =>
    hasExpired(order, nowMs, state.options.marketCloseMs),
  );
}

function cancelWhere(
  state: BookState,
  orders: Iterable<RestingOrder>,
  condition: (resting: RestingOrder) => boolean,
): MassCancelled {
  // Collects the orders first, because the queues and the indexes must not change during an iteration.
  const cancelled = [...orders].filter(condition);
  for (const resting of cancelled) state.remove(resting);
  const ids: OrderId[] = cancelled.map(({ id }) => id);
  return {
    MassCancelled: { result: { cancelled_count: BigInt(ids.length), cancelled_order_ids: ids } },
  };
}

function* restingOf(state: BookState, userId: string): Iterable<RestingOrder> {
  for (const { id } of state.owners.ordersOf(userId)) {
    const resting = state.find(id);
    if (resting !== null) yield resting;
  }
}

function* everyOrder(state: BookState): Iterable<RestingOrder> {
  yield* ordersOf(state.bids);
  yield* ordersOf(state.asks);
}

function* ordersOf(side: BookSide): Iterable<RestingOrder> {
  for (const level of side.ascending()) yield* level;
}
