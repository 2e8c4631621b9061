/*
 * Orders, as the crate pricelevel writes them. Integer fields are always `bigint`, whatever their value: a
 * u64 is 0 … 2^64 - 1, a u128 0 … 2^128 - 1, an i64 -2^63 … 2^63 - 1.
 */

/**
 * A UUID (36 characters), a ULID (26 characters) or a decimal u64, as a string. Compare ids as strings.
 * @publicApi
 */
export type OrderId = string;

/**
 * The owner of an order: 32 bytes as 64 lower-case hex digits. All zeros mean no owner.
 * @publicApi
 */
export type UserId = string;

/**
 * Buyers rest as bids and take asks. Sellers rest as asks and take bids.
 * @publicApi
 */
export type Side = 'BUY' | 'SELL';

/**
 * Good until a deadline in Unix milliseconds, u64.
 * @publicApi
 */
export interface GoodTillDate {
  /** The deadline, in Unix milliseconds, u64. */
  GTD: bigint;
}

/**
 * How long an order lives: `GTC` until it is cancelled, `IOC` fills at once and the rest is cancelled, `FOK`
 * fills at once as a whole or not at all, `DAY` until the end of the trading day, `GTD` until a deadline.
 * @publicApi
 */
export type TimeInForce = 'GTC' | 'IOC' | 'FOK' | 'DAY' | GoodTillDate;

/**
 * The price that a pegged order follows.
 * @publicApi
 */
export type PegReferenceType = 'BestBid' | 'BestAsk' | 'MidPrice' | 'LastTrade';

/**
 * The fields of every kind of order.
 * @publicApi
 */
export interface OrderFields<TExtra = null> {
  /** Id of the order. */
  id: OrderId;
  /** In ticks of the book, u128. */
  price: bigint;
  /** Buy or sell. */
  side: Side;
  /** Owner of the order. */
  user_id: UserId;
  /** The time when the order was made, in Unix milliseconds, u64. */
  timestamp: bigint;
  /** How long the order rests in the book. */
  time_in_force: TimeInForce;
  /** What the application adds to an order; `null` for nothing. Integers in it are `number` while safe. */
  extra_fields: TExtra;
}

/**
 * A limit order.
 * @publicApi
 */
export interface StandardOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
}

/**
 * An order that shows only a part of its quantity at a time.
 * @publicApi
 */
export interface IcebergOrder<TExtra = null> extends OrderFields<TExtra> {
  /** The part that is shown, in lots, u64. */
  visible_quantity: bigint;
  /** The part that is not shown, in lots, u64. */
  hidden_quantity: bigint;
}

/**
 * A limit order that the book rejects rather than match it on arrival.
 * @publicApi
 */
export interface PostOnlyOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
}

/**
 * A stop that follows the market at a distance.
 * @publicApi
 */
export interface TrailingStopOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
  /** Distance to the market price in ticks, u64. */
  trail_amount: bigint;
  /** In ticks, u128. */
  last_reference_price: bigint;
}

/**
 * An order whose price follows a reference price.
 * @publicApi
 */
export interface PeggedOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
  /** In ticks, i64. A negative offset is below the reference price. */
  reference_price_offset: bigint;
  /** Price that the order follows. */
  reference_price_type: PegReferenceType;
}

/**
 * An order that takes the available liquidity. The rest of it becomes a resting limit order.
 * @publicApi
 */
export interface MarketToLimitOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
}

/**
 * An iceberg order with its own rule for replenishing the visible part.
 * @publicApi
 */
export interface ReserveOrder<TExtra = null> extends OrderFields<TExtra> {
  /** The part that is shown, in lots, u64. */
  visible_quantity: bigint;
  /** The part that is not shown, in lots, u64. */
  hidden_quantity: bigint;
  /** The visible quantity below which the book replenishes it, u64. With `auto_replenish`, 0 counts as 1. */
  replenish_threshold: bigint;
  /**
   * The quantity to add, u64; `null` for the default of the book (80). 0 occurs only in journals of version
   * 0.7.
   */
  replenish_amount: bigint | null;
  /** If false, the book does not replenish the order, and removes it when its visible part is used up. */
  auto_replenish: boolean;
}

/**
 * An order of any kind, tagged with its kind. `TExtra` is the type of `extra_fields`.
 * @publicApi
 */
export type Order<TExtra = null> =
  | { Standard: StandardOrder<TExtra> }
  | { IcebergOrder: IcebergOrder<TExtra> }
  | { PostOnly: PostOnlyOrder<TExtra> }
  | { TrailingStop: TrailingStopOrder<TExtra> }
  | { PeggedOrder: PeggedOrder<TExtra> }
  | { MarketToLimit: MarketToLimitOrder<TExtra> }
  | { ReserveOrder: ReserveOrder<TExtra> };
