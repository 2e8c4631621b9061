import { describe, expect, it } from '@jest/globals';
import type { OrderBookCommand } from '../../src/order-book/index.js';
import { Desk, iceberg, postOnly, reasonOf, reserve, standard, trades } from './order-book-fixtures.js';

const U64_MAX = (1n << 64n) - 1n;

/** A book with something of everything, 7 ms old. */
function desk(): Desk {
  const desk = new Desk({}, 1_000n);
  desk.add(
    standard('bid', 'BUY', 99n, 5n),
    standard('expiring', 'BUY', 98n, 5n, { timeInForce: { GTD: 1_007n } }),
    postOnly('maker', 'BUY', 97n, 5n),
    standard('ask', 'SELL', 101n, 5n),
    iceberg('ice', 'SELL', 102n, [5n, 20n]),
    standard('deep', 'BUY', 50n, U64_MAX),
  );
  desk.sell(1n);
  return desk;
}

const rejected: [string, OrderBookCommand, string][] = [
  ['a cancel of nothing', { CancelOrder: 'x' }, 'order not found: x'],
  [
    'an update of nothing',
    { UpdateOrder: { UpdatePrice: { order_id: 'x', new_price: 1n } } },
    'order not found: x',
  ],
  [
    'a resize of nothing',
    { UpdateOrder: { UpdateQuantity: { order_id: 'x', new_quantity: 1n } } },
    'order not found: x',
  ],
  [
    'a replacement of nothing',
    { UpdateOrder: { Replace: { order_id: 'x', price: 1n, quantity: 1n, side: 'BUY' } } },
    'order not found: x',
  ],
  ['a cancelling update of nothing', { UpdateOrder: { Cancel: { order_id: 'x' } } }, 'order not found: x'],
  [
    'a price that does not change',
    { UpdateOrder: { UpdatePrice: { order_id: 'bid', new_price: 99n } } },
    'Invalid operation: Cannot update price to the same value',
  ],
  [
    'an id that rests already',
    { AddOrder: standard('bid', 'SELL', 99n, 1n) },
    'duplicate order id: order bid is already resting on the book',
  ],
  [
    'more visible and hidden than u64 holds',
    { AddOrder: iceberg('x', 'BUY', 100n, [U64_MAX, 1n]) },
    `quantity overflow: visible ${U64_MAX} + hidden 1 exceeds u64`,
  ],
  [
    'an order that has expired',
    { AddOrder: standard('x', 'BUY', 200n, 1n, { timeInForce: { GTD: 7n } }) },
    'Invalid operation: Order has already expired',
  ],
  [
    'a change to an order that has expired meanwhile',
    { UpdateOrder: { UpdateQuantity: { order_id: 'expiring', new_quantity: 1n } } },
    'Invalid operation: Order has already expired',
  ],
  [
    'a post-only order that would buy',
    { AddOrder: postOnly('x', 'BUY', 103n, 1n) },
    'Price crossing: BUY 103 would cross opposite at 101',
  ],
  [
    'a post-only order that would sell',
    { AddOrder: postOnly('x', 'SELL', 99n, 1n) },
    'Price crossing: SELL 99 would cross opposite at 99',
  ],
  [
    'a post-only order that would trade at its new price',
    { UpdateOrder: { UpdatePrice: { order_id: 'maker', new_price: 101n } } },
    'Price crossing: BUY 101 would cross opposite at 101',
  ],
  [
    'fill-or-kill beyond what is there',
    { AddOrder: standard('x', 'BUY', 102n, 31n, { timeInForce: 'FOK' }) },
    'Insufficient liquidity for BUY order: requested 31, available 30',
  ],
  [
    'immediate-or-cancel with nothing to take',
    { AddOrder: standard('x', 'BUY', 100n, 4n, { timeInForce: 'IOC' }) },
    'Insufficient liquidity for BUY order: requested 4, available 0',
  ],
  [
    'a market order for nothing',
    { MarketOrder: { id: 'x', quantity: 0n, side: 'BUY' } },
    'Insufficient liquidity for BUY order: requested 0, available 0',
  ],
  [
    'an amount below one lot',
    { MarketOrderByAmount: { id: 'x', amount: 100n, side: 'BUY' } },
    'Insufficient liquidity by notional for BUY order: requested 100, spent 0',
  ],
  [
    'a level that would hold more than u64',
    { AddOrder: standard('x', 'BUY', 50n, 1n) },
    'Price level error: Invalid operation: price level visible quantity overflow on admission',
  ],
];

describe('a command that the book refuses', () => {
  it.each(rejected)('says why and changes nothing: %s', (_name, command, reason) => {
    const { book } = desk();
    const before = book.snapshot();
    const result = book.execute(command, { sequenceNum: 7n, timestampNs: 1_007_000_000n });
    expect(reasonOf(result)).toBe(reason);
    expect(book.snapshot()).toEqual(before);
  });

  it('says why on an empty book: a market order', () => {
    expect(reasonOf(new Desk().sell(3n))).toBe(
      'Insufficient liquidity for SELL order: requested 3, available 0',
    );
  });

  it('is thrown back before anything changes when it is no command at all', () => {
    const { book } = desk();
    const before = book.snapshot();
    const nonsense = { Nonsense: 1 } as unknown as OrderBookCommand;
    expect(() => book.execute(nonsense, { sequenceNum: 7n, timestampNs: 7n })).toThrow(TypeError);
    expect(book.snapshot()).toEqual(before);
  });
});

describe('an order for a level that is full', () => {
  it('may take the place of an order that leaves it', () => {
    const desk = new Desk();
    desk.add(standard('full', 'BUY', 100n, U64_MAX));
    desk.execute({
      UpdateOrder: { UpdatePriceAndQuantity: { order_id: 'full', new_price: 100n, new_quantity: U64_MAX } },
    });
    expect(desk.queue('BUY')).toEqual([`100: full×${U64_MAX}`]);
  });

  it('keeps a reserve order out of reach that it could not show more of', () => {
    const desk = new Desk();
    desk.add(reserve('r', 'BUY', 100n, [1n, 50n]), standard('full', 'BUY', 100n, U64_MAX - 1n));
    desk.add(standard('low', 'BUY', 99n, 5n));
    expect(trades(desk.sell(2n))).toEqual(['low×2@99']);
  });

  it('is refused when it grows there', () => {
    const desk = new Desk();
    desk.add(standard('full', 'BUY', 100n, U64_MAX - 1n), standard('x', 'BUY', 100n, 1n));
    const before = desk.book.snapshot();
    const result = desk.execute({ UpdateOrder: { UpdateQuantity: { order_id: 'x', new_quantity: 2n } } });
    expect(reasonOf(result)).toBe(
      'Price level error: Invalid operation: price level quantity counter overflow on update',
    );
    expect(desk.book.snapshot()).toEqual(before);
  });
});

describe('a match without end', () => {
  it.each<[string, OrderBookCommand]>([
    ['a market order', { MarketOrder: { id: 'x', quantity: 1n << 60n, side: 'BUY' } }],
    ['a market order by amount', { MarketOrderByAmount: { id: 'x', amount: 1n << 70n, side: 'BUY' } }],
    ['a limit order', { AddOrder: standard('x', 'BUY', 100n, 1n << 60n) }],
    ['fill-or-kill', { AddOrder: standard('x', 'BUY', 100n, 1n << 60n, { timeInForce: 'FOK' }) }],
    [
      'an update',
      {
        UpdateOrder: {
          UpdatePriceAndQuantity: { order_id: 'bid', new_price: 100n, new_quantity: 1n << 60n },
        },
      },
    ],
  ])('is refused before it begins: %s', (_name, command) => {
    const desk = new Desk({ maxTradesPerCommand: 50 });
    desk.add(iceberg('tiny', 'SELL', 100n, [1n, 1n << 60n]), standard('bid', 'BUY', 90n, 1n));
    const before = desk.book.snapshot();
    expect(reasonOf(desk.execute(command))).toBe(
      'Invalid operation: the match would take more than 50 trades',
    );
    expect(desk.book.snapshot()).toEqual(before);
    expect(trades(desk.buy(50n))).toHaveLength(50);
  });
});

describe('what was handed to a book', () => {
  it('belongs to the caller: changing it changes nothing in the book', () => {
    const desk = new Desk();
    const order = standard('a', 'SELL', 100n, 5n);
    desk.add(order);
    if ('Standard' in order) order.Standard.quantity = 99n;
    const result = desk.buy(1n);
    if ('TradeExecuted' in result) {
      for (const trade of result.TradeExecuted.trade_result.match_result.trades.trades) trade.quantity = 99n;
    }
    expect(desk.queue('SELL')).toEqual(['100: a×4']);
    expect(desk.book.recentTrades).toMatchObject([{ quantity: 1n }]);
  });
});
