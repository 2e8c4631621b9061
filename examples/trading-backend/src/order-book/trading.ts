import type { OrderId, OrderBookResult, Side, Trade } from 'nestjs-file-journal/order-book';
import type { BookState } from './book-state.js';
import type { MatchPlan } from './matching.js';
import { I128_MAX, MAX_FEE, min, U128_MAX, U64_MAX } from './uint.js';

const BPS = 10_000n;

/**
 * Applies a plan to the book, and returns the trades.
 *
 * @param timestamp the time on every trade, in Unix milliseconds
 */
export function applyPlan(
  state: BookState,
  plan: MatchPlan,
  takerId: OrderId,
  takerSide: Side,
  timestamp: bigint,
): { trades: Trade[]; filledOrderIds: OrderId[] } {
  const trades: Trade[] = [];
  const filledOrderIds: OrderId[] = [];
  let executed = 0n;
  for (const { maker, isSelfTrade, consumed, left, replenished } of plan.steps) {
    if (isSelfTrade) {
      state.remove(maker);
      continue;
    }
    if (consumed > 0n) {
      const trade: Trade = {
        trade_id: state.options.tradeIds(state.tradeIndex++),
        taker_order_id: takerId,
        maker_order_id: maker.id,
        price: maker.level.price,
        quantity: consumed,
        taker_side: takerSide,
        timestamp,
      };
      // The Rust engine counts the quantity of one command in a u64. A trade beyond that happens, but the
      // result omits it.
      if (executed + consumed <= U64_MAX) {
        executed += consumed;
        trades.push(trade);
        state.rememberTrade(trade);
      }
      if (left === null) filledOrderIds.push(maker.id);
    }
    if (left === null && consumed === 0n) state.drop(maker);
    else if (left === null) state.remove(maker, 'fill-with-last');
    else maker.level.replace(maker, left, replenished > 0n ? 'to-back' : 'keep-place');
  }
  return { trades, filledOrderIds };
}

/** The result of a match with trades. It takes the next number of the engine. */
export function tradeExecuted(
  state: BookState,
  takerId: OrderId,
  done: { trades: Trade[]; filledOrderIds: OrderId[] },
  remaining: bigint,
): OrderBookResult {
  const notionals = done.trades.map((trade) => min(trade.price * trade.quantity, U128_MAX));
  const { makerBps, takerBps } = state.options.fees;
  return {
    TradeExecuted: {
      trade_result: {
        symbol: state.symbol,
        match_result: {
          order_id: takerId,
          trades: { trades: done.trades },
          remaining_quantity: remaining,
          is_complete: remaining === 0n,
          filled_order_ids: done.filledOrderIds,
          outcome: remaining === 0n ? 'filled' : 'partially_filled',
        },
        total_maker_fees: fees(notionals, makerBps),
        total_taker_fees: fees(notionals, takerBps),
        engine_seq: state.engineSeq++,
        quote_notional: min(sum(notionals), U128_MAX),
      },
    },
  };
}

/**
 * The fee of every trade is rounded towards zero. The Rust engine does not fail at the ends of its integers:
 * a fee is capped at the largest value, and a sum omits what it cannot hold.
 */
function fees(notionals: readonly bigint[], bps: bigint): bigint {
  let total = 0n;
  for (const notional of notionals) {
    const next = total + fee(notional, bps);
    if (next <= I128_MAX && next >= -I128_MAX - 1n) total = next;
  }
  return total;
}

function fee(notional: bigint, bps: bigint): bigint {
  const magnitude = min((notional * (bps < 0n ? -bps : bps)) / BPS, MAX_FEE);
  return bps < 0n ? -magnitude : magnitude;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
