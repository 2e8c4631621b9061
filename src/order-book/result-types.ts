import type { MassCancelFailure, PriceLevelError } from './book-failure.js';
import type { OrderId, Side } from './order-types.js';

/**
 * One execution between two orders.
 * @publicApi
 */
export interface Trade {
  /** Id of the trade. */
  trade_id: OrderId;
  /** The incoming order. */
  taker_order_id: OrderId;
  /** The resting order. */
  maker_order_id: OrderId;
  /** In ticks, u128. */
  price: bigint;
  /** In lots, u64. */
  quantity: bigint;
  /** Side of the incoming order. */
  taker_side: Side;
  /** Unix milliseconds, u64. */
  timestamp: bigint;
}

/**
 * The trades of one match, in the order in which they happened.
 * @publicApi
 */
export interface TradeList {
  /** The trades, in the order of their execution. */
  trades: Trade[];
}

/**
 * How a match ended.
 * @publicApi
 */
export type MatchOutcome = 'filled' | 'partially_filled' | 'not_filled' | 'killed' | 'rejected';

/**
 * What a match did to one incoming order.
 * @publicApi
 */
export interface MatchResult {
  /** Id of the incoming order. */
  order_id: OrderId;
  /** Trades of the incoming order. */
  trades: TradeList;
  /** In lots, u64. */
  remaining_quantity: bigint;
  /** Whether the incoming order was filled completely. */
  is_complete: boolean;
  /** Resting orders that were filled completely, in the order of their last trades. */
  filled_order_ids: OrderId[];
  /** Written since version 0.9; absent from older journals. */
  outcome?: MatchOutcome;
  /**
   * Why the match stopped early; null if it did not. Written since version 0.14; absent from older journals.
   */
  error?: PriceLevelError | null;
}

/**
 * A match with the symbol and the fees of the book.
 * @publicApi
 */
export interface TradeResult {
  /** Symbol of the book. */
  symbol: string;
  /** Result of matching the incoming order. */
  match_result: MatchResult;
  /** In the unit of price x quantity, i128. A negative fee is a rebate. */
  total_maker_fees: bigint;
  /** In the unit of price x quantity, i128. */
  total_taker_fees: bigint;
  /** The event counter of the book, u64. */
  engine_seq: bigint;
  /**
   * The sum of price x quantity of all trades, u128. Written since version 0.8; absent from older journals.
   */
  quote_notional?: bigint;
  /**
   * The trailing stop that sent the taker, or null. Written since version 0.14; absent from older journals.
   */
  origin_stop_id?: OrderId | null;
}

/**
 * The orders that a mass cancel removed.
 * @publicApi
 */
export interface MassCancelResult {
  /** u64. */
  cancelled_count: bigint;
  /** Ids of the cancelled orders. */
  cancelled_order_ids: OrderId[];
  /** Levels and orders that it could not cancel. Written since version 0.14; absent from older journals. */
  failures?: MassCancelFailure[];
}

/**
 * The order rests in the book without a trade.
 * @publicApi
 */
export interface OrderAdded {
  /** Id of the order. */
  order_id: OrderId;
}

/**
 * The order was cancelled.
 * @publicApi
 */
export interface OrderCancelled {
  /** Id of the order. */
  order_id: OrderId;
}

/**
 * The order was changed.
 * @publicApi
 */
export interface OrderUpdated {
  /** Id of the order. */
  order_id: OrderId;
}

/**
 * The command led to trades.
 * @publicApi
 */
export interface TradeExecuted {
  /** The match and its fees. */
  trade_result: TradeResult;
}

/**
 * A mass cancel removed orders, possibly none.
 * @publicApi
 */
export interface MassCancelled {
  /** The cancelled orders. */
  result: MassCancelResult;
}

/**
 * The book rejected the command. The book may have changed nevertheless: a rejected taker removes the empty
 * orders that it met, and an update that fails halfway cancels its order.
 * @publicApi
 */
export interface Rejected {
  /** Any text, for operators. */
  reason: string;
}

/**
 * Self-trade prevention mode of a book.
 * @publicApi
 */
export type StpMode = 'None' | 'CancelTaker' | 'CancelMaker' | 'CancelBoth';

/**
 * The book rejected the command, with the facts that a replay needs. Since version 0.13 of the crate.
 * @publicApi
 */
export interface RejectedWithCode {
  /** Any text, for operators. */
  reason: string;
  /**
   * A stable reject code, u16: from 1 (kill switch) to 13 (insufficient liquidity); 0 and from 1000 on for
   * others.
   */
  code: number;
  /** Whether the book may have changed, for instance traded, before it rejected the command. */
  may_have_mutated: boolean;
  /** The mode behind a self-trade rejection; `null` for any other rejection. */
  stp_mode: StpMode | null;
}

/**
 * One trade of a {@link CommittedPrefix}.
 * @publicApi
 */
export interface CommittedTrade {
  /** Id of the trade. */
  trade_id: OrderId;
  /** The resting order. */
  maker_order_id: OrderId;
  /** In ticks, u128. */
  price: bigint;
  /** In lots, u64. */
  quantity: bigint;
}

/**
 * The trades that happened before a match stopped.
 * @publicApi
 */
export interface CommittedPrefix {
  /** In lots, u64. */
  executed_quantity: bigint;
  /** Trades that were executed before the failure. */
  trades: CommittedTrade[];
}

/**
 * A price level failed during the match; the earlier trades remain valid. Since version 0.14 of the crate.
 * @publicApi
 */
export interface MatchAborted {
  /** Any text, for operators. */
  reason: string;
  /** A stable reject code, u16: 15. */
  code: number;
  /** What was executed before the failure. */
  committed: CommittedPrefix;
}

/**
 * The outcome of an {@link OrderBookCommand}: the `result` of an order-book event. New versions of the crate
 * append variants.
 * @publicApi
 */
export type OrderBookResult =
  | { OrderAdded: OrderAdded }
  | { OrderCancelled: OrderCancelled }
  | { OrderUpdated: OrderUpdated }
  | { TradeExecuted: TradeExecuted }
  | { MassCancelled: MassCancelled }
  | { Rejected: Rejected }
  | { RejectedWithCode: RejectedWithCode }
  | { MatchAborted: MatchAborted };
