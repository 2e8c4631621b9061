import type {
  MatchOutcome,
  MatchResult,
  OrderBookResult,
  RejectedWithCode,
  StpMode,
  Trade,
  TradeResult,
} from './result.js';
import { I128, U128, U64 } from './schema.js';
import {
  UNUSUAL,
  boolean,
  integer,
  list,
  orderId,
  quotedOrderId,
  side,
  tagOf,
  text,
  withFields,
  word,
} from './write-values.js';

// Unrolled from the schema, like write-command.ts.

type Variant<Name extends string> = Extract<OrderBookResult, Record<Name, unknown>>;

/** Writes a result of the usual shape; throws UNUSUAL. */
export function writeResult(result: OrderBookResult): string {
  if (typeof result !== 'object' || result === null) throw UNUSUAL;
  switch (tagOf(result)) {
    case 'OrderAdded':
      return `{"OrderAdded":${onlyOrderId((result as Variant<'OrderAdded'>).OrderAdded)}}`;
    case 'OrderCancelled':
      return `{"OrderCancelled":${onlyOrderId((result as Variant<'OrderCancelled'>).OrderCancelled)}}`;
    case 'OrderUpdated':
      return `{"OrderUpdated":${onlyOrderId((result as Variant<'OrderUpdated'>).OrderUpdated)}}`;
    case 'TradeExecuted': {
      const executed = withFields((result as Variant<'TradeExecuted'>).TradeExecuted, 1);
      return `{"TradeExecuted":{"trade_result":${writeTradeResult(executed.trade_result)}}}`;
    }
    case 'MassCancelled': {
      const r = withFields(withFields((result as Variant<'MassCancelled'>).MassCancelled, 1).result, 2);
      return `{"MassCancelled":{"result":{"cancelled_count":${integer(r.cancelled_count, U64)},"cancelled_order_ids":${list(r.cancelled_order_ids, quotedOrderId)}}}}`;
    }
    case 'Rejected': {
      const rejected = withFields((result as Variant<'Rejected'>).Rejected, 1);
      return `{"Rejected":{"reason":${text(rejected.reason)}}}`;
    }
    case 'RejectedWithCode':
      return `{"RejectedWithCode":${writeRejectedWithCode((result as Variant<'RejectedWithCode'>).RejectedWithCode)}}`;
    default:
      throw UNUSUAL;
  }
}

function onlyOrderId(value: { order_id: string }): string {
  return `{"order_id":"${orderId(withFields(value, 1).order_id)}"}`;
}

function writeTradeResult(result: TradeResult): string {
  const notional = result?.quote_notional;
  const r = withFields(result, notional === undefined ? 5 : 6);
  const tail = notional === undefined ? '' : `,"quote_notional":${integer(notional, U128)}`;
  return `{"symbol":${text(r.symbol)},"match_result":${writeMatchResult(r.match_result)},"total_maker_fees":${integer(r.total_maker_fees, I128)},"total_taker_fees":${integer(r.total_taker_fees, I128)},"engine_seq":${integer(r.engine_seq, U64)}${tail}}`;
}

const MATCH_OUTCOMES: ReadonlySet<MatchOutcome> = new Set([
  'filled',
  'partially_filled',
  'not_filled',
  'killed',
  'rejected',
]);

function writeMatchResult(result: MatchResult): string {
  const outcome = result?.outcome;
  const r = withFields(result, outcome === undefined ? 5 : 6);
  const tail = outcome === undefined ? '' : `,"outcome":"${word(outcome, MATCH_OUTCOMES)}"`;
  return `{"order_id":"${orderId(r.order_id)}","trades":{"trades":${list(withFields(r.trades, 1).trades, writeTrade)}},"remaining_quantity":${integer(r.remaining_quantity, U64)},"is_complete":${boolean(r.is_complete)},"filled_order_ids":${list(r.filled_order_ids, quotedOrderId)}${tail}}`;
}

function writeTrade(trade: Trade): string {
  const t = withFields(trade, 7);
  return `{"trade_id":"${orderId(t.trade_id)}","taker_order_id":"${orderId(t.taker_order_id)}","maker_order_id":"${orderId(t.maker_order_id)}","price":${integer(t.price, U128)},"quantity":${integer(t.quantity, U64)},"taker_side":"${side(t.taker_side)}","timestamp":${integer(t.timestamp, U64)}}`;
}

const STP_MODES: ReadonlySet<StpMode> = new Set(['None', 'CancelTaker', 'CancelMaker', 'CancelBoth']);
const MAX_U16 = 0xffff;

function writeRejectedWithCode(rejected: RejectedWithCode): string {
  const r = withFields(rejected, 4);
  if (!Number.isInteger(r.code) || r.code < 0 || r.code > MAX_U16) throw UNUSUAL;
  const mode = r.stp_mode === null ? 'null' : `"${word(r.stp_mode, STP_MODES)}"`;
  return `{"reason":${text(r.reason)},"code":${r.code},"may_have_mutated":${boolean(r.may_have_mutated)},"stp_mode":${mode}}`;
}
