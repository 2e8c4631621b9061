import type { Order, OrderId, Side, UserId } from './order.js';

/** Changes the price of a resting order. */
export interface UpdatePrice {
  order_id: OrderId;
  /** In ticks, u128. */
  new_price: bigint;
}

/** Changes the quantity of a resting order. */
export interface UpdateQuantity {
  order_id: OrderId;
  /** In lots, u64. */
  new_quantity: bigint;
}

/** Changes the price and the quantity of a resting order. */
export interface UpdatePriceAndQuantity {
  order_id: OrderId;
  /** In ticks, u128. */
  new_price: bigint;
  /** In lots, u64. */
  new_quantity: bigint;
}

/** Cancels a resting order, as an update. */
export interface CancelUpdate {
  order_id: OrderId;
}

/** Replaces a resting order. */
export interface ReplaceUpdate {
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

/** Takes liquidity up to a quantity, and never rests. */
export interface MarketOrder {
  id: OrderId;
  /** In lots, u64. */
  quantity: bigint;
  side: Side;
}

/** Takes liquidity up to a value, and never rests. Since version 0.8 of the crate. */
export interface MarketOrderByAmount {
  id: OrderId;
  /** The sum of price x quantity to spend, u128. */
  amount: bigint;
  side: Side;
}

/** Cancels every order of one side. */
export interface CancelBySide {
  side: Side;
}

/** Cancels every order of one owner. */
export interface CancelByUser {
  user_id: UserId;
}

/** Cancels every order of one side with `min_price <= price <= max_price`. */
export interface CancelByPriceRange {
  side: Side;
  /** In ticks, inclusive, u128. */
  min_price: bigint;
  /** In ticks, inclusive, u128. */
  max_price: bigint;
}

/** Removes every order that has expired at a given time. Since version 0.10 of the crate. */
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
