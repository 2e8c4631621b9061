import type { Order, OrderFields, ReserveOrder, Side } from 'nestjs-file-journal/order-book';
import { min } from './uint.js';

/**
 * The quantity that a reserve order without `replenish_amount` moves from hidden to visible at a time, in
 * lots.
 */
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

/** The quantity that others see and can take at once. For a kind with one quantity, that quantity. */
export function visibleQuantity(order: Order): bigint {
  if ('Standard' in order) return order.Standard.quantity;
  if ('PostOnly' in order) return order.PostOnly.quantity;
  if ('IcebergOrder' in order) return order.IcebergOrder.visible_quantity;
  if ('ReserveOrder' in order) return order.ReserveOrder.visible_quantity;
  if ('TrailingStop' in order) return order.TrailingStop.quantity;
  if ('PeggedOrder' in order) return order.PeggedOrder.quantity;
  return order.MarketToLimit.quantity;
}

/** The quantity behind the visible one; only iceberg and reserve orders have it. */
export function hiddenQuantity(order: Order): bigint {
  if ('IcebergOrder' in order) return order.IcebergOrder.hidden_quantity;
  if ('ReserveOrder' in order) return order.ReserveOrder.hidden_quantity;
  return 0n;
}

/** The sum of visible and hidden quantity. It may exceed a u64 for an order that was not admitted. */
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
 * A copy with the change of `UpdatePriceAndQuantity`, which sets the visible quantity. For a reserve order
 * the number is the sum of visible and hidden quantity, and can only make the order smaller.
 */
export function withUpdatedQuantity(order: Order, quantity: bigint): Order {
  if (!('ReserveOrder' in order)) return withVisibleQuantity(order, quantity);
  return quantity >= totalQuantity(order) ? order : shrunkReserve(order, quantity);
}

/** A copy with other visible and hidden quantities. Only for kinds with a hidden quantity. */
function withTranches(order: Order, visible: bigint, hidden: bigint): Order {
  return rewrap(order, { visible_quantity: visible, hidden_quantity: hidden });
}

/** The effect of a taker on one resting order. */
export interface MakerFill {
  /** The quantity that trades; 0 if the order only moves hidden quantity, or is empty. */
  readonly consumed: bigint;
  /** The order that stays; null if it is gone. */
  readonly left: Order | null;
  /**
   * The quantity that moved from hidden to visible. If it is more than 0, the order loses its place in the
   * queue.
   */
  readonly replenished: bigint;
}

/**
 * Takes up to `incoming` from the visible quantity of a resting order, and replenishes the order by the rule
 * of its kind.
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
  // The next tranche is as large as the last one. An iceberg that shows nothing has no size to repeat, so it
  // shows its whole quantity; otherwise it would replenish 0 forever.
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
  // Without automatic replenishment an empty reserve order leaves the book, together with its hidden
  // quantity.
  if (visibleLeft === 0n) return { consumed, left: null, replenished: 0n };
  return { consumed, left: withTranches(order, visibleLeft, hidden), replenished: 0n };
}

/**
 * The order that rests after it traded as a taker, with `remaining` as the sum of visible and hidden
 * quantity. An iceberg shows its display size again, up to what remains. A reserve order loses visible
 * quantity first.
 */
export function residualOf(order: Order, remaining: bigint): Order {
  if ('IcebergOrder' in order) {
    const visible = min(order.IcebergOrder.visible_quantity, remaining);
    return withTranches(order, visible, remaining - visible);
  }
  return 'ReserveOrder' in order ? shrunkReserve(order, remaining) : withVisibleQuantity(order, remaining);
}

/**
 * A reserve order with `total` as the sum of visible and hidden quantity. Once nothing is visible, it shows
 * its explicit amount again, whether it replenishes automatically or not. Without an amount it shows nothing.
 * As a maker it follows its threshold and its flag instead; see {@link fillMaker}. The Rust engine does both.
 */
function shrunkReserve(order: { ReserveOrder: ReserveOrder }, total: bigint): Order {
  const reserve = order.ReserveOrder;
  const hidden = min(reserve.hidden_quantity, total);
  const visible = total - hidden;
  const shown = visible === 0n ? min(reserve.replenish_amount ?? 0n, hidden) : 0n;
  return withTranches(order, visible + shown, hidden - shown);
}

/**
 * The same kind of order with some fields replaced. The order of the fields does not change, nor does the
 * JSON text.
 */
function rewrap(order: Order, change: Readonly<Record<string, bigint | Side>>): Order {
  const [[kind, fields]] = Object.entries(order) as [[string, object]];
  // The wrapper key stays the same, and callers name only fields of that kind.
  return { [kind]: { ...fields, ...change } } as unknown as Order;
}
