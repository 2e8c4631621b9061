import { describe, expect, it } from '@jest/globals';
import type { OrderBookCommand, Side, TimeInForce } from '../../src/order-book/index.js';
import {
  OID_NAMESPACE,
  OrderBook,
  uuidTradeIds,
  uuidV5,
  type OrderBookSnapshot,
} from '../../examples/trading-backend/src/order-book/index.js';
import { expectEqual, expectSame } from '../support/quick-expect.js';
import { Random } from '../support/random.js';
import { ALICE, BOB, Desk, iceberg, postOnly, reserve, standard } from './order-book-fixtures.js';
import { stringifyLossless } from './lossless.js';

/** Commands of every kind, the same for the same seed. */
function flow(seed: number, count: number): OrderBookCommand[] {
  const random = new Random(seed);
  const below = (limit: number): number => random.below(limit);
  const pick = <T>(...items: readonly T[]): T => random.pick(items);
  const id = (number: number) => `order ${number}`;
  return Array.from({ length: count }, (_, number): OrderBookCommand => {
    const side: Side = pick('BUY', 'SELL');
    const price = BigInt(side === 'BUY' ? 95 + below(8) : 98 + below(8));
    const quantity = BigInt(1 + below(40));
    const terms = { user: pick(ALICE, BOB) };
    const earlier = id(Math.max(0, number - 1 - below(25)));
    const change = below(16);
    if (change < 4) return { AddOrder: standard(id(number), side, price, quantity, terms) };
    if (change === 4) return { AddOrder: iceberg(id(number), side, price, [quantity, 3n * quantity], terms) };
    if (change === 5) {
      const options = { auto: pick(true, false), amount: pick(null, 7n), threshold: pick(0n, 5n) };
      return { AddOrder: reserve(id(number), side, price, [quantity, 2n * quantity], options) };
    }
    if (change === 6) return { AddOrder: postOnly(id(number), side, price, quantity, terms) };
    if (change === 7) {
      const timeInForce = pick<TimeInForce>('IOC', 'FOK', { GTD: 1_000n + BigInt(number + below(50)) });
      return { AddOrder: standard(id(number), side, price, quantity, { ...terms, timeInForce }) };
    }
    if (change === 8) return { MarketOrder: { id: id(number), quantity, side } };
    if (change === 9) return { MarketOrderByAmount: { id: id(number), amount: quantity * 100n, side } };
    if (change === 10) return { CancelOrder: earlier };
    if (change === 11)
      return { UpdateOrder: { UpdateQuantity: { order_id: earlier, new_quantity: quantity - 1n } } };
    if (change === 12) return { UpdateOrder: { UpdatePrice: { order_id: earlier, new_price: price } } };
    if (change === 13) {
      return {
        UpdateOrder: {
          UpdatePriceAndQuantity: { order_id: earlier, new_price: price, new_quantity: quantity },
        },
      };
    }
    if (change === 14) return { UpdateOrder: { Replace: { order_id: earlier, price, quantity, side } } };
    const rare = below(40);
    if (rare === 0) return 'CancelAll';
    if (rare === 1) return { CancelByUser: { user_id: terms.user } };
    if (rare === 2) return { CancelBySide: { side } };
    if (rare < 8) return { EvictExpiredOrders: { now_ms: 1_000n + BigInt(number) } };
    return { UpdateOrder: { Cancel: { order_id: earlier } } };
  });
}

function context(number: number) {
  return { sequenceNum: BigInt(number), timestampNs: (1_000n + BigInt(number)) * 1_000_000n };
}

const commands = flow(42, 3_000);

describe('a book that executes commands of every kind', () => {
  it('gives the same results and the same book every time', () => {
    const run = () => {
      const book = new OrderBook('BTC-USD');
      const results = commands.map((command, number) => book.execute(command, context(number)));
      return stringifyLossless([results, book.snapshot()]);
    };
    expect(run()).toBe(run());
  });

  it('is never crossed, never out of sorts, and is left as it was by every rejection', () => {
    const book = new OrderBook('BTC-USD');
    const seen = new Set<string>();
    commands.forEach((command, number) => {
      const before = stringifyLossless(book.snapshot());
      const result = book.execute(command, context(number));
      seen.add(Object.keys(result)[0] ?? '');
      if ('Rejected' in result) expectSame(stringifyLossless(book.snapshot()), before);
      if (book.bestBid !== null && book.bestAsk !== null) expectSame(book.bestBid < book.bestAsk, true);
      for (const [side, sign] of [
        ['BUY', -1n],
        ['SELL', 1n],
      ] as const) {
        const prices = book.levels(side).map(({ price }) => price);
        expectEqual(
          prices,
          [...new Set(prices)].sort((a, b) => Number(sign * (a - b))),
        );
      }
    });
    expect([...seen].sort()).toEqual([
      'MassCancelled',
      'OrderAdded',
      'OrderCancelled',
      'OrderUpdated',
      'Rejected',
      'TradeExecuted',
    ]);
  });

  it('continues in the same way after a restore, however the store keeps integers', () => {
    const original = new OrderBook('BTC-USD');
    let restored = new OrderBook('BTC-USD');
    commands.forEach((command, number) => {
      const result = original.execute(command, context(number));
      expectEqual(restored.execute(command, context(number)), result);
      // As a generic JSON codec would hand it back: small integers as numbers.
      if (number % 50 === 0) {
        restored = OrderBook.restore(JSON.parse(stringifyLossless(restored.snapshot())) as OrderBookSnapshot);
      }
    });
    expect(restored.snapshot()).toEqual(original.snapshot());
  });
});

describe('a snapshot', () => {
  const snapshot = (): OrderBookSnapshot => {
    const desk = new Desk();
    desk.add(
      standard('a', 'BUY', 100n, 5n),
      iceberg('b', 'BUY', 100n, [1n, 2n]),
      standard('c', 'SELL', 101n, 5n),
    );
    return desk.book.snapshot();
  };

  it('is not touched by what the book does afterwards', () => {
    const desk = new Desk();
    desk.add(standard('a', 'BUY', 100n, 5n), standard('b', 'BUY', 100n, 5n));
    const taken = desk.book.snapshot();
    const text = stringifyLossless(taken);
    desk.sell(7n);
    expect(stringifyLossless(taken)).toBe(text);
  });

  it('keeps what applications added to orders as it is', () => {
    const text = stringifyLossless(snapshot()).replaceAll('"extra_fields":null', '"extra_fields":{"tag":7}');
    const book = OrderBook.restore(JSON.parse(text) as OrderBookSnapshot);
    expect(book.order('c')).toMatchObject({ Standard: { quantity: 5n, extra_fields: { tag: 7 } } });
  });

  it.each([
    [
      'an order at another price',
      (s: OrderBookSnapshot) => ({ ...s, bids: s.bids.map((level) => ({ ...level, price: 99n })) }),
    ],
    ['an order on the other side', (s: OrderBookSnapshot) => ({ ...s, bids: s.asks, asks: s.bids })],
    ['an order twice', (s: OrderBookSnapshot) => ({ ...s, bids: [...s.bids, ...s.bids] })],
    [
      'a wrong sum',
      (s: OrderBookSnapshot) => ({ ...s, bids: s.bids.map((level) => ({ ...level, visible_quantity: 1n })) }),
    ],
    [
      'a wrong count',
      (s: OrderBookSnapshot) => ({ ...s, bids: s.bids.map((level) => ({ ...level, order_count: 1n })) }),
    ],
    ['an order without owner', (s: OrderBookSnapshot) => ({ ...s, engine: { ...s.engine, owners: [] } })],
    [
      'an order of another user',
      (s: OrderBookSnapshot) => ({
        ...s,
        engine: { ...s.engine, owners: [{ user_id: BOB, order_ids: ['a', 'b', 'c'] }] },
      }),
    ],
  ])('is refused when it contradicts itself: %s', (_what, spoil) => {
    expect(() => OrderBook.restore(spoil(snapshot()))).toThrow(RangeError);
    expect(OrderBook.restore(snapshot()).snapshot()).toEqual(snapshot());
  });
});

describe('trade ids', () => {
  it('are the version 5 UUIDs of the trade numbers in a namespace', () => {
    // The order ids in the golden journals were made by Rust in the same way.
    expect(uuidV5(OID_NAMESPACE, 'golden-0')).toBe('187aca71-1b84-5ee8-ac38-eef88308f168');
    expect(uuidTradeIds(OID_NAMESPACE)(18_446_744_073_709_551_615n)).toBe(
      uuidV5(OID_NAMESPACE, '18446744073709551615'),
    );
  });

  it('differ between symbols', () => {
    const first = (symbol: string) => {
      const book = new OrderBook(symbol);
      book.execute({ AddOrder: standard('a', 'SELL', 100n, 5n) }, context(0));
      book.execute({ MarketOrder: { id: 'b', quantity: 1n, side: 'BUY' } }, context(1));
      return book.recentTrades[0]?.trade_id;
    };
    expect(first('BTC-USD')).not.toBe(first('ETH-USD'));
    expect(first('BTC-USD')).toBe(first('BTC-USD'));
  });
});
