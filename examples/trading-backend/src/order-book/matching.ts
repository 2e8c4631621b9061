import type { Order, UserId } from 'nestjs-file-journal/order-book';
import type { BookSide } from './book-side.js';
import { fillMaker, visibleQuantity, type MakerFill } from './order-kinds.js';
import type { PriceLevel, RestingOrder } from './price-level.js';
import { min, saturatingSub, U64_MAX } from './uint.js';

/** One step of a match: the effect of one visit of a taker to one resting order. */
export interface MatchStep extends MakerFill {
  readonly maker: RestingOrder;
  /** Whether the maker is cancelled because it belongs to the user of the taker; then nothing trades. */
  readonly isSelfTrade: boolean;
}

/** The effect of a taker on the book, step by step, before it is applied. */
export interface MatchPlan {
  readonly steps: readonly MatchStep[];
  /** Sum of the quantities that trade, in lots. */
  readonly executed: bigint;
  /** Whether the plan ends early because it has too many steps. Such a plan must not be applied. */
  readonly tooLong: boolean;
}

/** How much a taker may still take at a price. */
export interface TakerBudget {
  /** The largest quantity that it takes at this price, in lots; 0 ends the match. */
  quantityAt(price: bigint): bigint;
  spend(quantity: bigint, price: bigint): void;
}

/** A taker with a quantity. */
export function quantityBudget(quantity: bigint, lotSize: bigint): TakerBudget {
  let left = quantity;
  return {
    quantityAt: () => left - (left % lotSize),
    spend: (spent) => {
      left = saturatingSub(left, spent);
    },
  };
}

/** A taker that trades for a value (price × quantity). */
export function amountBudget(amount: bigint, lotSize: bigint): TakerBudget {
  let left = amount;
  return {
    quantityAt: (price) => {
      const quantity = price === 0n ? 0n : min(left / price, U64_MAX);
      return quantity - (quantity % lotSize);
    },
    spend: (spent, price) => {
      left = saturatingSub(left, spent * price);
    },
  };
}

/** The taker and its limits. */
export interface Taker {
  /** The worst price that it accepts, in ticks; null for any price. */
  readonly limit: bigint | null;
  readonly budget: TakerBudget;
  /** A resting order with the id of the taker; null if there is none. */
  readonly resting: RestingOrder | null;
  /** Whether the taker replaces `resting`, as in an update. The match then ignores `resting`. */
  readonly replacesResting: boolean;
  /** The user whose resting orders are cancelled by self-trade prevention; null without it. */
  readonly cancelsOrdersOf: UserId | null;
  /** The largest number of steps of its plan. */
  readonly maxSteps: number;
}

/**
 * Walks one side from its best price and returns the effect of the taker. The function is pure, and a plan is
 * applied as a whole or discarded. So a fill-or-kill order can be rejected, and no match fails halfway.
 *
 * @param side the side that the taker takes from
 */
export function planMatch(side: BookSide, taker: Taker): MatchPlan {
  const steps: MatchStep[] = [];
  let executed = 0n;
  for (const level of side.fromBest()) {
    if (taker.limit !== null && !side.reaches(level.price, taker.limit)) break;
    const quantity = taker.budget.quantityAt(level.price);
    if (quantity === 0n) break;
    const taken = planLevel(level, quantity, taker, steps);
    taker.budget.spend(taken, level.price);
    executed += taken;
    if (steps.length > taker.maxSteps) break;
  }
  return { steps, executed, tooLong: steps.length > taker.maxSteps };
}

/** Adds the steps at one level to `steps`. Returns the quantity that trades. */
function planLevel(level: PriceLevel, quantity: bigint, taker: Taker, steps: MatchStep[]): bigint {
  // A taker never matches itself: a market order with the id of an order that rests here takes nothing at
  // this level.
  if (taker.resting?.level === level && !taker.replacesResting) return 0n;

  let remaining = quantity;
  let visible = level.visibleQuantity;
  const isSelf = ({ userId }: RestingOrder) => userId === taker.cancelsOrdersOf;
  for (const maker of level) {
    if (!isSelf(maker)) continue;
    visible -= visibleQuantity(maker.order);
    steps.push({ maker, isSelfTrade: true, consumed: 0n, left: null, replenished: 0n });
  }
  /** Orders that showed a new tranche and therefore went to the back of the queue. */
  const toBack: { maker: RestingOrder; order: Order }[] = [];
  const queue = frontToBack(level, toBack);
  // An iceberg that shows 1 of 10^18 would occupy a large taker, and the whole backend, for years.
  while (remaining > 0n && steps.length <= taker.maxSteps) {
    const next = queue.next();
    if (next.done === true) break;
    const { maker, order } = next.value;
    if (maker === taker.resting || isSelf(maker)) continue;
    const fill = fillMaker(order, remaining);
    const visibleAfter = visible - fill.consumed + fill.replenished;
    // The visible sum of the level is a u64. An order that would exceed it, and all orders behind it, cannot
    // be reached.
    if (fill.replenished > 0n && visibleAfter > U64_MAX) break;
    visible = visibleAfter;
    remaining -= fill.consumed;
    steps.push({ maker, isSelfTrade: false, ...fill });
    if (fill.left !== null && fill.replenished > 0n) toBack.push({ maker, order: fill.left });
  }
  return quantity - remaining;
}

/** The queue as the taker meets it: the resting orders, then those that went to the back in the meantime. */
function* frontToBack(
  level: PriceLevel,
  toBack: readonly { maker: RestingOrder; order: Order }[],
): Generator<{ maker: RestingOrder; order: Order }, undefined, undefined> {
  for (const maker of level) yield { maker, order: maker.order };
  for (let index = 0; index < toBack.length; index++) {
    const again = toBack[index];
    if (again !== undefined) yield again;
  }
}
