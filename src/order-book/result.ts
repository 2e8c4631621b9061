import type { OrderId, Side } from './order.js';

/** One execution between two orders. */
export interface Trade {
  trade_id: OrderId;
  /** The incoming order. */
  taker_order_id: OrderId;
  /** The resting order. */
  maker_order_id: OrderId;
  /** In ticks, u128. */
  price: bigint;
  /** In lots, u64. */
  quantity: bigint;
  taker_side: Side;
  /** Unix milliseconds, u64. */
  timestamp: bigint;
}

/** The trades of one match, in the order in which they happened. */
export interface TradeList {
  trades: Trade[];
}

/** How a match ended. */
export type MatchOutcome = 'filled' | 'partially_filled' | 'not_filled' | 'killed' | 'rejected';

/** What a match did to one incoming order. */
export interface MatchResult {
  order_id: OrderId;
  trades: TradeList;
  /** In lots, u64. */
  remaining_quantity: bigint;
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

/** An error of a price level of the Rust book. */
export type PriceLevelError =
  | 'InvalidFormat'
  | { UnknownOrderType: string }
  | { MissingField: string }
  | { DuplicateOrderId: string }
  | { InvalidFieldValue: { field: string; value: string } }
  | { ParseError: ErrorMessage }
  | { InvalidOperation: ErrorMessage }
  | { SerializationError: ErrorMessage }
  | { DeserializationError: ErrorMessage }
  | { EntropyUnavailable: ErrorMessage }
  | { ChecksumMismatch: { expected: string; actual: string } }
  /** `additional` is a u64. */
  | { CapacityExceeded: { resource: CapacityResource; additional: bigint } }
  | { CounterExhausted: { counter: ExhaustedCounter } };

/** An error with a text for operators. */
export interface ErrorMessage {
  message: string;
}

/** A resource that a price level could not allocate. */
export type CapacityResource =
  | 'trades'
  | 'filled_order_ids'
  | 'validation_scratch'
  | 'text'
  | 'id_sequence'
  | 'order_snapshot'
  | 'sweep_scratch'
  | 'restore_scratch'
  | 'serialization_buffer';

/** A counter of a price level that reached its largest value. */
export type ExhaustedCounter =
  | 'orders_added'
  | 'orders_removed'
  | 'queue_sequence'
  | 'topology_epoch'
  | 'mutation_epoch'
  | 'statistics_sequence';

/** A match with the symbol and the fees of the book. */
export interface TradeResult {
  symbol: string;
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

/** The orders that a mass cancel removed. */
export interface MassCancelResult {
  /** u64. */
  cancelled_count: bigint;
  cancelled_order_ids: OrderId[];
  /** Levels and orders that it could not cancel. Written since version 0.14; absent from older journals. */
  failures?: MassCancelFailure[];
}

/** A price level or an order that a mass cancel could not process. */
export type MassCancelFailure =
  /** `price` is in ticks, u128. */
  | { level_unreadable: { side: Side; price: bigint; error: PriceLevelError } }
  | { order_cancel_failed: FailedOrder }
  /** The order was removed; its level failed afterwards. */
  | { level_fault_after_removal: FailedOrder };

/** An order and its error. */
export interface FailedOrder {
  order_id: OrderId;
  error: PriceLevelError;
}

/** The order rests in the book without a trade. */
export interface OrderAdded {
  order_id: OrderId;
}

/** The order was cancelled. */
export interface OrderCancelled {
  order_id: OrderId;
}

/** The order was changed. */
export interface OrderUpdated {
  order_id: OrderId;
}

/** The command led to trades. */
export interface TradeExecuted {
  trade_result: TradeResult;
}

/** A mass cancel removed orders, possibly none. */
export interface MassCancelled {
  result: MassCancelResult;
}

/**
 * The book rejected the command. The book may have changed nevertheless: a rejected taker removes the empty
 * orders that it met, and an update that fails halfway cancels its order.
 */
export interface Rejected {
  /** Any text, for operators. */
  reason: string;
}

/** Self-trade prevention mode of a book. */
export type StpMode = 'None' | 'CancelTaker' | 'CancelMaker' | 'CancelBoth';

/** The book rejected the command, with the facts that a replay needs. Since version 0.13 of the crate. */
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

/** One trade of a {@link CommittedPrefix}. */
export interface CommittedTrade {
  trade_id: OrderId;
  /** The resting order. */
  maker_order_id: OrderId;
  /** In ticks, u128. */
  price: bigint;
  /** In lots, u64. */
  quantity: bigint;
}

/** The trades that happened before a match stopped. */
export interface CommittedPrefix {
  /** In lots, u64. */
  executed_quantity: bigint;
  trades: CommittedTrade[];
}

/**
 * A price level failed during the match; the earlier trades remain valid. Since version 0.14 of the crate.
 */
export interface MatchAborted {
  /** Any text, for operators. */
  reason: string;
  /** A stable reject code, u16: 15. */
  code: number;
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
