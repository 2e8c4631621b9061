/** Small journals of orderbook-rs 0.12.1 in which the example's book once came to other results. */
import { describe, expect, it } from '@jest/globals';
import {
  OrderBook,
  type LevelSnapshot,
  type OrderBookOptions,
} from '../../examples/trading-backend/src/order-book/index.js';
import { goldenEvents, payloadOf } from './order-book-golden.js';

interface Case {
  readonly name: string;
  readonly options?: Partial<OrderBookOptions>;
  /**
   * What the Rust book held at the end: price and the orders of each level, as id, visible and hidden
   * quantity.
   */
  readonly bids?: readonly LevelShort[];
  readonly asks?: readonly LevelShort[];
}

type LevelShort = readonly [
  price: bigint,
  ...orders: (readonly [id: string, visible: bigint, hidden: bigint])[],
];

const U64_MAX = 2n ** 64n - 1n;

const CASES: readonly Case[] = [
  { name: 'dropped-zero-quantity-standard' },
  { name: 'dropped-zero-visible-reserve' },
  { name: 'rejected-ioc-drops-empty-maker' },
  { name: 'rejected-market-drops-empty-maker' },
  { name: 'replace-onto-full-level-destroys', bids: [[995n, ['10', 5n, 0n]]] },
  { name: 'updateprice-onto-full-level', bids: [[995n, ['10', U64_MAX, 0n]]] },
  { name: 'fees-beyond-i128', options: { fees: { makerBps: -7n, takerBps: 25n } } },
  { name: 'lot-size-by-amount', options: { tickSize: 5n, lotSize: 10n }, asks: [[1005n, ['10', 30n, 0n]]] },
  { name: 'stp-cancel-maker', options: { selfTradePrevention: 'cancel-maker' } },
];

function short(levels: readonly LevelSnapshot[]): LevelShort[] {
  return levels.map(({ price, orders }) => [
    price,
    ...orders.map((order) => {
      const fields = Object.values(order)[0] as Record<string, unknown>;
      const visible = (fields['quantity'] ?? fields['visible_quantity']) as bigint;
      return [String(fields['id']), visible, (fields['hidden_quantity'] ?? 0n) as bigint] as const;
    }),
  ]);
}

describe.each(CASES)('the journal $name', ({ name, options, bids = [], asks = [] }) => {
  it('is replayed to every byte and the same book', async () => {
    const events = await goldenEvents(`differences/${name}`);
    const book = new OrderBook('BTC-USD', options);
    const replayed = events.map(({ event }) => payloadOf(event, book.execute(event.command, event)));
    expect(replayed).toEqual(events.map(({ payload }) => payload));
    expect(short(book.levels('BUY'))).toEqual(bids);
    expect(short(book.levels('SELL'))).toEqual(asks);
  });

  it('gives the same book when only commands that changed something are executed again', async () => {
    const events = await goldenEvents(`differences/${name}`);
    const book = new OrderBook('BTC-USD', options);
    for (const { event } of events) if (!book.isRejected(event.result)) book.execute(event.command, event);
    expect(short(book.levels('BUY'))).toEqual(bids);
    expect(short(book.levels('SELL'))).toEqual(asks);
  });

  it('is continued from a snapshot after each of its events', async () => {
    const events = await goldenEvents(`differences/${name}`);
    for (let at = 0; at <= events.length; at++) {
      let book = new OrderBook('BTC-USD', options);
      const replayed = events.map(({ event }, index) => {
        if (index === at) book = OrderBook.restore(book.snapshot(), options);
        return payloadOf(event, book.execute(event.command, event));
      });
      expect(replayed).toEqual(events.map(({ payload }) => payload));
    }
  });
});

it('a sale by amount that trades more than 2^64 lots has the result that Rust wrote, and could not read', async () => {
  const events = await goldenEvents('differences/by-amount-beyond-u64-lots');
  const book = new OrderBook('BTC-USD');
  for (const { event } of events) expect(book.execute(event.command, event)).toEqual(event.result);
  expect(book.orderCount).toBe(0);
});
