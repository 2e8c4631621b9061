import type { Order, OrderId, Side, Trade } from 'nestjs-file-journal/order-book';
import { BookSide } from './book-side.js';
import type { BookClock, CommandContext } from './book-clock.js';
import { fieldsOf } from './order-kinds.js';
import { OwnerIndex, type OwnerGap } from './owner-index.js';
import type { RestingOrder } from './price-level.js';
import type { TradeIdGenerator } from './trade-id.js';

/** What a book is made with. */
export interface OrderBookOptions {
  /** Names its trades. Default: UUIDs in a namespace that follows from the symbol. */
  readonly tradeIds: TradeIdGenerator;
  /** The time on trades and for deadlines. Default: the time of the command. */
  readonly clock: BookClock;
  /** Fees in hundredths of a percent of price × quantity; negative is a rebate. Default: none. */
  readonly fees: { readonly makerBps: bigint; readonly takerBps: bigint };
  /**
   * What happens to resting orders that an order of the same user would meet. `cancel-maker` cancels them,
   * price by price, before it trades; an order without a user is refused then. Default: `none`. The other
   * modes of the Rust engine are not supported.
   */
  readonly selfTradePrevention: 'none' | 'cancel-maker';
  /** Prices are multiples of this. Default: 1. */
  readonly tickSize: bigint;
  /** Quantities are multiples of this, and so is what trades at a price. Default: 1. */
  readonly lotSize: bigint;
  /** When DAY orders expire, Unix milliseconds. Default: null, never. */
  readonly marketCloseMs: bigint | null;
  /** How many of the last trades are kept for queries. Default: 100. */
  readonly recentTradeLimit: number;
  /**
   * A command that would take more trades than this is rejected. The Rust engine knows no such limit; to
   * replay a journal of its own that goes beyond, raise it. Default: 10,000.
   */
  readonly maxTradesPerCommand: number;
}

/**
 * What a book knows, and the only ways to change it. No rules: those are in the files that use it. Every
 * change keeps the levels, the index of ids and the index of owners in step.
 */
export class BookState {
  readonly bids = new BookSide('BUY');
  readonly asks = new BookSide('SELL');
  /** Number of the next trade result. */
  engineSeq = 0n;
  /** Number of the next trade. */
  tradeIndex = 0n;
  /** Time of the last command, Unix milliseconds. */
  timestampMs = 0n;
  /** Newest last. */
  readonly recentTrades: Trade[] = [];

  readonly owners = new OwnerIndex();
  readonly #byId = new Map<OrderId, RestingOrder>();
  /** Price of every order that {@link drop} took out. */
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

  /** The orders that were dropped and not forgotten since, with their prices. */
  get dropped(): ReadonlyMap<OrderId, bigint> {
    return this.#dropped;
  }

  /**
   * Takes an order out that had nothing left to trade when a taker met it. The Rust engine keeps it in its
   * indexes: its id stays taken, and it keeps its place among the orders of its owner.
   */
  drop(resting: RestingOrder): void {
    this.#takeOut(resting);
    this.#dropped.set(resting.id, resting.level.price);
  }

  /** As if an order had been dropped at this price; for a restore. */
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
   * Adds an order to its level only; {@link rest} is both. For a restore, where owners have an order of their
   * own.
   */
  enqueue(order: Order): RestingOrder {
    const { side, price } = fieldsOf(order);
    const resting = this.side(side).atOrCreate(price).append(order);
    this.#byId.set(resting.id, resting);
    return resting;
  }

  /** Takes an order out, and its level when it was the last one there. */
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
