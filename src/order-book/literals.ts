import type {
  MarketOrder,
  ReplaceUpdate,
  UpdatePrice,
  UpdatePriceAndQuantity,
  UpdateQuantity,
} from './command-types.js';
import type {
  IcebergOrder,
  PeggedOrder,
  ReserveOrder,
  StandardOrder,
  TrailingStopOrder,
} from './order-types.js';
import type {
  CommittedPrefix,
  CommittedTrade,
  MassCancelResult,
  MatchAborted,
  MatchResult,
  Rejected,
  RejectedWithCode,
  Trade,
  TradeExecuted,
  TradeList,
  TradeResult,
} from './result-types.js';
import type { RecordLiteral } from './schema-elements.js';

/*
 * Object literals for the records that occur often, or that an application keeps. A literal gives them one
 * hidden class with all properties inside the object; a loop that assigns eight properties takes 180 ns
 * instead of 20 (measured).
 */

export const standardOrder: RecordLiteral<StandardOrder<unknown>> = (read, from) => ({
  id: read.id(from),
  price: read.price(from),
  quantity: read.quantity(from),
  side: read.side(from),
  user_id: read.user_id(from),
  timestamp: read.timestamp(from),
  time_in_force: read.time_in_force(from),
  extra_fields: read.extra_fields(from),
});

export const icebergOrder: RecordLiteral<IcebergOrder<unknown>> = (read, from) => ({
  id: read.id(from),
  price: read.price(from),
  visible_quantity: read.visible_quantity(from),
  hidden_quantity: read.hidden_quantity(from),
  side: read.side(from),
  user_id: read.user_id(from),
  timestamp: read.timestamp(from),
  time_in_force: read.time_in_force(from),
  extra_fields: read.extra_fields(from),
});

export const trailingStop: RecordLiteral<TrailingStopOrder<unknown>> = (read, from) => ({
  id: read.id(from),
  price: read.price(from),
  quantity: read.quantity(from),
  side: read.side(from),
  user_id: read.user_id(from),
  timestamp: read.timestamp(from),
  time_in_force: read.time_in_force(from),
  trail_amount: read.trail_amount(from),
  last_reference_price: read.last_reference_price(from),
  extra_fields: read.extra_fields(from),
});

export const peggedOrder: RecordLiteral<PeggedOrder<unknown>> = (read, from) => ({
  id: read.id(from),
  price: read.price(from),
  quantity: read.quantity(from),
  side: read.side(from),
  user_id: read.user_id(from),
  timestamp: read.timestamp(from),
  time_in_force: read.time_in_force(from),
  reference_price_offset: read.reference_price_offset(from),
  reference_price_type: read.reference_price_type(from),
  extra_fields: read.extra_fields(from),
});

export const reserveOrder: RecordLiteral<ReserveOrder<unknown>> = (read, from) => ({
  id: read.id(from),
  price: read.price(from),
  visible_quantity: read.visible_quantity(from),
  hidden_quantity: read.hidden_quantity(from),
  side: read.side(from),
  user_id: read.user_id(from),
  timestamp: read.timestamp(from),
  time_in_force: read.time_in_force(from),
  replenish_threshold: read.replenish_threshold(from),
  replenish_amount: read.replenish_amount(from),
  auto_replenish: read.auto_replenish(from),
  extra_fields: read.extra_fields(from),
});

export const orderIdOnly: RecordLiteral<{ order_id: string }> = (read, from) => ({
  order_id: read.order_id(from),
});

export const updatePrice: RecordLiteral<UpdatePrice> = (read, from) => ({
  order_id: read.order_id(from),
  new_price: read.new_price(from),
});

export const updateQuantity: RecordLiteral<UpdateQuantity> = (read, from) => ({
  order_id: read.order_id(from),
  new_quantity: read.new_quantity(from),
});

export const updatePriceAndQuantity: RecordLiteral<UpdatePriceAndQuantity> = (read, from) => ({
  order_id: read.order_id(from),
  new_price: read.new_price(from),
  new_quantity: read.new_quantity(from),
});

export const replaceUpdate: RecordLiteral<ReplaceUpdate> = (read, from) => ({
  order_id: read.order_id(from),
  price: read.price(from),
  quantity: read.quantity(from),
  side: read.side(from),
});

export const marketOrder: RecordLiteral<MarketOrder> = (read, from) => ({
  id: read.id(from),
  quantity: read.quantity(from),
  side: read.side(from),
});

export const trade: RecordLiteral<Trade> = (read, from) => ({
  trade_id: read.trade_id(from),
  taker_order_id: read.taker_order_id(from),
  maker_order_id: read.maker_order_id(from),
  price: read.price(from),
  quantity: read.quantity(from),
  taker_side: read.taker_side(from),
  timestamp: read.timestamp(from),
});

export const tradeList: RecordLiteral<TradeList> = (read, from) => ({ trades: read.trades(from) });

export const matchResult: RecordLiteral<MatchResult> = (read, from) => ({
  order_id: read.order_id(from),
  trades: read.trades(from),
  remaining_quantity: read.remaining_quantity(from),
  is_complete: read.is_complete(from),
  filled_order_ids: read.filled_order_ids(from),
});

export const tradeResult: RecordLiteral<TradeResult> = (read, from) => ({
  symbol: read.symbol(from),
  match_result: read.match_result(from),
  total_maker_fees: read.total_maker_fees(from),
  total_taker_fees: read.total_taker_fees(from),
  engine_seq: read.engine_seq(from),
});

export const tradeExecuted: RecordLiteral<TradeExecuted> = (read, from) => ({
  trade_result: read.trade_result(from),
});

export const massCancelResult: RecordLiteral<MassCancelResult> = (read, from) => ({
  cancelled_count: read.cancelled_count(from),
  cancelled_order_ids: read.cancelled_order_ids(from),
});

export const rejected: RecordLiteral<Rejected> = (read, from) => ({ reason: read.reason(from) });

export const rejectedWithCode: RecordLiteral<RejectedWithCode> = (read, from) => ({
  reason: read.reason(from),
  code: read.code(from),
  may_have_mutated: read.may_have_mutated(from),
  stp_mode: read.stp_mode(from),
});

export const committedTrade: RecordLiteral<CommittedTrade> = (read, from) => ({
  trade_id: read.trade_id(from),
  maker_order_id: read.maker_order_id(from),
  price: read.price(from),
  quantity: read.quantity(from),
});

export const committedPrefix: RecordLiteral<CommittedPrefix> = (read, from) => ({
  executed_quantity: read.executed_quantity(from),
  trades: read.trades(from),
});

export const matchAborted: RecordLiteral<MatchAborted> = (read, from) => ({
  reason: read.reason(from),
  code: read.code(from),
  committed: read.committed(from),
});

type Tagged = (content: unknown) => Record<string, unknown>;

/** Object literals for the variants that occur often: objects with one property. */
const TAGGED: Readonly<Record<string, Tagged>> = {
  AddOrder: (content) => ({ AddOrder: content }),
  Standard: (content) => ({ Standard: content }),
  PostOnly: (content) => ({ PostOnly: content }),
  IcebergOrder: (content) => ({ IcebergOrder: content }),
  CancelOrder: (content) => ({ CancelOrder: content }),
  UpdateOrder: (content) => ({ UpdateOrder: content }),
  UpdatePriceAndQuantity: (content) => ({ UpdatePriceAndQuantity: content }),
  Replace: (content) => ({ Replace: content }),
  MarketOrder: (content) => ({ MarketOrder: content }),
  OrderAdded: (content) => ({ OrderAdded: content }),
  OrderCancelled: (content) => ({ OrderCancelled: content }),
  OrderUpdated: (content) => ({ OrderUpdated: content }),
  TradeExecuted: (content) => ({ TradeExecuted: content }),
  MassCancelled: (content) => ({ MassCancelled: content }),
  Rejected: (content) => ({ Rejected: content }),
  RejectedWithCode: (content) => ({ RejectedWithCode: content }),
  MatchAborted: (content) => ({ MatchAborted: content }),
};

/** A function that puts the content of a variant into an object with its tag. */
export function taggedBy(tag: string): Tagged {
  return (
    TAGGED[tag] ??
    ((content) => {
      // An assignment: a computed property of a literal takes four times as long (measured).
      const tagged: Record<string, unknown> = {};
      tagged[tag] = content;
      return tagged;
    })
  );
}
