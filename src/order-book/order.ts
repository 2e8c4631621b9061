/**
 * An order, as the crate pricelevel writes it. Integer fields are always `bigint`, whatever their value: u64
 * holds 0 … 2^64 - 1, u128 holds 0 … 2^128 - 1, i64 holds -2^63 … 2^63 - 1.
 */

/** A UUID (36 characters), a ULID (26 characters) or a decimal u64, as a string. Compare ids as strings. */
export type OrderId = string;

/** Owner of an order: 32 bytes as 64 lower-case hex digits; all zeros is nobody. */
export type UserId = string;

/** Buyers rest as bids and take asks; sellers the other way round. */
export type Side = 'BUY' | 'SELL';

/** Good until its deadline: Unix milliseconds, u64. */
export interface GoodTillDate {
  GTD: bigint;
}

/**
 * How long an order lives: until cancelled, not at all (rest is cancelled), all or nothing, to the end of the
 * trading day, or to a deadline.
 */
export type TimeInForce = 'GTC' | 'IOC' | 'FOK' | 'DAY' | GoodTillDate;

/** The price a pegged order follows. */
export type PegReferenceType = 'BestBid' | 'BestAsk' | 'MidPrice' | 'LastTrade';

/** What every kind of order has. */
export interface OrderFields<TExtra = null> {
  id: OrderId;
  /** In ticks of the book, u128. */
  price: bigint;
  side: Side;
  user_id: UserId;
  /** When the order was made: Unix milliseconds, u64. */
  timestamp: bigint;
  time_in_force: TimeInForce;
  /** Whatever the application adds to an order; `null` when nothing. Here integers are `number` while safe. */
  extra_fields: TExtra;
}

/** A limit order. */
export interface StandardOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
}

/** An order of which only a part is shown at a time. */
export interface IcebergOrder<TExtra = null> extends OrderFields<TExtra> {
  /** The part that is shown, in lots, u64. */
  visible_quantity: bigint;
  /** The part that is not, in lots, u64. */
  hidden_quantity: bigint;
}

/** A limit order that is rejected rather than matched on arrival. */
export interface PostOnlyOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
}

/** A stop that follows the market at a distance. */
export interface TrailingStopOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
  /** Distance to the market price in ticks, u64. */
  trail_amount: bigint;
  /** In ticks, u128. */
  last_reference_price: bigint;
}

/** An order whose price follows a reference price. */
export interface PeggedOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
  /** In ticks, i64: negative is below the reference. */
  reference_price_offset: bigint;
  reference_price_type: PegReferenceType;
}

/** An order that takes what is there and rests as a limit order with what remains. */
export interface MarketToLimitOrder<TExtra = null> extends OrderFields<TExtra> {
  /** In lots, u64. */
  quantity: bigint;
}

/** An iceberg that says when and by how much its visible part is filled up. */
export interface ReserveOrder<TExtra = null> extends OrderFields<TExtra> {
  /** The part that is shown, in lots, u64. */
  visible_quantity: bigint;
  /** The part that is not, in lots, u64. */
  hidden_quantity: bigint;
  /** Visible quantity below which it is filled up, u64; 0 counts as 1 when `auto_replenish`. */
  replenish_threshold: bigint;
  /** By how much, u64; `null` for the default of the book (80). 0 is only read, from journals of 0.7. */
  replenish_amount: bigint | null;
  /** False: not filled up below the threshold, and removed when the visible part is used up. */
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
