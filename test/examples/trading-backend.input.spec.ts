import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configFromEnvironment } from '../../examples/trading-backend/src/config/backend-config.js';
import { Backend } from './trading-backend-app.js';

const U64_MAX = '18446744073709551615';
const U64_TOO_LARGE = '18446744073709551616';
const U128_MAX = '340282366920938463463374607431768211455';
const U128_TOO_LARGE = '340282366920938463463374607431768211456';

let backend: Backend;

beforeAll(async () => {
  backend = await Backend.start();
});

afterAll(() => backend.close());

const order = { type: 'standard', side: 'BUY', price: '100', quantity: '5' };
const iceberg = { type: 'iceberg', side: 'BUY', price: '100', visibleQuantity: 1, hiddenQuantity: 1 };
const reserve = { ...iceberg, type: 'reserve' };
const market = { side: 'BUY', quantity: 1 };
const range = { scope: 'price-range', side: 'BUY', minPrice: 1, maxPrice: 2 };

/** Method and path, body (a string is sent as it is), and what the message must say. */
const cases: [string, unknown, RegExp][] = [
  ['POST /orders', undefined, /type must be one of standard, post-only, iceberg, reserve/],
  ['POST /orders', {}, /type must be one of/],
  ['POST /orders', [order], /type must be one of/],
  ['POST /orders', '"order"', /JSON/],
  ['POST /orders', '{"type":', /JSON/],
  ['POST /orders', { ...order, type: 'stop' }, /type must be one of/],
  ['POST /orders', { ...order, type: ['standard'] }, /type must be one of/],
  ['POST /orders', { ...order, type: 'constructor' }, /type must be one of/],
  ['POST /orders', { ...order, side: 'HOLD' }, /side must be one of the following values: BUY, SELL/],
  ['POST /orders', { ...order, side: undefined }, /side must be/],
  ['POST /orders', { ...order, price: undefined }, /price must be an integer of 1 … 3402\d+ \(u128\)/],
  ['POST /orders', { ...order, price: null }, /price must be/],
  ['POST /orders', { ...order, price: '' }, /price must be/],
  ['POST /orders', { ...order, price: '0' }, /price must be/],
  ['POST /orders', { ...order, price: -1 }, /price must be/],
  ['POST /orders', { ...order, price: '-1' }, /price must be/],
  ['POST /orders', { ...order, price: 1.5 }, /price must be/],
  ['POST /orders', { ...order, price: '1.0' }, /price must be/],
  ['POST /orders', { ...order, price: '1e3' }, /price must be/],
  ['POST /orders', { ...order, price: '0x10' }, /price must be/],
  ['POST /orders', { ...order, price: '007' }, /price must be/],
  ['POST /orders', { ...order, price: ' 7' }, /price must be/],
  ['POST /orders', { ...order, price: true }, /price must be/],
  ['POST /orders', { ...order, price: { value: 1 } }, /price must be/],
  ['POST /orders', { ...order, price: U128_TOO_LARGE }, /price must be/],
  ['POST /orders', { ...order, price: '9'.repeat(90_000) }, /price must be/],
  ['POST /orders', '{"type":"standard","side":"BUY","price":9007199254740993,"quantity":1}', /price must be/],
  ['POST /orders', { ...order, quantity: 0 }, /quantity must be an integer of 1 … 1844\d+ \(u64\)/],
  ['POST /orders', { ...order, quantity: U64_TOO_LARGE }, /quantity must be/],
  ['POST /orders', { ...order, quantity: 2 ** 60 }, /quantity must be/],
  ['POST /orders', { ...order, id: 7 }, /id must be a UUID/],
  ['POST /orders', { ...order, id: '007' }, /id must be a UUID/],
  ['POST /orders', { ...order, id: U64_TOO_LARGE }, /id must be a UUID/],
  [
    'POST /orders',
    { ...order, id: 'F47AC10B-58CC-4372-A567-0E02B2C3D479' },
    /id must be a UUID in lower case/,
  ],
  ['POST /orders', { ...order, id: '01ARZ3NDEKTSV4RRFFQ69G5FAv' }, /id must be/],
  ['POST /orders', { ...order, userId: 'alice' }, /userId must be 32 bytes as 64 hex digits/],
  ['POST /orders', { ...order, userId: 'A'.repeat(64) }, /userId must be/],
  ['POST /orders', { ...order, timeInForce: 'gtc' }, /timeInForce must be one of/],
  ['POST /orders', { ...order, timeInForce: 'GTD' }, /goodTillMs must be an integer/],
  ['POST /orders', { ...order, timeInForce: 'GTD', goodTillMs: 'soon' }, /goodTillMs must be an integer/],
  ['POST /orders', { ...order, goodTillMs: 5 }, /goodTillMs can only be given when timeInForce is GTD/],
  ['POST /orders', { ...order, leverage: 100 }, /property leverage should not exist/],
  ['POST /orders', { ...order, visibleQuantity: 1 }, /property visibleQuantity should not exist/],
  ['POST /orders', { ...iceberg, quantity: 1 }, /property quantity should not exist/],
  ['POST /orders', { ...iceberg, visibleQuantity: 0 }, /visibleQuantity must be an integer of 1/],
  ['POST /orders', { ...iceberg, hiddenQuantity: -1 }, /hiddenQuantity must be an integer of 0/],
  ['POST /orders', { ...iceberg, autoReplenish: true }, /property autoReplenish should not exist/],
  ['POST /orders', { ...reserve, replenishThreshold: 'few' }, /replenishThreshold must be/],
  ['POST /orders', { ...reserve, replenishAmount: 0 }, /replenishAmount must be/],
  ['POST /orders', { ...reserve, autoReplenish: 'yes' }, /autoReplenish must be a boolean/],
  ['POST /orders/market', undefined, /side must be.*quantity must be/],
  ['POST /orders/market', [], /side must be/],
  ['POST /orders/market', { side: 'BUY' }, /quantity must be/],
  ['POST /orders/market', { ...market, amount: 1 }, /quantity and amount cannot both be given/],
  ['POST /orders/market', { side: 'BUY', amount: 0 }, /amount must be an integer of 1 … 3402\d+ \(u128\)/],
  ['POST /orders/market', { ...market, price: 1 }, /property price should not exist/],
  ['POST /orders/cancel', undefined, /scope must be one of all, side, user, price-range, expired/],
  ['POST /orders/cancel', { scope: 'everything' }, /scope must be one of/],
  ['POST /orders/cancel', { scope: 'all', side: 'BUY' }, /property side should not exist/],
  ['POST /orders/cancel', { scope: 'side' }, /side must be/],
  ['POST /orders/cancel', { scope: 'user', userId: 'bob' }, /userId must be/],
  ['POST /orders/cancel', { ...range, minPrice: -1 }, /minPrice must be an integer of 0/],
  ['POST /orders/cancel', { ...range, maxPrice: U128_TOO_LARGE }, /maxPrice must be/],
  ['POST /orders/cancel', { ...range, minPrice: 3 }, /maxPrice must not be below minPrice/],
  ['PATCH /orders/1', undefined, /give price, quantity, both, or both and side/],
  ['PATCH /orders/1', {}, /give price, quantity/],
  ['PATCH /orders/1', { price: null }, /price must be/],
  ['PATCH /orders/1', { quantity: 0 }, /quantity must be/],
  ['PATCH /orders/1', { side: 'BUY' }, /price must be.*quantity must be/],
  ['PATCH /orders/1', { price: 1, side: 'BUY' }, /quantity must be/],
  ['PATCH /orders/1', { price: 1, timeInForce: 'GTC' }, /property timeInForce should not exist/],
  ['PATCH /orders/one', { price: 1 }, /the order id must be a UUID/],
  ['DELETE /orders/one', undefined, /the order id must be/],
  ['DELETE /orders/007', undefined, /the order id must be/],
  ['GET /orders/one', undefined, /the order id must be/],
  ['GET /book?depth=0', undefined, /depth must be an integer of 1 … 10000/],
  ['GET /book?depth=10001', undefined, /depth must be/],
  ['GET /book?depth=', undefined, /depth must be/],
  ['GET /book?depth=1&depth=2', undefined, /depth must be/],
  ['GET /book?levels=2', undefined, /property levels should not exist/],
  ['GET /trades?limit=-1', undefined, /limit must be an integer of 1 … 100/],
  ['GET /trades?limit=all', undefined, /limit must be/],
  [`GET /events?from=${U64_TOO_LARGE}`, undefined, /from must be an integer of 0/],
  ['GET /events?limit=1e2', undefined, /limit must be/],
];

describe('bad input', () => {
  it.each(cases)(
    '%s %j is answered with 400, a clear message, and nothing in the journal',
    async (target, body, message) => {
      const [method = '', path = ''] = target.split(' ');
      const answer = await backend.send(method, path, body);
      expect(String(answer.body['message'])).toMatch(message);
      expect(answer.status).toBe(400);
      expect(backend.journal.nextSequence).toBeNull();
    },
  );

  it('is answered with 413 when it is too long', async () => {
    const { status } = await backend.post('/orders', { ...order, note: 'x'.repeat(200_000) });
    expect(status).toBe(413);
    expect(backend.journal.nextSequence).toBeNull();
  });
});

describe('integers of any size', () => {
  it('come in and go out without loss', async () => {
    const own = await Backend.start();
    const sent = [
      { id: '1', price: '9007199254740993', quantity: '9007199254740993' },
      { id: U64_MAX, price: U128_MAX, quantity: U64_MAX },
      { id: '3', price: 9_007_199_254_740_991, quantity: 1 },
    ];
    for (const { id, price, quantity } of sent) {
      const { status } = await own.post('/orders', { ...order, side: 'SELL', id, price, quantity });
      expect(status).toBe(201);
      expect((await own.get(`/orders/${id}`)).body['order']).toMatchObject({
        Standard: { id, price: String(price), quantity: String(quantity) },
      });
    }
    const restarted = await own.restart();
    expect((await restarted.get('/book')).body['asks']).toMatchObject([
      { price: '9007199254740991' },
      { price: '9007199254740993', visible_quantity: '9007199254740993' },
      { price: U128_MAX, visible_quantity: U64_MAX },
    ]);
    await restarted.close();
  });
});

describe('the environment', () => {
  it('is not needed', () => {
    expect(configFromEnvironment({ PORT: '' })).toEqual({
      symbol: 'BTC-USD',
      host: '127.0.0.1',
      port: 3000,
      journalDirectory: 'data/journal',
      segmentSizeBytes: undefined,
      durability: 'sync',
      snapshotEvery: 10_000,
      replayProgressMs: 1_000,
      logLevel: 'log',
    });
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', 'http'],
    ['JOURNAL_SEGMENT_SIZE', '1e6'],
    ['JOURNAL_DURABILITY', 'always'],
    ['SNAPSHOT_EVERY', '-1'],
    ['LOG_LEVEL', 'loud'],
  ])('is refused by the name of the variable: %s=%s', (name, value) => {
    expect(() => configFromEnvironment({ [name]: value })).toThrow(
      new RegExp(`^${name} must be .*"${value}"`),
    );
  });
});
