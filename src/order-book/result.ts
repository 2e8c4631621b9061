import type { OrderId, Side } from './order.js';

/** One execution between two orders. */
export interface Trade {
  trade_id: OrderId;
  /** The order that came. */
  taker_order_id: OrderId;
  /** The order that was there. */
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

/** What became of one incoming order. */
export interface MatchResult {
  order_id: OrderId;
  trades: TradeList;
  /** In lots, u64. */
  remaining_quantity: bigint;
  is_complete: boolean;
  /** Resting orders that are gone now, in the order of their last trades. */
  filled_order_ids: OrderId[];
  /** Written since 0.9; absent from older journals. */
  outcome?: MatchOutcome;
  /** Why the match stopped early; null when it did not. Written since 0.14; absent from older journals. */
  error?: PriceLevelError | null;
}

/** What went wrong in a price level of the Rust book. */
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

/** Any text, for people. */
export interface ErrorMessage {
  message: string;
}

/** What a price level could not allocate. */
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

/** The counter of a price level that reached its end. */
export type ExhaustedCounter =
  | 'orders_added'
  | 'orders_removed'
  | 'queue_sequence'
  | 'topology_epoch'
  | 'mutation_epoch'
  | 'statistics_sequence';

/** A match with the book's symbol and fees. */
export interface TradeResult {
  symbol: string;
  match_result: MatchResult;
  /** In the unit of price x quantity, i128; negative is a rebate. */
  total_maker_fees: bigint;
  /** In the unit of price x quantity, i128. */
  total_taker_fees: bigint;
  /** The book's own event counter, u64. */
  engine_seq: bigint;
  /** Sum of price x quantity of all trades, u128. Written since 0.8; absent from older journals. */
  quote_notional?: bigint;
  /** The trailing stop that sent the taker, or null. Written since 0.14; absent from older journals. */
  origin_stop_id?: OrderId | null;
}

/** What a mass cancel removed. */
export interface MassCancelResult {
  /** u64. */
  cancelled_count: bigint;
  cancelled_order_ids: OrderId[];
  /** Levels and orders that could not be cancelled. Written since 0.14; absent from older journals. */
  failures?: MassCancelFailure[];
}

/** A price level or an order that a mass cancel could not deal with. */
export type MassCancelFailure =
  /** `price` is in ticks, u128. */
  | { level_unreadable: { side: Side; price: bigint; error: PriceLevelError } }
  | { order_cancel_failed: FailedOrder }
  /** The order is gone; its level failed afterwards. */
  | { level_fault_after_removal: FailedOrder };

/** An order and what went wrong with it. */
export interface FailedOrder {
  order_id: OrderId;
  error: PriceLevelError;
}

/** The order rests in the book; nothing traded. */
export interface OrderAdded {
  order_id: OrderId;
}

/** The order is gone. */
export interface OrderCancelled {
  order_id: OrderId;
}

/** The order was changed. */
export interface OrderUpdated {
  order_id: OrderId;
}

/** Something traded. */
export interface TradeExecuted {
  trade_result: TradeResult;
}

/** Orders were removed, possibly none. */
export interface MassCancelled {
  result: MassCancelResult;
}

/**
 * The book refused the command. It may have changed nevertheless: a refused taker removes the empty orders
 * that it met, and an update that fails halfway cancels its order.
 */
export interface Rejected {
  /** For people; any text. */
  reason: string;
}

/** Self-trade prevention mode of a book. */
export type StpMode = 'None' | 'CancelTaker' | 'CancelMaker' | 'CancelBoth';

/** The book refused the command, with the facts that a replay needs. Since 0.13 of the crate. */
export interface RejectedWithCode {
  /** For people; any text. */
  reason: string;
  /** Stable reject code, u16: 1 kill switch … 13 insufficient liquidity, 0 and from 1000 on anything else. */
  code: number;
  /** Whether the book may have changed (traded) before it refused. */
  may_have_mutated: boolean;
  /** The mode that decided a self-trade rejection; `null` for any other. */
  stp_mode: StpMode | null;
}

/** One trade of a {@link CommittedPrefix}. */
export interface CommittedTrade {
  trade_id: OrderId;
  /** The order that was there. */
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

/** A price level failed during the match; the trades before that are real. Since 0.14 of the crate. */
export interface MatchAborted {
  /** For people; any text. */
  reason: string;
  /** Stable reject code, u16: 15. */
  code: number;
  committed: CommittedPrefix;
}

/**
 * What came of an {@link OrderBookCommand}: the `result` of an order-book event. New versions of the crate
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
