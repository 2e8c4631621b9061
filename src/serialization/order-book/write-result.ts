import type { AsciiWriter, Piece } from '../ascii-writer.js';
import { P } from './pieces.js';
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
  NULL,
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
  writtenWords,
} from './write-values.js';

// Unrolled from the schema, like write-command.ts.

type Variant<Name extends string> = Extract<OrderBookResult, Record<Name, unknown>>;

/** Writes a result of the usual shape; throws UNUSUAL. */
export function writeResult(w: AsciiWriter, result: OrderBookResult): void {
  if (typeof result !== 'object' || result === null) throw UNUSUAL;
  switch (tagOf(result)) {
    case 'OrderAdded':
      return writeOnlyOrderId(w, P.orderAdded, (result as Variant<'OrderAdded'>).OrderAdded);
    case 'OrderCancelled':
      return writeOnlyOrderId(w, P.orderCancelled, (result as Variant<'OrderCancelled'>).OrderCancelled);
    case 'OrderUpdated':
      return writeOnlyOrderId(w, P.orderUpdated, (result as Variant<'OrderUpdated'>).OrderUpdated);
    case 'TradeExecuted': {
      const executed = withFields((result as Variant<'TradeExecuted'>).TradeExecuted, 1);
      writeTradeResult(w, executed.trade_result);
      return w.piece(P.close2);
    }
    case 'MassCancelled': {
      const r = withFields(withFields((result as Variant<'MassCancelled'>).MassCancelled, 1).result, 2);
      integer(w, P.massCancelled, r.cancelled_count, U64);
      list(w, P.cancelledOrderIds, r.cancelled_order_ids, quotedOrderId);
      return w.piece(P.close3);
    }
    case 'Rejected': {
      const rejected = withFields((result as Variant<'Rejected'>).Rejected, 1);
      text(w, P.rejected, rejected.reason);
      return w.piece(P.close2);
    }
    case 'RejectedWithCode':
      return writeRejectedWithCode(w, (result as Variant<'RejectedWithCode'>).RejectedWithCode);
    default:
      throw UNUSUAL;
  }
}

function writeOnlyOrderId(w: AsciiWriter, before: Piece, value: { order_id: string }): void {
  orderId(w, before, withFields(value, 1).order_id);
  w.piece(P.quoteClose2);
}

function writeTradeResult(w: AsciiWriter, result: TradeResult): void {
  const notional = result?.quote_notional;
  const r = withFields(result, notional === undefined ? 5 : 6);
  text(w, P.tradeExecuted, r.symbol);
  writeMatchResult(w, r.match_result);
  integer(w, P.totalMakerFees, r.total_maker_fees, I128);
  integer(w, P.totalTakerFees, r.total_taker_fees, I128);
  integer(w, P.engineSeq, r.engine_seq, U64);
  if (notional !== undefined) integer(w, P.quoteNotional, notional, U128);
  w.piece(P.close1);
}

const MATCH_OUTCOMES = writtenWords<MatchOutcome>(
  'filled',
  'partially_filled',
  'not_filled',
  'killed',
  'rejected',
);

function writeMatchResult(w: AsciiWriter, result: MatchResult): void {
  const outcome = result?.outcome;
  const r = withFields(result, outcome === undefined ? 5 : 6);
  orderId(w, P.matchResult, r.order_id);
  list(w, P.quoteTrades, withFields(r.trades, 1).trades, writeTrade);
  integer(w, P.closeRemainingQuantity, r.remaining_quantity, U64);
  boolean(w, P.isComplete, r.is_complete);
  list(w, P.filledOrderIds, r.filled_order_ids, quotedOrderId);
  if (outcome !== undefined) word(w, P.outcome, outcome, MATCH_OUTCOMES);
  w.piece(P.close1);
}

function writeTrade(w: AsciiWriter, trade: Trade): void {
  const t = withFields(trade, 7);
  orderId(w, P.tradeId, t.trade_id);
  orderId(w, P.quoteTakerOrderId, t.taker_order_id);
  orderId(w, P.quoteMakerOrderId, t.maker_order_id);
  integer(w, P.quotePrice, t.price, U128);
  integer(w, P.quantity, t.quantity, U64);
  side(w, P.takerSide, t.taker_side);
  integer(w, P.timestamp, t.timestamp, U64);
  w.piece(P.close1);
}

const STP_MODES = writtenWords<StpMode>('None', 'CancelTaker', 'CancelMaker', 'CancelBoth');
const MAX_U16 = 0xffff;

function writeRejectedWithCode(w: AsciiWriter, rejected: RejectedWithCode): void {
  const r = withFields(rejected, 4);
  if (!Number.isInteger(r.code) || r.code < 0 || r.code > MAX_U16) throw UNUSUAL;
  text(w, P.rejectedWithCode, r.reason);
  w.piece(P.code);
  w.small(r.code);
  boolean(w, P.mayHaveMutated, r.may_have_mutated);
  if (r.stp_mode === null) {
    w.piece(P.stpMode);
    w.piece(NULL);
  } else {
    word(w, P.stpMode, r.stp_mode, STP_MODES);
  }
  w.piece(P.close2);
}
