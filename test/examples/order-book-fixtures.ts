import type {
  Order,
  OrderBookCommand,
  OrderBookResult,
  Side,
  TimeInForce,
  Trade,
} from '../../src/order-book/index.js';
import { OrderBook, type OrderBookOptions } from '../../examples/trading-backend/src/order-book/index.js';

export const ALICE = 'a'.repeat(64);
export const BOB = 'b'.repeat(64);

export interface Terms {
  readonly user?: string;
  readonly timeInForce?: TimeInForce;
}

function common(id: string, side: Side, price: bigint, { user = ALICE, timeInForce = 'GTC' }: Terms) {
  return {
    id,
    price,
    side,
    user_id: user,
    timestamp: 1_700_000_000_000n,
    time_in_force: timeInForce,
    extra_fields: null,
  };
}

export function standard(id: string, side: Side, price: bigint, quantity: bigint, terms: Terms = {}): Order {
  return { Standard: { ...common(id, side, price, terms), quantity } };
}

export function postOnly(id: string, side: Side, price: bigint, quantity: bigint, terms: Terms = {}): Order {
  return { PostOnly: { ...common(id, side, price, terms), quantity } };
}

export function iceberg(
  id: string,
  side: Side,
  price: bigint,
  [visible, hidden]: readonly [bigint, bigint],
  terms: Terms = {},
): Order {
  return {
    IcebergOrder: { ...common(id, side, price, terms), visible_quantity: visible, hidden_quantity: hidden },
  };
}

export interface Replenishment {
  readonly threshold?: bigint;
  readonly amount?: bigint | null;
  readonly auto?: boolean;
}

export function reserve(
  id: string,
  side: Side,
  price: bigint,
  [visible, hidden]: readonly [bigint, bigint],
  { threshold = 5n, amount = 20n, auto = true }: Replenishment = {},
): Order {
  return {
    ReserveOrder: {
      ...common(id, side, price, {}),
      visible_quantity: visible,
      hidden_quantity: hidden,
      replenish_threshold: threshold,
      replenish_amount: amount,
      auto_replenish: auto,
    },
  };
}

/** A book that gives every command the next sequence and the next millisecond after `startMs`. */
export class Desk {
  readonly book: OrderBook;
  #sequenceNum = 0n;
  #nowMs: bigint;

  constructor(options: Partial<OrderBookOptions> = {}, startMs = 1_000n) {
    this.book = new OrderBook('BTC-USD', options);
    this.#nowMs = startMs;
  }

  execute(command: OrderBookCommand): OrderBookResult {
    return this.book.execute(command, {
      sequenceNum: this.#sequenceNum++,
      timestampNs: this.#nowMs++ * 1_000_000n,
    });
  }

  add(...orders: Order[]): OrderBookResult[] {
    return orders.map((order) => this.execute({ AddOrder: order }));
  }

  buy(quantity: bigint): OrderBookResult {
    return this.execute({ MarketOrder: { id: 'taker', quantity, side: 'BUY' } });
  }

  sell(quantity: bigint): OrderBookResult {
    return this.execute({ MarketOrder: { id: 'taker', quantity, side: 'SELL' } });
  }

  /** `id×visible+hidden`, best price first, in the order of the queues. */
  queue(side: Side): string[] {
    return this.book
      .levels(side)
      .flatMap(({ price, orders }) => orders.map((order) => `${price}: ${brief(order)}`));
  }
}

export function brief(order: Order): string {
  const fields = Object.values(order)[0] as Record<string, unknown>;
  const hidden = fields['hidden_quantity'] === undefined ? '' : `+${String(fields['hidden_quantity'])}`;
  return `${String(fields['id'])}×${String(fields['quantity'] ?? fields['visible_quantity'])}${hidden}`;
}

/** `maker×quantity@price` of every trade of a result; empty when nothing traded. */
export function trades(result: OrderBookResult | undefined): string[] {
  if (result === undefined || !('TradeExecuted' in result)) return [];
  return result.TradeExecuted.trade_result.match_result.trades.trades.map(
    (trade: Trade) => `${trade.maker_order_id}×${trade.quantity}@${trade.price}`,
  );
}

export function reasonOf(result: OrderBookResult | undefined): string | null {
  return result !== undefined && 'Rejected' in result ? result.Rejected.reason : null;
}
