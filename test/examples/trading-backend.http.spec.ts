import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Backend, type Answer } from './trading-backend-app.js';
import { until } from '../support/until.js';

const ALICE = 'a'.repeat(64);
const started: Backend[] = [];
let backend: Backend;

beforeEach(async () => {
  backend = await Backend.start();
  started.push(backend);
});

afterAll(async () => {
  for (const item of started) await item.close();
});

interface Terms {
  readonly [field: string]: unknown;
}

function place(
  id: string,
  side: string,
  price: number,
  quantity: number,
  terms: Terms = {},
): Promise<Answer> {
  return backend.post('/orders', { type: 'standard', id, side, price, quantity, ...terms });
}

/** `id×quantity@price` of both sides, best price first, in the order of the queues. */
async function queues(): Promise<string[]> {
  const { body } = await backend.get('/book?depth=100');
  const { bids, asks } = body as unknown as Record<'bids' | 'asks', { orders: object[] }[]>;
  return [...bids, ...asks].flatMap(({ orders }) => orders.map(brief));
}

function brief(order: object): string {
  const fields = Object.values(order)[0] as Record<string, string>;
  const hidden = fields['hidden_quantity'] === undefined ? '' : `+${fields['hidden_quantity']}`;
  return `${fields['id']}×${fields['quantity'] ?? fields['visible_quantity']}${hidden}@${fields['price']}`;
}

describe('POST /orders', () => {
  it('answers with the place, the time and the result of the command', async () => {
    const { status, body } = await place('1', 'BUY', 100, 5);
    expect(status).toBe(201);
    expect(body).toEqual({
      sequence: '0',
      timestampNs: expect.stringMatching(/^\d{19}$/),
      result: { OrderAdded: { order_id: '1' } },
    });
  });

  it('takes orders of every kind, which keep what makes them different', async () => {
    const common = { side: 'SELL', price: '100', userId: ALICE };
    const tranches = { visibleQuantity: '5', hiddenQuantity: 10 };
    await backend.post('/orders', { ...common, type: 'standard', id: '1', quantity: 1 });
    await backend.post('/orders', { ...common, type: 'post-only', id: '2', quantity: 2 });
    await backend.post('/orders', { ...common, type: 'iceberg', id: '3', ...tranches });
    await backend.post('/orders', {
      ...common,
      type: 'reserve',
      id: '4',
      ...tranches,
      replenishThreshold: 2,
      replenishAmount: '3',
      autoReplenish: false,
    });
    await backend.post('/orders', { ...common, type: 'reserve', id: '5', ...tranches });

    expect(await queues()).toEqual(['1×1@100', '2×2@100', '3×5+10@100', '4×5+10@100', '5×5+10@100']);
    expect((await backend.get('/orders/4')).body['order']).toEqual({
      ReserveOrder: {
        id: '4',
        price: '100',
        side: 'SELL',
        user_id: ALICE,
        timestamp: expect.stringMatching(/^\d{13}$/),
        time_in_force: 'GTC',
        extra_fields: null,
        visible_quantity: '5',
        hidden_quantity: '10',
        replenish_threshold: '2',
        replenish_amount: '3',
        auto_replenish: false,
      },
    });
    expect((await backend.get('/orders/5')).body['order']).toMatchObject({
      ReserveOrder: { replenish_threshold: '0', replenish_amount: null, auto_replenish: true },
    });
  });

  it('takes every time in force', async () => {
    await place('1', 'SELL', 100, 5);
    const day = await place('2', 'BUY', 90, 1, { timeInForce: 'DAY' });
    const gtd = await place('3', 'BUY', 90, 1, {
      timeInForce: 'GTD',
      goodTillMs: String(Date.now() + 60_000),
    });
    const ioc = await place('4', 'BUY', 100, 7, { timeInForce: 'IOC' });
    const fok = await place('5', 'BUY', 100, 7, { timeInForce: 'FOK' });
    expect([day.status, gtd.status, ioc.status, fok.status]).toEqual([201, 201, 201, 422]);
    expect(ioc.body['result']).toMatchObject({
      TradeExecuted: { trade_result: { match_result: { remaining_quantity: '2', is_complete: false } } },
    });
    expect(await queues()).toEqual(['2×1@90', '3×1@90']);
  });

  it('names an order that has no name', async () => {
    const { body } = await place('', 'BUY', 100, 5, { id: undefined });
    expect(body['result']).toEqual({
      OrderAdded: { order_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/) },
    });
  });

  it('refuses an id that is taken with 409, and anything else the book refuses with 422, and journals both', async () => {
    await place('1', 'BUY', 100, 5);
    const duplicate = await place('1', 'BUY', 90, 5);
    const crossing = await backend.post('/orders', {
      type: 'post-only',
      side: 'SELL',
      price: 99,
      quantity: 1,
    });
    const expired = await place('2', 'BUY', 90, 1, { timeInForce: 'GTD', goodTillMs: 1 });
    expect(duplicate).toEqual({
      status: 409,
      body: {
        statusCode: 409,
        error: 'Rejected',
        message: 'duplicate order id: order 1 is already resting on the book',
        sequence: '1',
        timestampNs: expect.any(String),
        result: { Rejected: { reason: 'duplicate order id: order 1 is already resting on the book' } },
      },
    });
    expect(crossing).toMatchObject({
      status: 422,
      body: { sequence: '2', message: 'Price crossing: SELL 99 would cross opposite at 100' },
    });
    expect(expired).toMatchObject({ status: 422, body: { sequence: '3' } });
    expect(backend.journal.lastSequence).toBe(3n);
    expect(await queues()).toEqual(['1×5@100']);
  });
});

describe('POST /orders/market', () => {
  it('takes up to a quantity, or up to an amount', async () => {
    await place('1', 'SELL', 100, 5);
    await place('2', 'SELL', 110, 5);
    const byQuantity = await backend.post('/orders/market', { id: '3', side: 'BUY', quantity: 6 });
    expect(byQuantity.status).toBe(200);
    expect(byQuantity.body['result']).toMatchObject({
      TradeExecuted: { trade_result: { quote_notional: '610', match_result: { order_id: '3' } } },
    });
    const byAmount = await backend.post('/orders/market', { side: 'BUY', amount: '250' });
    expect(byAmount.body['result']).toMatchObject({
      TradeExecuted: { trade_result: { quote_notional: '220' } },
    });
    expect(await queues()).toEqual(['2×2@110']);
  });

  it('answers 422 if the other side of the book is empty', async () => {
    const { status, body } = await backend.post('/orders/market', { side: 'BUY', quantity: 1 });
    expect(status).toBe(422);
    expect(body).toMatchObject({ sequence: '0', message: expect.stringContaining('Insufficient liquidity') });
  });
});

describe('PATCH /orders/:id', () => {
  it('changes the price, the quantity, both, or replaces the order', async () => {
    await place('1', 'BUY', 100, 5);
    await place('2', 'BUY', 100, 5);
    const path = '/orders/1';
    expect((await backend.patch(path, { quantity: 3 })).body['result']).toEqual({
      OrderUpdated: { order_id: '1' },
    });
    expect(await queues()).toEqual(['1×3@100', '2×5@100']);
    await backend.patch(path, { price: 101 });
    expect(await queues()).toEqual(['1×3@101', '2×5@100']);
    await backend.patch(path, { price: 100, quantity: 4 });
    expect(await queues()).toEqual(['2×5@100', '1×4@100']);
    await backend.patch('/orders/2', { price: 100, quantity: 9, side: 'BUY' });
    expect(await queues()).toEqual(['1×4@100', '2×9@100']);

    const updates = (await backend.get('/events?from=2')).body as unknown as {
      command: { UpdateOrder: object };
    }[];
    expect(updates.map(({ command }) => Object.keys(command.UpdateOrder)[0])).toEqual([
      'UpdateQuantity',
      'UpdatePrice',
      'UpdatePriceAndQuantity',
      'Replace',
    ]);
  });

  it('answers 404 for an order that is not there, with the sequence of the refusal', async () => {
    const answer = await backend.patch('/orders/77', { price: 1 });
    expect(answer).toMatchObject({ status: 404, body: { sequence: '0', message: 'order not found: 77' } });
  });
});

describe('DELETE /orders/:id', () => {
  it('takes an order out, once', async () => {
    await place('1', 'BUY', 100, 5);
    expect(await backend.delete('/orders/1')).toMatchObject({
      status: 200,
      body: { result: { OrderCancelled: { order_id: '1' } } },
    });
    expect(await backend.delete('/orders/1')).toMatchObject({ status: 404, body: { sequence: '2' } });
    expect(await queues()).toEqual([]);
  });
});

describe('POST /orders/cancel', () => {
  beforeEach(async () => {
    await place('1', 'BUY', 90, 1, { userId: ALICE });
    await place('2', 'BUY', 95, 1);
    await place('3', 'SELL', 105, 1, { userId: ALICE });
    await place('4', 'SELL', 110, 1);
  });

  it.each<[string, object, string[]]>([
    ['all', { scope: 'all' }, ['1', '2', '3', '4']],
    ['one side', { scope: 'side', side: 'BUY' }, ['1', '2']],
    ['one owner', { scope: 'user', userId: ALICE }, ['1', '3']],
    ['a range of prices', { scope: 'price-range', side: 'BUY', minPrice: 91, maxPrice: '95' }, ['2']],
    ['nothing', { scope: 'price-range', side: 'SELL', minPrice: 0, maxPrice: 104 }, []],
  ])('cancels %s', async (_what, body, ids) => {
    const answer = await backend.post('/orders/cancel', body);
    expect(answer.status).toBe(200);
    const { MassCancelled } = answer.body['result'] as unknown as {
      MassCancelled: { result: { cancelled_count: string; cancelled_order_ids: string[] } };
    };
    expect(MassCancelled.result.cancelled_count).toBe(String(ids.length));
    expect(MassCancelled.result.cancelled_order_ids.toSorted()).toEqual(ids);
  });

  it('cancels what has expired', async () => {
    // Long enough for a busy machine to place it before it expires.
    const goodTillMs = Date.now() + 3_000;
    await place('5', 'SELL', 110, 1, { timeInForce: 'GTD', goodTillMs });
    await until(() => Date.now() > goodTillMs);
    const { body } = await backend.post('/orders/cancel', { scope: 'expired' });
    expect(body['result']).toMatchObject({ MassCancelled: { result: { cancelled_order_ids: ['5'] } } });
  });
});

describe('reading', () => {
  it('shows the best levels of both sides, with the sequence they are of', async () => {
    for (const [index, price] of [90, 95, 93].entries()) await place(String(index), 'BUY', price, 2);
    await place('9', 'SELL', 100, 1);
    const { status, body } = await backend.get('/book?depth=2');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      symbol: 'BTC-USD',
      sequence: '3',
      bids: [{ price: '95', visible_quantity: '2', hidden_quantity: '0', order_count: '1' }, { price: '93' }],
      asks: [{ price: '100' }],
    });
    expect(body['bids']).toHaveLength(2);
  });

  it('shows the last trades, newest first', async () => {
    await place('1', 'SELL', 100, 5);
    for (const id of ['2', '3', '4']) await place(id, 'BUY', 100, 1);
    const { body } = await backend.get('/trades?limit=2');
    expect(body).toMatchObject({
      sequence: '3',
      trades: [
        { taker_order_id: '4', maker_order_id: '1', price: '100', quantity: '1', taker_side: 'BUY' },
        { taker_order_id: '3' },
      ],
    });
  });

  it('answers 404 for an order that does not rest; nothing is journaled for it', async () => {
    const { status, body } = await backend.get('/orders/77');
    expect(status).toBe(404);
    expect(body).not.toHaveProperty('sequence');
    expect(backend.journal.lastSequence).toBeNull();
  });

  it('returns SequencerEvents from a controller, with every bigint as a decimal string', async () => {
    await place('1', 'BUY', 100, 5);
    await backend.delete('/orders/1');
    const { body } = await backend.get('/events?from=1&limit=5');
    expect(body).toEqual([
      {
        sequenceNum: '1',
        timestampNs: expect.any(String),
        command: { CancelOrder: '1' },
        result: { OrderCancelled: { order_id: '1' } },
      },
    ]);
  });

  it('reports the health of the journal', async () => {
    await place('1', 'SELL', 100, 5);
    await place('2', 'BUY', 100, 5);
    expect(await backend.get('/health')).toEqual({
      status: 200,
      body: {
        status: 'up',
        journal: {
          state: 'open',
          durability: 'sync',
          firstAvailableSequence: '0',
          lastSequence: '1',
          durableSequence: '1',
          recovery: 'created',
          failure: null,
        },
        sequencer: { state: 'open', queued: 0, isClockSkewed: false },
        replay: expect.objectContaining({ phase: 'done', replayed: 0, total: '0' }),
        tradesTold: 1,
      },
    });
  });
});
