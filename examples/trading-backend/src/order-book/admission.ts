import type { Order, OrderBookResult, Side } from 'nestjs-file-journal/order-book';
import type { CommandContext } from './book-clock.js';
import type { BookState } from './book-state.js';
import { planMatch, quantityBudget, type MatchPlan, type Taker } from './matching.js';
import {
  copyOf,
  fieldsOf,
  hiddenQuantity,
  residualOf,
  totalQuantity,
  visibleQuantity,
} from './order-kinds.js';
import type { RestingOrder } from './price-level.js';
import { reject, type Rejected } from './rejection.js';
import { applyPlan, tradeExecuted } from './trading.js';
import { U64_MAX } from './uint.js';

/** Checks a new order, matches it as far as it crosses the market, and lets the rest of it rest. */
export function addOrder(state: BookState, order: Order, context: CommandContext): OrderBookResult {
  const { id } = fieldsOf(order);
  return (
    checkTotal(order) ??
    (state.isTaken(id) ? reject.duplicateOrderId(id) : null) ??
    checkOrder(state, order, context) ??
    // A copy, because the sender of the command still holds the order.
    enter(state, copyOf(order), null, context)
  );
}

/**
 * Checks whether the book accepts an order in its present state. It looks only at the order and the opposite
 * side, so the answer for a changed order is the same before and after the original is removed.
 */
export function checkOrder(state: BookState, order: Order, context: CommandContext): Rejected | null {
  return (
    checkTotal(order) ??
    checkUser(state, order) ??
    checkSizes(state, order) ??
    checkExpiry(state, order, context) ??
    checkPostOnly(state, order) ??
    checkFillOrKill(state, order)
  );
}

/**
 * Adds a checked order to the book, in place of `replaced` if it is given. As in the Rust engine, a rejection
 * here may follow a change: the replaced order is gone, and empty orders are dropped.
 */
export function enter(
  state: BookState,
  order: Order,
  replaced: RestingOrder | null,
  context: CommandContext,
): OrderBookResult {
  const { id, side, time_in_force: timeInForce } = fieldsOf(order);
  const immediate = timeInForce === 'IOC' || timeInForce === 'FOK';
  const plan = planMatch(state.opposite(side), takerOf(state, order, replaced));
  // This limit belongs to this book, not to the engine, and the book has not changed yet.
  if (plan.tooLong) return reject.tooManyTrades(state.options.maxTradesPerCommand);
  if (replaced !== null) state.remove(replaced);
  const refused =
    // The engine checks once more when it adds a changed order. A clock that counts its readings needs the
    // second one.
    (replaced === null ? null : checkOrder(state, order, context)) ??
    (immediate ? null : checkCapacityBeforeMatch(state, order));
  if (refused !== null) return refused;

  const timestamp = state.nowMs(context);
  const done = applyPlan(state, plan, id, side, timestamp);
  const remaining = totalQuantity(order) - plan.executed;
  if (immediate && plan.executed === 0n && remaining > 0n) {
    return reject.insufficientLiquidity(side, visibleQuantity(order), 0n);
  }
  const residual = immediate || remaining === 0n ? null : residualAfter(order, plan);
  const overfull = residual === null ? null : checkCapacity(state, residual);
  if (overfull !== null) return overfull;
  if (residual !== null) state.rest(residual);
  if (done.trades.length > 0) return tradeExecuted(state, id, done, remaining);
  return replaced === null ? { OrderAdded: { order_id: id } } : { OrderUpdated: { order_id: id } };
}

/** The order that rests after a match. An order that did not trade rests unchanged. */
function residualAfter(order: Order, { executed }: MatchPlan): Order {
  return executed === 0n ? order : residualOf(order, totalQuantity(order) - executed);
}

function takerOf(state: BookState, order: Order, replaced: RestingOrder | null): Taker {
  return {
    limit: fieldsOf(order).price,
    budget: quantityBudget(totalQuantity(order), state.options.lotSize),
    resting: replaced,
    replacesResting: replaced !== null,
    cancelsOrdersOf:
      isAnonymous(order) || state.options.selfTradePrevention === 'none' ? null : fieldsOf(order).user_id,
    maxSteps: state.options.maxTradesPerCommand,
  };
}

function checkTotal(order: Order): Rejected | null {
  return totalQuantity(order) > U64_MAX
    ? reject.quantityOverflow(visibleQuantity(order), hiddenQuantity(order))
    : null;
}

function isAnonymous(order: Order): boolean {
  return /^0*$/.test(fieldsOf(order).user_id);
}

function checkUser(state: BookState, order: Order): Rejected | null {
  if (state.options.selfTradePrevention === 'none' || !isAnonymous(order)) return null;
  return reject.missingUserId(fieldsOf(order).id);
}

function checkSizes(state: BookState, order: Order): Rejected | null {
  const { tickSize, lotSize } = state.options;
  const { price } = fieldsOf(order);
  if (price % tickSize !== 0n) return reject.invalidTickSize(price, tickSize);
  const quantities =
    'IcebergOrder' in order ? [visibleQuantity(order), hiddenQuantity(order)] : [totalQuantity(order)];
  const odd = quantities.find((quantity) => quantity % lotSize !== 0n);
  return odd === undefined ? null : reject.invalidLotSize(odd, lotSize);
}

function checkExpiry(state: BookState, order: Order, context: CommandContext): Rejected | null {
  return hasExpired(order, state.nowMs(context), state.options.marketCloseMs) ? reject.expired() : null;
}

/** The deadline of an order is the first millisecond at which it has expired. */
export function hasExpired(order: Order, nowMs: bigint, marketCloseMs: bigint | null): boolean {
  const timeInForce = fieldsOf(order).time_in_force;
  if (typeof timeInForce === 'object') return nowMs >= timeInForce.GTD;
  return timeInForce === 'DAY' && marketCloseMs !== null && nowMs >= marketCloseMs;
}

function checkPostOnly(state: BookState, order: Order): Rejected | null {
  if (!('PostOnly' in order)) return null;
  const { side, price } = order.PostOnly;
  const best = state.opposite(side).bestPrice;
  return best !== null && crosses(state, side, price) ? reject.priceCrossing(side, price, best) : null;
}

function checkFillOrKill(state: BookState, order: Order): Rejected | null {
  const { side, time_in_force: timeInForce } = fieldsOf(order);
  if (timeInForce !== 'FOK') return null;
  const plan = planMatch(state.opposite(side), takerOf(state, order, null));
  if (plan.tooLong) return reject.tooManyTrades(state.options.maxTradesPerCommand);
  const total = totalQuantity(order);
  return plan.executed < total ? reject.insufficientLiquidity(side, total, plan.executed) : null;
}

/**
 * Rejects an order before it trades if its own level could not hold all of it.
 */
function checkCapacityBeforeMatch(state: BookState, order: Order): Rejected | null {
  const { id, side, price } = fieldsOf(order);
  const level = state.side(side).at(price);
  if (level === undefined || !crosses(state, side, price)) return null;
  const total = level.visibleQuantity + level.hiddenQuantity;
  return total + totalQuantity(order) > U64_MAX ? reject.levelCapacity(id, price) : null;
}

/** The sums of a level are u64 each. */
function checkCapacity(state: BookState, order: Order): Rejected | null {
  const { side, price } = fieldsOf(order);
  const level = state.side(side).at(price);
  if (level === undefined) return null;
  if (level.visibleQuantity + visibleQuantity(order) > U64_MAX) return reject.levelOverflow('visible');
  return level.hiddenQuantity + hiddenQuantity(order) > U64_MAX ? reject.levelOverflow('hidden') : null;
}

function crosses(state: BookState, side: Side, price: bigint): boolean {
  const opposite = state.opposite(side);
  return opposite.bestPrice !== null && opposite.reaches(opposite.bestPrice, price);
}
