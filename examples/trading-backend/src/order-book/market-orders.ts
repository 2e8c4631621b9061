import type { MarketOrder, MarketOrderByAmount, OrderBookResult } from 'nestjs-file-journal/order-book';
import type { CommandContext } from './book-clock.js';
import type { BookState } from './book-state.js';
import { amountBudget, planMatch, quantityBudget } from './matching.js';
import { reject } from './rejection.js';
import { applyPlan, tradeExecuted } from './trading.js';

/** Takes up to a quantity at any price. */
export function marketOrder(state: BookState, order: MarketOrder, context: CommandContext): OrderBookResult {
  const { id, side, quantity } = order;
  const timestamp = state.nowMs(context);
  const plan = planMatch(state.opposite(side), {
    limit: null,
    budget: quantityBudget(quantity, state.options.lotSize),
    resting: state.find(id),
    replacesResting: false,
    // A market order names no user.
    cancelsOrdersOf: null,
    maxSteps: state.options.maxTradesPerCommand,
  });
  if (plan.tooLong) return reject.tooManyTrades(state.options.maxTradesPerCommand);
  // Before the rejection, because the plan may drop empty orders.
  const done = applyPlan(state, plan, id, side, timestamp);
  if (done.trades.length === 0) return reject.insufficientLiquidity(side, quantity, 0n);
  return tradeExecuted(state, id, done, quantity - plan.executed);
}

/** Takes whole lots for at most a value (price × quantity), at any price. */
export function marketOrderByAmount(
  state: BookState,
  order: MarketOrderByAmount,
  context: CommandContext,
): OrderBookResult {
  const { id, side, amount } = order;
  const timestamp = state.nowMs(context);
  const plan = planMatch(state.opposite(side), {
    limit: null,
    budget: amountBudget(amount, state.options.lotSize),
    resting: state.find(id),
    replacesResting: false,
    // A market order names no user.
    cancelsOrdersOf: null,
    maxSteps: state.options.maxTradesPerCommand,
  });
  if (plan.tooLong) return reject.tooManyTrades(state.options.maxTradesPerCommand);
  const done = applyPlan(state, plan, id, side, timestamp);
  if (done.trades.length === 0) return reject.insufficientLiquidityByAmount(side, amount);
  // The order is measured in value, not in lots. So no quantity remains, whatever value it leaves unspent.
  return tradeExecuted(state, id, done, 0n);
}
