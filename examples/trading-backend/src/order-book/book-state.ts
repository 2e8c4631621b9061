import type { Order, OrderId, Side, Trade } from 'nestjs-file-journal/order-book';
import { BookSide } from './book-side.js';
import type { BookClock, CommandContext } from './book-clock.js';
import { fieldsOf } from './order-kinds.js';
import { OwnerIndex, type OwnerGap } from './owner-index.js';
import type { RestingOrder } from './price-level.js';
import type { TradeIdGenerator } from './trade-id.js';

/** Options of a book. */
export interface OrderBookOptions {
  /** Makes the ids of its trades. Default: UUIDs in a namespace that is derived from the symbol. */
  readonly tradeIds: TradeIdGenerator;
  /** The clock for trades and deadlines. Default: the time of the command. */
  readonly clock: BookClock;
  /** Fees in hundredths of a percent of price × quantity; a negative fee is a rebate. Default: none. */
  readonly fees: { readonly makerBps: bigint; readonly takerBps: bigint };
  /**
   * Self-trade prevention: what happens to resting orders that an order of the same user would match.
   * `cancel-maker` cancels them, price by price, before the order trades; it rejects an order without a user.
   * Default: `none`. The other modes of the Rust engine are not supported.
   */
  readonly selfTradePrevention: 'none' | 'cancel-maker';
  /** Prices are multiples of this. Default: 1. */
  readonly tickSize: bigint;
  /** Quantities are multiples of this, and so are the trades at a price. Default: 1. */
  readonly lotSize: bigint;
  /** The time when DAY orders expire, in Unix milliseconds. Default: null, never. */
  readonly marketCloseMs: bigint | null;
  /** The number of last trades to keep for queries. Default: 100. */
  readonly recentTradeLimit: number;
  /**
   * The book rejects a command that would make more trades than this. The Rust engine has no such limit;
   * raise it to replay a journal of that engine that exceeds it. Default: 10,000.
   */
  readonly maxTradesPerCommand: number;
}

/**
 * The state of a book, and the only ways to change it. The rules are in the files that use it. Every change
 * keeps the levels, the index of ids and the index of owners consistent.
 */
export class BookState {
  readonly bids = new BookSide('BUY');
  readonly asks = new BookSide('SELL');
  /** The number of the next trade result. */
  engineSeq = 0n;
  /** The number of the next trade. */
  tradeIndex = 0n;
  /** The time of the last command, in Unix milliseconds. */
  timestampMs = 0n;
  /** Newest last. */
  readonly recentTrades: Trade[] = [];

  readonly owners = new OwnerIndex();
  readonly #byId = new Map<OrderId, RestingOrder>();
  /** The price of every order that {@link drop} removed. */
  readonly #dropped = new Map<OrderId, bigint>();

  constructor(
    readonly symbol: string,
    readonly options: OrderBookOptions,
  ) {}

  get orderCount(): number {
    return this.#byId.size;
  }

  nowMs(context: CommandContext): bigint {
    return this.options.clock(context);
  }

  side(side: Side): BookSide {
    return side === 'BUY' ? this.bids : this.asks;
  }

  opposite(side: Side): BookSide {
    return side === 'BUY' ? this.asks : this.bids;
  }

  find(id: OrderId): RestingOrder | null {
    return this.#byId.get(id) ?? null;
  }

  /** Whether an order with this id would be a duplicate. */
  isTaken(id: OrderId): boolean {
    return this.#byId.has(id) || this.#dropped.has(id);
  }

  /** The dropped orders whose ids are still taken, with their prices. */
  get dropped(): ReadonlyMap<OrderId, bigint> {
    return this.#dropped;
  }

  /**
   * Drops an order that was empty when a taker met it. The Rust engine keeps it in its indexes: its id stays
   * taken, and it keeps its place among the orders of its owner.
   */
  drop(resting: RestingOrder): void {
    this.#takeOut(resting);
    this.#dropped.set(resting.id, resting.level.price);
  }

  /** Marks an order as dropped at this price, for a restore. */
  rememberDropped(id: OrderId, price: bigint): void {
    this.#dropped.set(id, price);
  }

  /** Frees the ids of dropped orders, and their places. */
  forgetDropped(): void {
    this.#dropped.clear();
    for (const userId of [...this.owners.owners()]) this.owners.forget(userId);
  }

  /** Adds an order at the back of its level. */
  rest(order: Order): void {
    this.owners.add(this.enqueue(order));
  }

  /**
   * Adds an order to its level only; {@link rest} does both. For a restore, which fills the lists of the
   * owners separately.
   */
  enqueue(order: Order): RestingOrder {
    const { side, price } = fieldsOf(order);
    const resting = this.side(side).atOrCreate(price).append(order);
    this.#byId.set(resting.id, resting);
    return resting;
  }

  /** Removes an order, and its level if it was the last one there. */
  remove(resting: RestingOrder, gap: OwnerGap = 'close'): void {
    this.#takeOut(resting);
    this.owners.remove(resting, gap);
  }

  #takeOut(resting: RestingOrder): void {
    const { level } = resting;
    level.remove(resting);
    if (level.orderCount === 0) this.side(level.side).remove(level);
    this.#byId.delete(resting.id);
  }

  rememberTrade(trade: Trade): void {
    // A copy, because the result that holds the trade leaves the book.
    this.recentTrades.push({ ...trade });
    if (this.recentTrades.length > this.options.recentTradeLimit) this.recentTrades.shift();
  }
}
