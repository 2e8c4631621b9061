import type { Order, OrderId, Side, Trade } from 'nestjs-file-journal';
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
  /** When DAY orders expire, Unix milliseconds. Default: null, never. */
  readonly marketCloseMs: bigint | null;
  /** How many of the last trades are kept for queries. Default: 100. */
  readonly recentTradeLimit: number;
  /**
   * A command that would take more trades than this is rejected. The Rust engine knows no such limit; to replay a
   * journal of its own that goes beyond, raise it. Default: 10,000.
   */
  readonly maxTradesPerCommand: number;
}

/**
 * What a book knows, and the only ways to change it. No rules: those are in the files that use it. Every change keeps
 * the levels, the index of ids and the index of owners in step.
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

  /** Adds an order at the back of its level. */
  rest(order: Order): void {
    this.owners.add(this.enqueue(order));
  }

  /** Adds an order to its level only; {@link rest} is both. For a restore, where owners have an order of their own. */
  enqueue(order: Order): RestingOrder {
    const { side, price } = fieldsOf(order);
    const resting = this.side(side).atOrCreate(price).append(order);
    this.#byId.set(resting.id, resting);
    return resting;
  }

  /** Takes an order out, and its level when it was the last one there. */
  remove(resting: RestingOrder, gap: OwnerGap = 'close'): void {
    const { level } = resting;
    level.remove(resting);
    if (level.orderCount === 0) this.side(level.side).remove(level);
    this.#byId.delete(resting.id);
    this.owners.remove(resting, gap);
  }

  rememberTrade(trade: Trade): void {
    // A copy, because the result that holds the trade leaves the book.
    this.recentTrades.push({ ...trade });
    if (this.recentTrades.length > this.options.recentTradeLimit) this.recentTrades.shift();
  }
}
