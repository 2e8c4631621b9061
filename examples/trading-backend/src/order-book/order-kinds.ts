import type { Order, OrderFields, ReserveOrder, Side } from 'nestjs-file-journal/order-book';
import { min } from './uint.js';

/** What a reserve order without `replenish_amount` moves from hidden to visible at a time, in lots. */
export const DEFAULT_REPLENISH_AMOUNT = 80n;

/** The fields inside the wrapper `{ Standard: … }`, `{ IcebergOrder: … }` and so on. */
export function fieldsOf(order: Order): OrderFields {
  if ('Standard' in order) return order.Standard;
  if ('PostOnly' in order) return order.PostOnly;
  if ('IcebergOrder' in order) return order.IcebergOrder;
  if ('ReserveOrder' in order) return order.ReserveOrder;
  if ('TrailingStop' in order) return order.TrailingStop;
  if ('PeggedOrder' in order) return order.PeggedOrder;
  return order.MarketToLimit;
}

/** What others see and can take at once; for a kind with one quantity, all of it. */
export function visibleQuantity(order: Order): bigint {
  if ('Standard' in order) return order.Standard.quantity;
  if ('PostOnly' in order) return order.PostOnly.quantity;
  if ('IcebergOrder' in order) return order.IcebergOrder.visible_quantity;
  if ('ReserveOrder' in order) return order.ReserveOrder.visible_quantity;
  if ('TrailingStop' in order) return order.TrailingStop.quantity;
  if ('PeggedOrder' in order) return order.PeggedOrder.quantity;
  return order.MarketToLimit.quantity;
}

/** What waits behind the visible quantity: iceberg and reserve orders only. */
export function hiddenQuantity(order: Order): bigint {
  if ('IcebergOrder' in order) return order.IcebergOrder.hidden_quantity;
  if ('ReserveOrder' in order) return order.ReserveOrder.hidden_quantity;
  return 0n;
}

/** Visible and hidden together. May exceed u64 for an order that was not admitted. */
export function totalQuantity(order: Order): bigint {
  return visibleQuantity(order) + hiddenQuantity(order);
}

export function copyOf(order: Order): Order {
  return rewrap(order, {});
}

/** A copy at another price. */
export function withPrice(order: Order, price: bigint): Order {
  return rewrap(order, { price });
}

/** A copy on a side. */
export function withSide(order: Order, side: Side): Order {
  return rewrap(order, { side });
}

/** A copy with another visible quantity; the hidden quantity stays. */
export function withVisibleQuantity(order: Order, quantity: bigint): Order {
  return 'IcebergOrder' in order || 'ReserveOrder' in order
    ? rewrap(order, { visible_quantity: quantity })
    : rewrap(order, { quantity });
}

/**
 * A copy as `UpdatePriceAndQuantity` makes it: the visible quantity is set, except that for a reserve order
 * the number is what visible and hidden shall be together, and only ever makes the order smaller.
 */
export function withUpdatedQuantity(order: Order, quantity: bigint): Order {
  if (!('ReserveOrder' in order)) return withVisibleQuantity(order, quantity);
  return quantity >= totalQuantity(order) ? order : shrunkReserve(order, quantity);
}

/** A copy with other visible and hidden quantities. Only for kinds that hide. */
function withTranches(order: Order, visible: bigint, hidden: bigint): Order {
  return rewrap(order, { visible_quantity: visible, hidden_quantity: hidden });
}

/** What a taker does to one resting order. */
export interface MakerFill {
  /** Quantity that trades. 0 when the order only turns hidden quantity over, or holds nothing. */
  readonly consumed: bigint;
  /** The order that stays, or null when it is gone. */
  readonly left: Order | null;
  /** Quantity that moved from hidden to visible. More than 0 costs the order its place in the queue. */
  readonly replenished: bigint;
}

/**
 * Takes up to `incoming` from the visible quantity of a resting order and replenishes it as its kind does.
 */
export function fillMaker(order: Order, incoming: bigint): MakerFill {
  const visible = visibleQuantity(order);
  const consumed = min(visible, incoming);
  if ('IcebergOrder' in order) {
    return fillIceberg(order, visible - consumed, hiddenQuantity(order), visible, consumed);
  }
  if ('ReserveOrder' in order) return fillReserve(order, visible - consumed, consumed);
  const left = visible - consumed;
  return { consumed, left: left === 0n ? null : withVisibleQuantity(order, left), replenished: 0n };
}

function fillIceberg(
  order: Order,
  visibleLeft: bigint,
  hidden: bigint,
  displaySize: bigint,
  consumed: bigint,
): MakerFill {
  if (visibleLeft > 0n) return { consumed, left: withTranches(order, visibleLeft, hidden), replenished: 0n };
  if (hidden === 0n) return { consumed, left: null, replenished: 0n };
  // The next tranche is as large as the one before. An iceberg that shows nothing has no size to repeat and
  // comes out whole; otherwise it would turn over 0 for ever.
  const tranche = displaySize === 0n ? hidden : min(hidden, displaySize);
  return { consumed, left: withTranches(order, tranche, hidden - tranche), replenished: tranche };
}

function fillReserve(
  order: { ReserveOrder: ReserveOrder },
  visibleLeft: bigint,
  consumed: bigint,
): MakerFill {
  const reserve = order.ReserveOrder;
  const hidden = reserve.hidden_quantity;
  const threshold = reserve.replenish_threshold === 0n ? 1n : reserve.replenish_threshold;
  if (reserve.auto_replenish && hidden > 0n && visibleLeft < threshold) {
    const tranche = min(reserve.replenish_amount ?? DEFAULT_REPLENISH_AMOUNT, hidden);
    return {
      consumed,
      left: withTranches(order, visibleLeft + tranche, hidden - tranche),
      replenished: tranche,
    };
  }
  // Without automatic replenishment an emptied reserve order leaves the book, and what it hid is lost with
  // it.
  if (visibleLeft === 0n) return { consumed, left: null, replenished: 0n };
  return { consumed, left: withTranches(order, visibleLeft, hidden), replenished: 0n };
}

/**
 * What of an order rests after it traded as a taker and `remaining` (visible and hidden together) is left. An
 * iceberg shows its display size again, as far as that reaches; a reserve order loses visible quantity first.
 */
export function residualOf(order: Order, remaining: bigint): Order {
  if ('IcebergOrder' in order) {
    const visible = min(order.IcebergOrder.visible_quantity, remaining);
    return withTranches(order, visible, remaining - visible);
  }
  return 'ReserveOrder' in order ? shrunkReserve(order, remaining) : withVisibleQuantity(order, remaining);
}

/**
 * A reserve order with `total` of visible and hidden left. Shows its explicit amount again once nothing is
 * visible, be it automatic or not; without an amount it shows nothing. (As a maker it follows its threshold
 * and flag instead: see {@link fillMaker}. Both are what the Rust engine does.)
 */
function shrunkReserve(order: { ReserveOrder: ReserveOrder }, total: bigint): Order {
  const reserve = order.ReserveOrder;
  const hidden = min(reserve.hidden_quantity, total);
  const visible = total - hidden;
  const shown = visible === 0n ? min(reserve.replenish_amount ?? 0n, hidden) : 0n;
  return withTranches(order, visible + shown, hidden - shown);
}

/** The same kind of order with some fields replaced; the order of the fields, and so the JSON text, stays. */
function rewrap(order: Order, change: Readonly<Record<string, bigint | Side>>): Order {
  const [[kind, fields]] = Object.entries(order) as [[string, object]];
  // One wrapper key in, the same key out, and callers only name fields of that kind.
  return { [kind]: { ...fields, ...change } } as unknown as Order;
}
