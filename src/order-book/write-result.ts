import type { AsciiWriter, Piece } from '../serialization/index.js';
import { writeCarefully } from './careful-write.js';
import { matchContradiction } from './match-result-rules.js';
import { P } from './pieces.js';
import type {
  CommittedTrade,
  MassCancelFailure,
  MassCancelResult,
  MatchAborted,
  MatchOutcome,
  MatchResult,
  OrderBookResult,
  RejectedWithCode,
  StpMode,
  Trade,
  TradeResult,
} from './result.js';
import { DEFAULT_RESULT_RULES, I128, MASS_CANCEL_FAILURE, PRICE_LEVEL_ERROR, U128, U64 } from './schema.js';
import type { ResultRules, Type } from './schema.js';
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

/**
 * Writes a result of the usual shape; throws UNUSUAL.
 */
export function writeResult(
  w: AsciiWriter,
  result: OrderBookResult,
  rules: ResultRules = DEFAULT_RESULT_RULES,
): void {
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
      writeTradeResult(w, executed.trade_result, rules);
      return w.piece(P.close2);
    }
    case 'MassCancelled': {
      const cancelled = withFields((result as Variant<'MassCancelled'>).MassCancelled, 1);
      return writeMassCancelResult(w, cancelled.result, rules);
    }
    case 'Rejected': {
      const rejected = withFields((result as Variant<'Rejected'>).Rejected, 1);
      text(w, P.rejected, rejected.reason);
      return w.piece(P.close2);
    }
    case 'RejectedWithCode':
      return writeRejectedWithCode(w, (result as Variant<'RejectedWithCode'>).RejectedWithCode);
    case 'MatchAborted':
      return writeMatchAborted(w, (result as Variant<'MatchAborted'>).MatchAborted);
    default:
      throw UNUSUAL;
  }
}

function writeOnlyOrderId(w: AsciiWriter, before: Piece, value: { order_id: string }): void {
  orderId(w, before, withFields(value, 1).order_id);
  w.piece(P.quoteClose2);
}

function writeMassCancelResult(w: AsciiWriter, result: MassCancelResult, rules: ResultRules): void {
  const failures = result?.failures;
  const r = withFields(result, failures === undefined ? 2 : 3);
  integer(w, P.massCancelled, r.cancelled_count, U64);
  list(w, P.cancelledOrderIds, r.cancelled_order_ids, quotedOrderId);
  if (failures !== undefined) list(w, P.failures, failures, writeFailure);
  else if (rules.complete) w.piece(P.emptyFailures);
  w.piece(P.close3);
}

function writeFailure(w: AsciiWriter, failure: MassCancelFailure): void {
  writeRare(w, MASS_CANCEL_FAILURE, failure);
}

/** A value of a type that is too rare to be unrolled. */
function writeRare(w: AsciiWriter, type: Type, value: unknown): void {
  let json: string;
  try {
    json = writeCarefully(type, value, [], 'checked');
  } catch {
    // The careful writer refuses it once more, and then knows the whole path.
    throw UNUSUAL;
  }
  w.text(json);
}

function writeTradeResult(w: AsciiWriter, result: TradeResult, rules: ResultRules): void {
  const notional = result?.quote_notional;
  const stop = result?.origin_stop_id;
  const r = withFields(result, 5 + (notional === undefined ? 0 : 1) + (stop === undefined ? 0 : 1));
  text(w, P.tradeExecuted, r.symbol);
  writeMatchResult(w, r.match_result, rules);
  integer(w, P.totalMakerFees, r.total_maker_fees, I128);
  integer(w, P.totalTakerFees, r.total_taker_fees, I128);
  integer(w, P.engineSeq, r.engine_seq, U64);
  if (notional !== undefined) integer(w, P.quoteNotional, notional, U128);
  if (stop === null || (stop === undefined && rules.complete)) {
    w.piece(P.nullOriginStopId);
  } else if (stop !== undefined) {
    orderId(w, P.originStopId, stop);
    w.piece(P.quote);
  }
  w.piece(P.close1);
}

const MATCH_OUTCOMES = writtenWords<MatchOutcome>(
  'filled',
  'partially_filled',
  'not_filled',
  'killed',
  'rejected',
);

function writeMatchResult(w: AsciiWriter, result: MatchResult, rules: ResultRules): void {
  const outcome = result?.outcome;
  const error = result?.error;
  const r = withFields(result, 5 + (outcome === undefined ? 0 : 1) + (error === undefined ? 0 : 1));
  orderId(w, P.matchResult, r.order_id);
  list(w, P.quoteTrades, withFields(r.trades, 1).trades, writeTrade);
  integer(w, P.closeRemainingQuantity, r.remaining_quantity, U64);
  boolean(w, P.isComplete, r.is_complete);
  list(w, P.filledOrderIds, r.filled_order_ids, quotedOrderId);
  if (outcome !== undefined) word(w, P.outcome, outcome, MATCH_OUTCOMES);
  if (error === null || (error === undefined && rules.complete)) {
    w.piece(P.nullError);
  } else if (error !== undefined) {
    w.piece(P.error);
    writeRare(w, PRICE_LEVEL_ERROR, error);
  }
  w.piece(P.close1);
  // The careful writer says what contradicts what.
  if (rules.consistent && matchContradiction(r) !== null) throw UNUSUAL;
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

/** As {@link Trade}, without the taker. */
function writeCommittedTrade(w: AsciiWriter, trade: CommittedTrade): void {
  const t = withFields(trade, 4);
  orderId(w, P.tradeId, t.trade_id);
  orderId(w, P.quoteMakerOrderId, t.maker_order_id);
  integer(w, P.quotePrice, t.price, U128);
  integer(w, P.quantity, t.quantity, U64);
  w.piece(P.close1);
}

const STP_MODES = writtenWords<StpMode>('None', 'CancelTaker', 'CancelMaker', 'CancelBoth');
const MAX_U16 = 0xffff;

/** A stable reject code. */
function rejectCode(w: AsciiWriter, code: number): void {
  if (!Number.isInteger(code) || code < 0 || code > MAX_U16) throw UNUSUAL;
  w.piece(P.code);
  w.small(code);
}

function writeMatchAborted(w: AsciiWriter, aborted: MatchAborted): void {
  const { reason, code, committed } = withFields(aborted, 3);
  text(w, P.matchAborted, reason);
  rejectCode(w, code);
  const { executed_quantity: executed, trades } = withFields(committed, 2);
  integer(w, P.committed, executed, U64);
  list(w, P.committedTrades, trades, writeCommittedTrade);
  w.piece(P.close3);
}

function writeRejectedWithCode(w: AsciiWriter, rejected: RejectedWithCode): void {
  const r = withFields(rejected, 4);
  text(w, P.rejectedWithCode, r.reason);
  rejectCode(w, r.code);
  boolean(w, P.mayHaveMutated, r.may_have_mutated);
  if (r.stp_mode === null) {
    w.piece(P.stpMode);
    w.piece(NULL);
  } else {
    word(w, P.stpMode, r.stp_mode, STP_MODES);
  }
  w.piece(P.close2);
}
