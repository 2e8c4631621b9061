import { describe, expect, it } from '@jest/globals';
import type { Order } from '../../src/order-book/index.js';
import {
  ALICE,
  Desk,
  iceberg,
  postOnly,
  reasonOf,
  reserve,
  standard,
  trades,
} from './order-book-fixtures.js';

describe('matching', () => {
  it('takes the best price first, and at one price who came first', () => {
    const desk = new Desk();
    desk.add(
      standard('far', 'SELL', 102n, 5n),
      standard('first', 'SELL', 101n, 5n),
      standard('second', 'SELL', 101n, 5n),
    );
    expect(trades(desk.buy(12n))).toEqual(['first×5@101', 'second×5@101', 'far×2@102']);
    expect(desk.queue('SELL')).toEqual(['102: far×3']);
  });

  it('keeps the place of an order that was filled in part', () => {
    const desk = new Desk();
    desk.add(standard('first', 'BUY', 100n, 5n), standard('second', 'BUY', 100n, 5n));
    desk.sell(2n);
    expect(desk.queue('BUY')).toEqual(['100: first×3', '100: second×5']);
  });

  it('trades at the price of the order that was there, up to the limit of the one that comes, and rests with the rest', () => {
    const desk = new Desk();
    desk.add(
      standard('a', 'SELL', 100n, 4n),
      standard('b', 'SELL', 101n, 4n),
      standard('c', 'SELL', 103n, 4n),
    );
    const [result] = desk.add(standard('taker', 'BUY', 102n, 10n));
    expect(trades(result)).toEqual(['a×4@100', 'b×4@101']);
    expect(result).toMatchObject({
      TradeExecuted: {
        trade_result: {
          match_result: {
            order_id: 'taker',
            remaining_quantity: 2n,
            is_complete: false,
            filled_order_ids: ['a', 'b'],
            outcome: 'partially_filled',
          },
          quote_notional: 804n,
        },
      },
    });
    expect(desk.queue('BUY')).toEqual(['102: taker×2']);
    expect([desk.book.bestBid, desk.book.bestAsk]).toEqual([102n, 103n]);
  });

  it('numbers trade results and trades, and stamps trades with the time of the command', () => {
    const desk = new Desk({ tradeIds: (index) => `trade ${index}` }, 5_000n);
    desk.add(standard('a', 'SELL', 100n, 1n), standard('b', 'SELL', 100n, 9n));
    desk.buy(2n);
    desk.buy(1n);
    expect(desk.book.recentTrades.map(({ trade_id, timestamp }) => [trade_id, timestamp])).toEqual([
      ['trade 0', 5_002n],
      ['trade 1', 5_002n],
      ['trade 2', 5_003n],
    ]);
    expect(desk.book.snapshot().engine).toMatchObject({ engine_seq: 2n, trade_index: 3n });
  });

  it('keeps no more recent trades than asked for', () => {
    const desk = new Desk({ recentTradeLimit: 2 });
    desk.add(standard('a', 'SELL', 100n, 9n));
    for (let count = 0; count < 4; count++) desk.buy(1n);
    expect(desk.book.recentTrades).toHaveLength(2);
  });

  it('counts prices and quantities beyond what a double can hold', () => {
    const desk = new Desk();
    const price = (1n << 128n) - 1n;
    const quantity = (1n << 64n) - 1n;
    desk.add(standard('a', 'SELL', price, quantity));
    const result = desk.buy(quantity - 1n);
    expect(trades(result)).toEqual([`a×${quantity - 1n}@${price}`]);
    expect(result).toMatchObject({ TradeExecuted: { trade_result: { quote_notional: price } } });
    expect(desk.queue('SELL')).toEqual([`${price}: a×1`]);
  });
});

describe('market orders', () => {
  it('take what is there and say what was not', () => {
    const desk = new Desk();
    desk.add(standard('a', 'SELL', 100n, 4n));
    expect(desk.buy(10n)).toMatchObject({
      TradeExecuted: {
        trade_result: { match_result: { remaining_quantity: 6n, outcome: 'partially_filled' } },
      },
    });
    expect(desk.book.orderCount).toBe(0);
  });

  it('by amount take whole lots for no more than the amount', () => {
    const desk = new Desk();
    desk.add(standard('a', 'SELL', 100n, 4n), standard('b', 'SELL', 150n, 4n));
    const result = desk.execute({ MarketOrderByAmount: { id: 'taker', amount: 740n, side: 'BUY' } });
    expect(trades(result)).toEqual(['a×4@100', 'b×2@150']);
    expect(result).toMatchObject({
      TradeExecuted: {
        trade_result: { match_result: { remaining_quantity: 0n, outcome: 'filled' }, quote_notional: 700n },
      },
    });
  });

  it('take nothing at the level where an order of their own id rests', () => {
    const desk = new Desk();
    desk.add(
      standard('taker', 'SELL', 100n, 4n),
      standard('beside', 'SELL', 100n, 4n),
      standard('behind', 'SELL', 101n, 4n),
    );
    expect(trades(desk.buy(5n))).toEqual(['behind×4@101']);
    expect(desk.queue('SELL')).toEqual(['100: taker×4', '100: beside×4']);
  });
});

describe('time in force', () => {
  it('IOC trades what it can and leaves nothing behind', () => {
    const desk = new Desk();
    desk.add(standard('a', 'SELL', 100n, 4n));
    const [result] = desk.add(standard('taker', 'BUY', 100n, 6n, { timeInForce: 'IOC' }));
    expect(trades(result)).toEqual(['a×4@100']);
    expect(desk.book.orderCount).toBe(0);
  });

  it('FOK trades all or nothing, counting what icebergs hide', () => {
    const desk = new Desk();
    desk.add(iceberg('a', 'SELL', 100n, [2n, 4n]), standard('b', 'SELL', 101n, 1n));
    const fillOrKill = (id: string, quantity: bigint) =>
      desk.add(standard(id, 'BUY', 100n, quantity, { timeInForce: 'FOK' }))[0];
    expect(reasonOf(fillOrKill('x', 7n))).toBe(
      'Insufficient liquidity for BUY order: requested 7, available 6',
    );
    expect(desk.queue('SELL')).toEqual(['100: a×2+4', '101: b×1']);
    expect(trades(fillOrKill('y', 6n))).toEqual(['a×2@100', 'a×2@100', 'a×2@100']);
  });

  it('GTD is refused from its deadline on, and rests before it', () => {
    const desk = new Desk({}, 1_000n);
    const until = (GTD: bigint) => ({ timeInForce: { GTD } });
    expect(reasonOf(desk.add(standard('late', 'BUY', 100n, 1n, until(1_000n)))[0])).toBe(
      'Invalid operation: Order has already expired',
    );
    expect(desk.add(standard('good', 'BUY', 100n, 1n, until(1_002n)))).toEqual([
      { OrderAdded: { order_id: 'good' } },
    ]);
  });

  it('DAY is refused from the close of the market on, if the book has one', () => {
    const day = standard('day', 'BUY', 100n, 1n, { timeInForce: 'DAY' });
    expect(new Desk({ marketCloseMs: null }).add(day)).toEqual([{ OrderAdded: { order_id: 'day' } }]);
    expect(new Desk({ marketCloseMs: 1_001n }, 1_000n).add(day)).toEqual([
      { OrderAdded: { order_id: 'day' } },
    ]);
    expect(reasonOf(new Desk({ marketCloseMs: 1_000n }, 1_000n).add(day)[0])).toBe(
      'Invalid operation: Order has already expired',
    );
  });
});

describe('post-only orders', () => {
  it('rest when they do not cross the market', () => {
    const desk = new Desk();
    desk.add(standard('a', 'SELL', 101n, 4n), postOnly('b', 'BUY', 100n, 4n));
    expect(desk.queue('BUY')).toEqual(['100: b×4']);
  });

  it('are refused when they would trade', () => {
    const desk = new Desk();
    desk.add(standard('a', 'SELL', 101n, 4n));
    expect(reasonOf(desk.add(postOnly('b', 'BUY', 101n, 4n))[0])).toBe(
      'Price crossing: BUY 101 would cross opposite at 101',
    );
  });
});

describe('iceberg orders', () => {
  it('show the next tranche at the back of the queue', () => {
    const desk = new Desk();
    desk.add(iceberg('ice', 'SELL', 100n, [5n, 7n]), standard('b', 'SELL', 100n, 5n));
    expect(trades(desk.buy(5n))).toEqual(['ice×5@100']);
    expect(desk.queue('SELL')).toEqual(['100: b×5', '100: ice×5+2']);
    expect(trades(desk.buy(12n))).toEqual(['b×5@100', 'ice×5@100', 'ice×2@100']);
    expect(desk.book.orderCount).toBe(0);
  });

  it('keep their place while something of a tranche is left', () => {
    const desk = new Desk();
    desk.add(iceberg('ice', 'SELL', 100n, [5n, 7n]), standard('b', 'SELL', 100n, 5n));
    desk.buy(4n);
    expect(desk.queue('SELL')).toEqual(['100: ice×1+7', '100: b×5']);
  });

  it('come out whole when they show nothing', () => {
    const desk = new Desk();
    desk.add(iceberg('ice', 'SELL', 100n, [0n, 7n]));
    expect(trades(desk.buy(3n))).toEqual(['ice×3@100']);
    expect(desk.queue('SELL')).toEqual(['100: ice×4+0']);
  });

  it('trade with all they have when they come, and rest with their display size', () => {
    const desk = new Desk();
    desk.add(standard('a', 'BUY', 100n, 8n), iceberg('ice', 'SELL', 100n, [5n, 10n]));
    expect(desk.queue('SELL')).toEqual(['100: ice×5+2']);
    expect(desk.book.levels('SELL')).toMatchObject([
      { visible_quantity: 5n, hidden_quantity: 2n, order_count: 1n },
    ]);
  });
});

describe('reserve orders', () => {
  it('are filled up by their amount when less than the threshold is left, and go to the back', () => {
    const desk = new Desk();
    desk.add(reserve('r', 'SELL', 100n, [10n, 50n]), standard('b', 'SELL', 100n, 1n));
    desk.buy(5n);
    expect(desk.queue('SELL')).toEqual(['100: r×5+50', '100: b×1']);
    desk.buy(1n);
    expect(desk.queue('SELL')).toEqual(['100: b×1', '100: r×24+30']);
  });

  it('are filled up by 80 without an amount, and at 1 without a threshold', () => {
    const desk = new Desk();
    desk.add(reserve('r', 'SELL', 100n, [2n, 100n], { amount: null, threshold: 0n }));
    desk.buy(1n);
    expect(desk.queue('SELL')).toEqual(['100: r×1+100']);
    desk.buy(1n);
    expect(desk.queue('SELL')).toEqual(['100: r×80+20']);
  });

  it('leave with what they hide when they are not filled up by themselves', () => {
    const desk = new Desk();
    desk.add(reserve('r', 'SELL', 100n, [10n, 50n], { auto: false }));
    const result = desk.buy(20n);
    expect(trades(result)).toEqual(['r×10@100']);
    expect(result).toMatchObject({
      TradeExecuted: { trade_result: { match_result: { filled_order_ids: ['r'] } } },
    });
    expect(desk.book.orderCount).toBe(0);
    expect(desk.book.levels('SELL')).toEqual([]);
  });

  it('lose visible quantity first when they trade on arrival, and show their amount again once it is gone', () => {
    const desk = new Desk();
    desk.add(standard('a', 'BUY', 100n, 4n), reserve('r', 'SELL', 100n, [10n, 50n]));
    expect(desk.queue('SELL')).toEqual(['100: r×6+50']);
    const other = new Desk();
    other.add(standard('a', 'BUY', 100n, 12n), reserve('r', 'SELL', 100n, [10n, 50n]));
    expect(other.queue('SELL')).toEqual(['100: r×20+28']);
  });
});

describe('kinds that the engine treats as limit orders', () => {
  const fields = {
    price: 100n,
    quantity: 5n,
    side: 'SELL' as const,
    user_id: ALICE,
    timestamp: 0n,
    time_in_force: 'GTC' as const,
    extra_fields: null,
  };
  const orders: Order[] = [
    { TrailingStop: { ...fields, id: 'stop', trail_amount: 1n, last_reference_price: 99n } },
    {
      PeggedOrder: { ...fields, id: 'pegged', reference_price_offset: -1n, reference_price_type: 'BestAsk' },
    },
    { MarketToLimit: { ...fields, id: 'limit' } },
  ];

  it.each(orders.map((order) => [Object.keys(order)[0], order] as const))(
    '%s rests, trades and is resized',
    (_kind, order) => {
      const desk = new Desk();
      desk.add(standard('a', 'BUY', 100n, 2n), order);
      const id = desk.book.levels('SELL')[0]?.orders[0];
      expect(id).toBeDefined();
      expect(trades(desk.buy(1n))).toHaveLength(1);
      expect(desk.book.levels('SELL')).toMatchObject([
        { price: 100n, visible_quantity: 2n, hidden_quantity: 0n },
      ]);
      expect(Object.keys(desk.book.levels('SELL')[0]?.orders[0] ?? {})).toEqual(Object.keys(order));
    },
  );
});

describe('reading a book', () => {
  it('gives levels from the best price, as deep as asked', () => {
    const desk = new Desk();
    desk.add(
      standard('a', 'BUY', 99n, 1n),
      standard('b', 'BUY', 100n, 2n),
      iceberg('c', 'BUY', 100n, [3n, 4n]),
    );
    expect(desk.book.levels('BUY', 1)).toMatchObject([
      { price: 100n, visible_quantity: 5n, hidden_quantity: 4n, order_count: 2n },
    ]);
    expect(desk.book.levels('BUY').map(({ price }) => price)).toEqual([100n, 99n]);
    expect(desk.book.levels('SELL')).toEqual([]);
  });

  it('finds an order by its id as it stands now', () => {
    const desk = new Desk();
    desk.add(standard('a', 'BUY', 99n, 5n));
    desk.sell(2n);
    expect(desk.book.order('a')).toMatchObject({ Standard: { id: 'a', quantity: 3n } });
    expect(desk.book.order('b')).toBeNull();
    expect([desk.book.symbol, desk.book.orderCount]).toEqual(['BTC-USD', 1]);
  });
});
