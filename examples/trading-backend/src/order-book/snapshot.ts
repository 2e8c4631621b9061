import type { Order, OrderId, Side, Trade, UserId } from 'nestjs-file-journal/order-book';
import type { BookState } from './book-state.js';
import { fieldsOf } from './order-kinds.js';
import type { PriceLevel, RestingOrder } from './price-level.js';

/**
 * One price level in the form of a snapshot of the Rust engine, without its statistics, which a replay cannot
 * restore.
 */
export interface LevelSnapshot {
  /** In ticks, u128. */
  readonly price: bigint;
  /** Sum over the orders, in lots. */
  readonly visible_quantity: bigint;
  /** Sum over the orders, in lots. */
  readonly hidden_quantity: bigint;
  readonly order_count: bigint;
  /** In the order in which takers consume them. */
  readonly orders: readonly Order[];
}

/**
 * A whole book: the content of a snapshot of the Rust engine, and under `engine` the state that is needed to
 * continue.
 */
export interface OrderBookSnapshot {
  readonly symbol: string;
  /** The time of the last command that was not rejected, in Unix milliseconds. */
  readonly timestamp: bigint;
  /** From the highest price. */
  readonly bids: readonly LevelSnapshot[];
  /** From the lowest price. */
  readonly asks: readonly LevelSnapshot[];
  readonly engine: EngineSnapshot;
}

/** The state of a book besides its levels. */
export interface EngineSnapshot {
  /** The number of the next trade result. */
  readonly engine_seq: bigint;
  /** The number of the next trade. */
  readonly trade_index: bigint;
  /** Oldest first. */
  readonly recent_trades: readonly Trade[];
  /** The orders of every owner in the order in which a mass cancel reports them. */
  readonly owners: readonly { readonly user_id: UserId; readonly order_ids: readonly OrderId[] }[];
  /**
   * Orders that takers found empty. They are gone, but their ids stay taken. Absent in snapshots of earlier
   * versions.
   */
  readonly dropped?: readonly { readonly id: OrderId; readonly price: bigint }[];
}

export function snapshotState(state: BookState): OrderBookSnapshot {
  return {
    symbol: state.symbol,
    timestamp: state.timestampMs,
    bids: Array.from(state.bids.fromBest(), snapshotLevel),
    asks: Array.from(state.asks.fromBest(), snapshotLevel),
    engine: {
      engine_seq: state.engineSeq,
      trade_index: state.tradeIndex,
      recent_trades: [...state.recentTrades],
      owners: Array.from(state.owners.owners(), (userId) => ({
        user_id: userId,
        order_ids: Array.from(state.owners.ordersOf(userId), ({ id }) => id),
      })),
      dropped: Array.from(state.dropped, ([id, price]) => ({ id, price })),
    },
  };
}

export function snapshotLevel(level: PriceLevel): LevelSnapshot {
  return {
    price: level.price,
    visible_quantity: level.visibleQuantity,
    hidden_quantity: level.hiddenQuantity,
    order_count: BigInt(level.orderCount),
    orders: Array.from(level, ({ order }) => order),
  };
}

/**
 * Fills an empty book.
 *
 * @throws RangeError if the snapshot contradicts itself
 */
export function restoreState(state: BookState, stored: OrderBookSnapshot): void {
  const snapshot = withBigints(stored) as OrderBookSnapshot;
  state.timestampMs = snapshot.timestamp;
  state.engineSeq = snapshot.engine.engine_seq;
  state.tradeIndex = snapshot.engine.trade_index;
  for (const trade of snapshot.engine.recent_trades) state.rememberTrade(trade);
  const resting = new Set<RestingOrder>();
  restoreSide(state, 'BUY', snapshot.bids, resting);
  restoreSide(state, 'SELL', snapshot.asks, resting);
  for (const { id, price } of snapshot.engine.dropped ?? []) {
    if (state.isTaken(id)) throw contradiction(`order ${id} rests, and is dropped`);
    state.rememberDropped(id, price);
  }
  restoreOwners(state, snapshot.engine.owners, resting);
}

function restoreSide(
  state: BookState,
  side: Side,
  levels: readonly LevelSnapshot[],
  resting: Set<RestingOrder>,
): void {
  for (const level of levels) {
    for (const order of level.orders) {
      const { id, side: ownSide, price } = fieldsOf(order);
      if (ownSide !== side || price !== level.price)
        throw contradiction(`order ${id} is at a place not its own`);
      if (state.find(id) !== null) throw contradiction(`order ${id} is there twice`);
      resting.add(state.enqueue(order));
    }
    checkSums(level, state.side(side).at(level.price));
  }
}

function checkSums(stored: LevelSnapshot, level: PriceLevel | undefined): void {
  if (
    level?.visibleQuantity !== stored.visible_quantity ||
    level.hiddenQuantity !== stored.hidden_quantity ||
    BigInt(level.orderCount) !== stored.order_count
  ) {
    throw contradiction(`the sums at price ${stored.price} are not those of its orders`);
  }
}

function restoreOwners(
  state: BookState,
  owners: EngineSnapshot['owners'],
  withoutOwner: Set<RestingOrder>,
): void {
  for (const { user_id: userId, order_ids: ids } of owners) {
    for (const id of ids) {
      if (state.dropped.has(id)) {
        state.owners.add({ id, userId });
        continue;
      }
      const order = state.find(id);
      if (order?.userId !== userId || !withoutOwner.delete(order)) {
        throw contradiction(`order ${id} is not an order of ${userId}`);
      }
      state.owners.add(order);
    }
  }
  for (const { id } of withoutOwner) throw contradiction(`order ${id} is missing among those of its owner`);
}

function contradiction(fact: string): RangeError {
  return new RangeError(`the order book snapshot contradicts itself: ${fact}`);
}

/**
 * Converts every integer to the `bigint` that the book needs, because a store that keeps snapshots as JSON
 * may return small ones as `number`. What applications add to orders does not change.
 */
function withBigints(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(withBigints);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [
      key,
      key === 'extra_fields' ? item : withBigints(item),
    ]),
  );
}
