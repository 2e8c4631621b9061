import type { Order, OrderId, Side, UserId } from './order-types.js';

/**
 * Changes the price of a resting order.
 * @publicApi
 */
export interface UpdatePrice {
  /** Id of the order. */
  order_id: OrderId;
  /** In ticks, u128. */
  new_price: bigint;
}

/**
 * Changes the quantity of a resting order.
 * @publicApi
 */
export interface UpdateQuantity {
  /** Id of the order. */
  order_id: OrderId;
  /** In lots, u64. */
  new_quantity: bigint;
}

/**
 * Changes the price and the quantity of a resting order.
 * @publicApi
 */
export interface UpdatePriceAndQuantity {
  /** Id of the order. */
  order_id: OrderId;
  /** In ticks, u128. */
  new_price: bigint;
  /** In lots, u64. */
  new_quantity: bigint;
}

/**
 * Cancels a resting order, as an update.
 * @publicApi
 */
export interface CancelUpdate {
  /** Id of the order. */
  order_id: OrderId;
}

/**
 * Replaces a resting order.
 * @publicApi
 */
export interface ReplaceUpdate {
  /** Id of the order. */
  order_id: OrderId;
  /** In ticks, u128. */
  price: bigint;
  /** In lots, u64. */
  quantity: bigint;
  /** The side of the resting order; it does not change. */
  side: Side;
}

/**
 * A change to a resting order.
 * @publicApi
 */
export type OrderUpdate =
  | { UpdatePrice: UpdatePrice }
  | { UpdateQuantity: UpdateQuantity }
  | { UpdatePriceAndQuantity: UpdatePriceAndQuantity }
  | { Cancel: CancelUpdate }
  | { Replace: ReplaceUpdate };

/**
 * Takes liquidity up to a quantity, and never rests.
 * @publicApi
 */
export interface MarketOrder {
  /** Id of the order. */
  id: OrderId;
  /** In lots, u64. */
  quantity: bigint;
  /** Buy or sell. */
  side: Side;
}

/**
 * Takes liquidity up to a value, and never rests. Since version 0.8 of the crate.
 * @publicApi
 */
export interface MarketOrderByAmount {
  /** Id of the order. */
  id: OrderId;
  /** The sum of price x quantity to spend, u128. */
  amount: bigint;
  /** Buy or sell. */
  side: Side;
}

/**
 * Cancels every order of one side.
 * @publicApi
 */
export interface CancelBySide {
  /** Side of the cancelled orders. */
  side: Side;
}

/**
 * Cancels every order of one owner.
 * @publicApi
 */
export interface CancelByUser {
  /** Owner of the cancelled orders. */
  user_id: UserId;
}

/**
 * Cancels every order of one side with `min_price <= price <= max_price`.
 * @publicApi
 */
export interface CancelByPriceRange {
  /** Side of the cancelled orders. */
  side: Side;
  /** In ticks, inclusive, u128. */
  min_price: bigint;
  /** In ticks, inclusive, u128. */
  max_price: bigint;
}

/**
 * Removes every order that has expired at a given time. Since version 0.10 of the crate.
 * @publicApi
 */
export interface EvictExpiredOrders {
  /** The time in Unix milliseconds, u64. A replay uses it instead of the clock. */
  now_ms: bigint;
}

/**
 * A command to an order book: the `command` of an order-book event. New versions of the crate append
 * variants.
 * @publicApi
 */
export type OrderBookCommand<TExtra = null> =
  | { AddOrder: Order<TExtra> }
  | { CancelOrder: OrderId }
  | { UpdateOrder: OrderUpdate }
  | { MarketOrder: MarketOrder }
  | { MarketOrderByAmount: MarketOrderByAmount }
  | 'CancelAll'
  | { CancelBySide: CancelBySide }
  | { CancelByUser: CancelByUser }
  | { CancelByPriceRange: CancelByPriceRange }
  | { EvictExpiredOrders: EvictExpiredOrders };
