import { parseJsonCarefully } from '../serialization/index.js';
import { decodeUtf8 } from '../common/index.js';
import { readCarefully } from './careful-read.js';
import {
  close,
  readBoolean,
  readInteger,
  readList,
  readString,
  skip,
  skipNull,
  take,
  takeValue,
} from './cursor.js';
import type { Cursor } from './cursor.js';
import { readSide, readWord, words } from './read-words.js';
import { L } from './labels.js';
import type {
  CommittedPrefix,
  CommittedTrade,
  MassCancelFailure,
  MassCancelResult,
  MatchOutcome,
  MatchResult,
  OrderBookResult,
  PriceLevelError,
  StpMode,
  Trade,
  TradeResult,
} from './result.js';
import { I128, MASS_CANCEL_FAILURE, PRICE_LEVEL_ERROR, U128, U16, U64 } from './schema.js';
import type { Type } from './schema.js';

// Unrolled from the schema, like read-command.ts.

/** Reads a result that is laid out as serde writes it; throws NOT_AS_SERDE. */
export function readResult(c: Cursor): OrderBookResult {
  if (skip(c, L.orderAdded)) return close(c, { OrderAdded: readOrderId(c) });
  if (skip(c, L.orderCancelled)) return close(c, { OrderCancelled: readOrderId(c) });
  if (skip(c, L.orderUpdated)) return close(c, { OrderUpdated: readOrderId(c) });
  if (skip(c, L.tradeExecuted)) {
    return close(c, { TradeExecuted: close(c, { trade_result: readTradeResult(c) }) });
  }
  if (skip(c, L.massCancelled)) {
    return close(c, { MassCancelled: close(c, { result: readMassCancelResult(c) }) });
  }
  if (skip(c, L.rejected)) return close(c, { Rejected: close(c, { reason: readString(c, L.nothing) }) });
  if (skip(c, L.matchAborted)) return close(c, { MatchAborted: close(c, readMatchAborted(c)) });
  take(c, L.rejectedWithCode);
  return close(c, {
    RejectedWithCode: close(c, {
      reason: readString(c, L.nothing),
      code: Number(readInteger(c, L.code, U16)),
      may_have_mutated: readBoolean(c, L.mayHaveMutated),
      stp_mode: readStpMode(c, L.stpMode),
    }),
  });
}

function readTradeResult(c: Cursor): TradeResult {
  const result: TradeResult = {
    symbol: readString(c, L.symbol),
    match_result: readMatchResult(c, L.matchResult),
    total_maker_fees: readInteger(c, L.totalMakerFees, I128),
    total_taker_fees: readInteger(c, L.totalTakerFees, I128),
    engine_seq: readInteger(c, L.engineSeq, U64),
  };
  if (skip(c, L.quoteNotional)) result.quote_notional = readInteger(c, L.nothing, U128);
  if (skip(c, L.originStopId)) result.origin_stop_id = skipNull(c) ? null : readString(c, L.nothing);
  return close(c, result);
}

function readMatchResult(c: Cursor, before: Uint8Array): MatchResult {
  take(c, before);
  const result: MatchResult = {
    order_id: readString(c, L.orderId),
    trades: close(c, { trades: readList(c, L.trades, readTrade) }),
    remaining_quantity: readInteger(c, L.remainingQuantity, U64),
    is_complete: readBoolean(c, L.isComplete),
    filled_order_ids: readList(c, L.filledOrderIds, readListedId),
  };
  if (skip(c, L.outcome)) result.outcome = readWord(c, L.nothing, MATCH_OUTCOMES);
  if (skip(c, L.error)) result.error = skipNull(c) ? null : readRare<PriceLevelError>(c, PRICE_LEVEL_ERROR);
  return close(c, result);
}

function readTrade(c: Cursor): Trade {
  return close(c, {
    trade_id: readString(c, L.tradeId),
    taker_order_id: readString(c, L.takerOrderId),
    maker_order_id: readString(c, L.makerOrderId),
    price: readInteger(c, L.price, U128),
    quantity: readInteger(c, L.quantity, U64),
    taker_side: readSide(c, L.takerSide),
    timestamp: readInteger(c, L.timestamp, U64),
  });
}

function readMassCancelResult(c: Cursor): MassCancelResult {
  const result: MassCancelResult = {
    cancelled_count: readInteger(c, L.cancelledCount, U64),
    cancelled_order_ids: readList(c, L.cancelledOrderIds, readListedId),
  };
  if (skip(c, L.failures)) result.failures = readList(c, L.nothing, readFailure);
  return close(c, result);
}

function readFailure(c: Cursor): MassCancelFailure {
  return readRare<MassCancelFailure>(c, MASS_CANCEL_FAILURE);
}

function readMatchAborted(c: Cursor): { reason: string; code: number; committed: CommittedPrefix } {
  return {
    reason: readString(c, L.nothing),
    code: Number(readInteger(c, L.code, U16)),
    committed: close(c, {
      executed_quantity: readInteger(c, L.committed, U64),
      trades: readList(c, L.committedTrades, readCommittedTrade),
    }),
  };
}

function readCommittedTrade(c: Cursor): CommittedTrade {
  return close(c, {
    trade_id: readString(c, L.tradeId),
    maker_order_id: readString(c, L.makerOrderId),
    price: readInteger(c, L.price, U128),
    quantity: readInteger(c, L.quantity, U64),
  });
}

/** Brackets around the values below: event, result, variant, trade result and match result, or failures. */
const RARE_NESTING = 5;

/** A value of a type that is too rare to be unrolled. */
function readRare<T>(c: Cursor, type: Type): T {
  return readCarefully(type, parseJsonCarefully(decodeUtf8(takeValue(c)), 'bigints', RARE_NESTING), []) as T;
}

const MATCH_OUTCOMES = words<MatchOutcome>('filled', 'partially_filled', 'not_filled', 'killed', 'rejected');

function readListedId(c: Cursor): string {
  return readString(c, L.nothing);
}

function readOrderId(c: Cursor) {
  return close(c, { order_id: readString(c, L.orderId) });
}

const STP_MODES = words<StpMode>('None', 'CancelTaker', 'CancelMaker', 'CancelBoth');

function readStpMode(c: Cursor, before: Uint8Array): StpMode | null {
  take(c, before);
  return skipNull(c) ? null : readWord(c, L.nothing, STP_MODES);
}
