import { describe, expect, it } from '@jest/globals';
import type { OrderBookCommand, OrderUpdate } from '../../src/order-book/index.js';
import { ALICE, BOB, Desk, iceberg, postOnly, reserve, standard, trades } from './order-book-fixtures.js';

function deskWith(...orders: Parameters<Desk['add']>): Desk {
  const desk = new Desk();
  desk.add(...orders);
  return desk;
}

function update(desk: Desk, change: OrderUpdate) {
  return desk.execute({ UpdateOrder: change });
}

describe('UpdateQuantity', () => {
  it('keeps the place in the queue for less, and for the same', () => {
    const desk = deskWith(standard('a', 'BUY', 100n, 5n), standard('b', 'BUY', 100n, 5n));
    expect(update(desk, { UpdateQuantity: { order_id: 'a', new_quantity: 3n } })).toEqual({
      OrderUpdated: { order_id: 'a' },
    });
    update(desk, { UpdateQuantity: { order_id: 'a', new_quantity: 3n } });
    expect(desk.queue('BUY')).toEqual(['100: a×3', '100: b×5']);
  });

  it('goes to the back of the queue for more', () => {
    const desk = deskWith(standard('a', 'BUY', 100n, 5n), standard('b', 'BUY', 100n, 5n));
    update(desk, { UpdateQuantity: { order_id: 'a', new_quantity: 6n } });
    expect(desk.queue('BUY')).toEqual(['100: b×5', '100: a×6']);
    expect(desk.book.levels('BUY')).toMatchObject([{ visible_quantity: 11n }]);
  });

  it('sets the visible quantity and leaves the hidden one', () => {
    const desk = deskWith(iceberg('a', 'BUY', 100n, [5n, 7n]), reserve('b', 'BUY', 99n, [5n, 7n]));
    update(desk, { UpdateQuantity: { order_id: 'a', new_quantity: 2n } });
    update(desk, { UpdateQuantity: { order_id: 'b', new_quantity: 9n } });
    expect(desk.queue('BUY')).toEqual(['100: a×2+7', '99: b×9+7']);
  });

  it('to 0 leaves an order that trades nothing and is dropped by the next taker', () => {
    const desk = deskWith(standard('a', 'BUY', 100n, 5n), standard('b', 'BUY', 100n, 5n));
    update(desk, { UpdateQuantity: { order_id: 'a', new_quantity: 0n } });
    expect(desk.queue('BUY')).toEqual(['100: a×0', '100: b×5']);
    expect(trades(desk.sell(1n))).toEqual(['b×1@100']);
    expect(desk.queue('BUY')).toEqual(['100: b×4']);
  });
});

describe('UpdatePrice', () => {
  it('moves to the back of the new level', () => {
    const desk = deskWith(standard('a', 'BUY', 99n, 5n), standard('b', 'BUY', 100n, 5n));
    expect(update(desk, { UpdatePrice: { order_id: 'a', new_price: 100n } })).toEqual({
      OrderUpdated: { order_id: 'a' },
    });
    expect(desk.queue('BUY')).toEqual(['100: b×5', '100: a×5']);
    expect(desk.book.levels('BUY')).toHaveLength(1);
  });

  it('trades when the new price crosses the market', () => {
    const desk = deskWith(standard('a', 'BUY', 99n, 5n), standard('b', 'SELL', 101n, 3n));
    expect(trades(update(desk, { UpdatePrice: { order_id: 'a', new_price: 101n } }))).toEqual(['b×3@101']);
    expect(desk.queue('BUY')).toEqual(['101: a×2']);
  });
});

describe('UpdatePriceAndQuantity', () => {
  it('goes to the back of the queue even at the same price', () => {
    const desk = deskWith(standard('a', 'BUY', 100n, 5n), standard('b', 'BUY', 100n, 5n));
    update(desk, { UpdatePriceAndQuantity: { order_id: 'a', new_price: 100n, new_quantity: 1n } });
    expect(desk.queue('BUY')).toEqual(['100: b×5', '100: a×1']);
  });

  it('sets the visible quantity of an iceberg', () => {
    const desk = deskWith(iceberg('a', 'BUY', 100n, [5n, 7n]));
    update(desk, { UpdatePriceAndQuantity: { order_id: 'a', new_price: 98n, new_quantity: 6n } });
    expect(desk.queue('BUY')).toEqual(['98: a×6+7']);
  });

  it('sets what a reserve order has in all, and never more than it had', () => {
    const quantities = [5n, 55n, 60n, 99n].map((quantity) => {
      const desk = deskWith(reserve('r', 'SELL', 100n, [10n, 50n]));
      update(desk, { UpdatePriceAndQuantity: { order_id: 'r', new_price: 101n, new_quantity: quantity } });
      return desk.queue('SELL')[0];
    });
    expect(quantities).toEqual(['101: r×5+0', '101: r×5+50', '101: r×10+50', '101: r×10+50']);
  });
});

describe('Replace', () => {
  it('sets price, visible quantity and side', () => {
    const desk = deskWith(iceberg('a', 'BUY', 100n, [5n, 7n]));
    expect(update(desk, { Replace: { order_id: 'a', price: 105n, quantity: 3n, side: 'SELL' } })).toEqual({
      OrderUpdated: { order_id: 'a' },
    });
    expect(desk.queue('BUY')).toEqual([]);
    expect(desk.queue('SELL')).toEqual(['105: a×3+7']);
  });

  it('on the other side takes from those who were beside it, never from itself', () => {
    const desk = deskWith(standard('a', 'BUY', 100n, 5n), standard('b', 'BUY', 100n, 2n));
    const result = update(desk, { Replace: { order_id: 'a', price: 100n, quantity: 5n, side: 'SELL' } });
    expect(trades(result)).toEqual(['b×2@100']);
    expect(desk.queue('BUY')).toEqual([]);
    expect(desk.queue('SELL')).toEqual(['100: a×3']);
  });
});

describe('taking orders out', () => {
  it('CancelOrder and UpdateOrder.Cancel remove the order, and its level when it was the last one', () => {
    const desk = deskWith(standard('a', 'BUY', 100n, 5n), standard('b', 'BUY', 99n, 5n));
    expect(desk.execute({ CancelOrder: 'a' })).toEqual({ OrderCancelled: { order_id: 'a' } });
    expect(update(desk, { Cancel: { order_id: 'b' } })).toEqual({ OrderUpdated: { order_id: 'b' } });
    expect(desk.book.levels('BUY')).toEqual([]);
    expect(desk.book.bestBid).toBeNull();
    expect(desk.add(standard('a', 'BUY', 100n, 5n))).toEqual([{ OrderAdded: { order_id: 'a' } }]);
  });
});

describe('mass cancels', () => {
  const everyone = (options = {}) => {
    const desk = new Desk(options);
    desk.add(
      standard('bid 100', 'BUY', 100n, 1n),
      standard('bid 98', 'BUY', 98n, 1n, { user: BOB }),
      postOnly('bid 99', 'BUY', 99n, 1n),
      standard('ask 103', 'SELL', 103n, 1n),
      iceberg('ask 101', 'SELL', 101n, [1n, 1n], { user: BOB }),
      standard('ask 101 too', 'SELL', 101n, 1n),
    );
    return desk;
  };
  const cancelled = (...ids: string[]) => ({
    MassCancelled: { result: { cancelled_count: BigInt(ids.length), cancelled_order_ids: ids } },
  });

  it('CancelAll empties bids, then asks, each from the lowest price', () => {
    const desk = everyone();
    expect(desk.execute('CancelAll')).toEqual(
      cancelled('bid 98', 'bid 99', 'bid 100', 'ask 101', 'ask 101 too', 'ask 103'),
    );
    expect(desk.book.orderCount).toBe(0);
    expect(desk.execute('CancelAll')).toEqual(cancelled());
  });

  it('CancelBySide leaves the other side', () => {
    const desk = everyone();
    expect(desk.execute({ CancelBySide: { side: 'SELL' } })).toEqual(
      cancelled('ask 101', 'ask 101 too', 'ask 103'),
    );
    expect(desk.book.bestBid).toBe(100n);
  });

  it('CancelByUser takes the orders of one owner on both sides, in the order in which they came', () => {
    const desk = everyone();
    expect(desk.execute({ CancelByUser: { user_id: BOB } })).toEqual(cancelled('bid 98', 'ask 101'));
    expect(desk.execute({ CancelByUser: { user_id: BOB } })).toEqual(cancelled());
    expect(desk.book.orderCount).toBe(4);
  });

  it.each<[string, OrderBookCommand]>([
    ['was filled', { MarketOrder: { id: 'x', quantity: 1n, side: 'SELL' } }],
    ['was cancelled through an update', { UpdateOrder: { Cancel: { order_id: 'bid 100' } } }],
  ])(
    'CancelByUser reports the last order in the place of one that %s, as the Rust engine does',
    (_how, command) => {
      const desk = everyone();
      desk.execute(command);
      expect(desk.execute({ CancelByUser: { user_id: ALICE } })).toEqual(
        cancelled('ask 101 too', 'bid 99', 'ask 103'),
      );
    },
  );

  it('CancelByUser closes the gap that a cancel left', () => {
    const desk = everyone();
    desk.execute({ CancelOrder: 'bid 100' });
    expect(desk.execute({ CancelByUser: { user_id: ALICE } })).toEqual(
      cancelled('bid 99', 'ask 103', 'ask 101 too'),
    );
  });

  it('CancelByPriceRange includes both ends, and cancels nothing when they are the wrong way round', () => {
    const range = (min_price: bigint, max_price: bigint) =>
      everyone().execute({ CancelByPriceRange: { side: 'BUY', min_price, max_price } });
    expect(range(98n, 99n)).toEqual(cancelled('bid 98', 'bid 99'));
    expect(range(99n, 98n)).toEqual(cancelled());
    expect(range(0n, (1n << 128n) - 1n)).toEqual(cancelled('bid 98', 'bid 99', 'bid 100'));
  });

  it('EvictExpiredOrders takes GTD orders from their deadline on and DAY orders from the close on', () => {
    const desk = new Desk({ marketCloseMs: 5_000n });
    desk.add(
      standard('until 4000', 'BUY', 100n, 1n, { timeInForce: { GTD: 4_000n } }),
      standard('until 6000', 'BUY', 99n, 1n, { timeInForce: { GTD: 6_000n } }),
      standard('day', 'SELL', 101n, 1n, { timeInForce: 'DAY' }),
      standard('forever', 'SELL', 102n, 1n),
    );
    const evict = (now_ms: bigint) => desk.execute({ EvictExpiredOrders: { now_ms } });
    expect(evict(3_999n)).toEqual(cancelled());
    expect(evict(4_000n)).toEqual(cancelled('until 4000'));
    expect(evict(6_000n)).toEqual(cancelled('until 6000', 'day'));
    expect(desk.queue('SELL')).toEqual(['102: forever×1']);
  });
});
