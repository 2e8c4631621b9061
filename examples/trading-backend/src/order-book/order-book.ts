import type {
  Order,
  OrderBookCommand,
  OrderBookResult,
  OrderId,
  Side,
  Trade,
} from 'nestjs-file-journal/order-book';
import { addOrder } from './admission.js';
import { commandTime, type CommandContext } from './book-clock.js';
import { BookState, type OrderBookOptions } from './book-state.js';
import { marketOrder, marketOrderByAmount } from './market-orders.js';
import {
  cancelAll,
  cancelByPriceRange,
  cancelBySide,
  cancelByUser,
  evictExpiredOrders,
} from './mass-cancel.js';
import { mayHaveChanged } from './rejection.js';
import {
  restoreState,
  snapshotLevel,
  snapshotState,
  type LevelSnapshot,
  type OrderBookSnapshot,
} from './snapshot.js';
import { OID_NAMESPACE, uuidTradeIds, uuidV5 } from './trade-id.js';
import { cancelOrder, updateOrder } from './updates.js';

/**
 * The order book of one symbol: a deterministic state machine that behaves like orderbook-rs 0.12.1. It reads
 * no clock and draws no random numbers, so the commands of a journal give the same results when they are
 * executed again.
 *
 * @example
 * ```ts
 * const book = new OrderBook('BTC-USD');
 * const command = { MarketOrder: { id: '7', quantity: 5n, side: 'BUY' } } as const;
 * const result = book.execute(command, { sequenceNum: 0n, timestampNs });
 * // { Rejected: { reason: 'Insufficient liquidity for BUY order: requested 5, available 0' } }
 * ```
 */
export class OrderBook {
  readonly #state: BookState;

  constructor(symbol: string, options: Partial<OrderBookOptions> = {}) {
    this.#state = new BookState(symbol, withDefaults(symbol, options));
  }

  /**
   * Makes a book from a snapshot. With the same options, the book gives the same results as the original for
   * every further command, and its queues have the same order.
   *
   * @throws RangeError if the snapshot contradicts itself
   */
  static restore(snapshot: OrderBookSnapshot, options: Partial<OrderBookOptions> = {}): OrderBook {
    const book = new OrderBook(snapshot.symbol, options);
    book.restore(snapshot);
    return book;
  }

  /**
   * Executes one command and returns its result, which is `{ Rejected: { reason } }` if the book rejects the
   * command. As in the Rust engine, a rejected command may have changed the book: an update that its new
   * price level cannot hold cancels the order, and an order that finds nothing to trade may drop orders of
   * quantity 0. {@link isRejected} distinguishes these cases.
   *
   * @throws TypeError for an invalid command; the book has not changed
   */
  execute(command: OrderBookCommand, context: CommandContext): OrderBookResult {
    const result = dispatch(this.#state, command, context);
    if (!('Rejected' in result)) this.#state.timestampMs = commandTime(context);
    return result;
  }

  /** Whether a result says that the book did not change. A replay executes all other commands again. */
  isRejected(result: OrderBookResult): boolean {
    return 'RejectedWithCode' in result
      ? !result.RejectedWithCode.may_have_mutated
      : 'Rejected' in result && !mayHaveChanged(result);
  }

  get symbol(): string {
    return this.#state.symbol;
  }

  /** The highest bid price in ticks; null without bids. */
  get bestBid(): bigint | null {
    return this.#state.bids.bestPrice;
  }

  /** The lowest ask price in ticks; null without asks. */
  get bestAsk(): bigint | null {
    return this.#state.asks.bestPrice;
  }

  /** The number of resting orders. */
  get orderCount(): number {
    return this.#state.orderCount;
  }

  /** The last trades, oldest first, up to the option `recentTradeLimit`. */
  get recentTrades(): readonly Trade[] {
    return [...this.#state.recentTrades];
  }

  /** A resting order in its present state; null if it does not rest. */
  order(id: OrderId): Order | null {
    return this.#state.find(id)?.order ?? null;
  }

  /** The levels of one side from the best price, with their orders in queue order. */
  levels(side: Side, depth = Number.POSITIVE_INFINITY): LevelSnapshot[] {
    const levels: LevelSnapshot[] = [];
    for (const level of this.#state.side(side).fromBest()) {
      if (levels.length >= depth) break;
      levels.push(snapshotLevel(level));
    }
    return levels;
  }

  /** A snapshot of the whole state: plain data with `bigint` integers. */
  snapshot(): OrderBookSnapshot {
    return snapshotState(this.#state);
  }

  /**
   * Restores a snapshot of the same symbol into this new book.
   *
   * @throws RangeError if the snapshot contradicts itself or this book; the book is then unusable
   */
  restore(snapshot: OrderBookSnapshot): void {
    if (snapshot.symbol !== this.symbol || this.orderCount > 0) {
      throw new RangeError(`a snapshot of ${snapshot.symbol} does not fit into this book of ${this.symbol}`);
    }
    restoreState(this.#state, snapshot);
  }
}

function withDefaults(symbol: string, options: Partial<OrderBookOptions>): OrderBookOptions {
  return {
    tradeIds: options.tradeIds ?? uuidTradeIds(uuidV5(OID_NAMESPACE, symbol)),
    clock: options.clock ?? commandTime,
    selfTradePrevention: options.selfTradePrevention ?? 'none',
    tickSize: options.tickSize ?? 1n,
    lotSize: options.lotSize ?? 1n,
    fees: options.fees ?? { makerBps: 0n, takerBps: 0n },
    marketCloseMs: options.marketCloseMs ?? null,
    recentTradeLimit: options.recentTradeLimit ?? 100,
    maxTradesPerCommand: options.maxTradesPerCommand ?? 10_000,
  };
}

function dispatch(state: BookState, command: OrderBookCommand, context: CommandContext): OrderBookResult {
  if (command === 'CancelAll') return cancelAll(state);
  if ('AddOrder' in command) return addOrder(state, command.AddOrder, context);
  if ('CancelOrder' in command) return cancelOrder(state, command.CancelOrder);
  if ('UpdateOrder' in command) return updateOrder(state, command.UpdateOrder, context);
  if ('MarketOrder' in command) return marketOrder(state, command.MarketOrder, context);
  if ('MarketOrderByAmount' in command) {
    return marketOrderByAmount(state, command.MarketOrderByAmount, context);
  }
  if ('CancelBySide' in command) return cancelBySide(state, command.CancelBySide.side);
  if ('CancelByUser' in command) return cancelByUser(state, command.CancelByUser.user_id);
  if ('CancelByPriceRange' in command) {
    const { side, min_price: minPrice, max_price: maxPrice } = command.CancelByPriceRange;
    return cancelByPriceRange(state, side, minPrice, maxPrice);
  }
  if ('EvictExpiredOrders' in command) return evictExpiredOrders(state, command.EvictExpiredOrders.now_ms);
  throw new TypeError(`not an order book command: ${Object.keys(command satisfies never).join(', ')}`);
}
