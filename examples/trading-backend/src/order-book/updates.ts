import type { Order, OrderBookResult, OrderId, OrderUpdate } from 'nestjs-file-journal/order-book';
import { checkOrder, enter } from './admission.js';
import type { CommandContext } from './book-clock.js';
import type { BookState } from './book-state.js';
import {
  totalQuantity,
  visibleQuantity,
  withPrice,
  withSide,
  withUpdatedQuantity,
  withVisibleQuantity,
} from './order-kinds.js';
import type { RestingOrder } from './price-level.js';
import { reject, type Rejected } from './rejection.js';
import { U64_MAX } from './uint.js';

/** Removes an order from the book. */
export function cancelOrder(state: BookState, id: OrderId): OrderBookResult {
  const resting = state.find(id);
  if (resting === null) return reject.orderNotFound(id);
  state.remove(resting);
  return { OrderCancelled: { order_id: id } };
}

/**
 * Changes a resting order. A quantity is the visible one. The hidden quantity does not change, except as
 * {@link withUpdatedQuantity} describes.
 */
export function updateOrder(state: BookState, update: OrderUpdate, context: CommandContext): OrderBookResult {
  if ('UpdatePrice' in update) {
    const { order_id: id, new_price: price } = update.UpdatePrice;
    // The book still knows the price of a dropped order.
    if (state.dropped.get(id) === price) return reject.samePrice();
    return change(state, id, (resting) =>
      price === resting.level.price
        ? reject.samePrice()
        : reenter(state, resting, withPrice(resting.order, price), context),
    );
  }
  if ('UpdateQuantity' in update) {
    const { order_id: id, new_quantity: quantity } = update.UpdateQuantity;
    return change(state, id, (resting) => resize(state, resting, quantity, context));
  }
  if ('UpdatePriceAndQuantity' in update) {
    const { order_id: id, new_price: price, new_quantity: quantity } = update.UpdatePriceAndQuantity;
    return change(state, id, (resting) =>
      reenter(state, resting, withUpdatedQuantity(withPrice(resting.order, price), quantity), context),
    );
  }
  if ('Replace' in update) {
    const { order_id: id, price, quantity, side } = update.Replace;
    return change(state, id, (resting) => {
      const replacement = withSide(withVisibleQuantity(withPrice(resting.order, price), quantity), side);
      return reenter(state, resting, replacement, context);
    });
  }
  const { order_id: id } = update.Cancel;
  return change(state, id, (resting) => {
    state.remove(resting, 'fill-with-last');
    return updated(id);
  });
}

function change(
  state: BookState,
  id: OrderId,
  to: (resting: RestingOrder) => OrderBookResult,
): OrderBookResult {
  const resting = state.find(id);
  return resting === null ? reject.orderNotFound(id) : to(resting);
}

function updated(id: OrderId): OrderBookResult {
  return { OrderUpdated: { order_id: id } };
}

/**
 * Changes the quantity of an order in its level. A larger order goes to the back of the queue; a smaller one
 * keeps its place. An order of 0 stays without trading until a taker meets it and drops it.
 */
function resize(
  state: BookState,
  resting: RestingOrder,
  quantity: bigint,
  context: CommandContext,
): OrderBookResult {
  const resized = withVisibleQuantity(resting.order, quantity);
  const refused = checkOrder(state, resized, context) ?? checkGrowth(resting, resized);
  if (refused !== null) return refused;
  const grows = totalQuantity(resized) > totalQuantity(resting.order);
  resting.level.replace(resting, resized, grows ? 'to-back' : 'keep-place');
  return updated(resting.id);
}

function checkGrowth({ level, order }: RestingOrder, resized: Order): Rejected | null {
  const visible = level.visibleQuantity - visibleQuantity(order) + visibleQuantity(resized);
  return visible > U64_MAX ? reject.levelOverflowOnUpdate() : null;
}

/**
 * Cancels the order and adds it again. It goes to the back of its level, and trades if it crosses the market
 * now. If the second step is refused, the order is gone.
 */
function reenter(
  state: BookState,
  resting: RestingOrder,
  changed: Order,
  context: CommandContext,
): OrderBookResult {
  return checkOrder(state, changed, context) ?? enter(state, changed, resting, context);
}
