import { createHash } from 'node:crypto';
import { Random } from './random.js';

/** One request, and how to recognize its command in a journal. */
export interface FlowRequest {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** The name of the journaled command; null for bad input, which must not be journaled. */
  readonly command: string | null;
  /** The id of its order; null for a request about many orders. */
  readonly orderId: string | null;
  /** Whether an accepted order may rest in the book afterwards. */
  readonly mayRest?: boolean;
}

/** More than 2^64, because prices are u128. */
const MID_PRICE = 65_432_100_000_000_000_000n;
const TICK = 10_000_000_000_000_000n;
const ORDERS_PER_CLIENT = 1_000_000_000;
/** The flow ignores older orders, because most of them have traded. */
const REMEMBERED_ORDERS = 200;

/**
 * The requests of one trader: mostly new orders on both sides of a price, then cancels, changes and market
 * orders, sometimes a mass cancel, a change of an order that is gone, or an invalid request. The flow is
 * derived from the seed and from the resting orders.
 */
export class OrderFlow {
  readonly userId: string;
  private readonly random: Random;
  private readonly resting: string[] = [];
  private placed = 0;

  constructor(
    seed: number,
    private readonly client: number,
  ) {
    this.random = new Random(seed * 1_000 + client);
    this.userId = createHash('sha256').update(`trader ${client}`).digest('hex');
  }

  next(): FlowRequest {
    const act = this.random.weighted<() => FlowRequest>([
      [58, () => this.place()],
      [14, () => this.cancel()],
      [12, () => this.update()],
      [9, () => this.market()],
      [1.5, () => this.massCancel()],
      [3, () => this.cancelUnknown()],
      [2.5, () => this.nonsense()],
    ]);
    return act();
  }

  /** The book accepted the order, so the flow may cancel and change it from now on. */
  noteTaken({ orderId, mayRest }: FlowRequest): void {
    if (orderId === null || mayRest !== true) return;
    this.resting.push(orderId);
    if (this.resting.length > REMEMBERED_ORDERS) this.resting.shift();
  }

  private place(): FlowRequest {
    const id = this.newId();
    const side = this.side();
    const timeInForce = this.random.weighted([
      [80, 'GTC'],
      [6, 'IOC'],
      [4, 'FOK'],
      [5, 'DAY'],
      [5, 'GTD'],
    ]);
    const common = {
      id,
      side,
      userId: this.userId,
      price: this.price(side).toString(),
      timeInForce,
      ...(timeInForce === 'GTD' ? { goodTillMs: Date.now() + this.random.integer(50, 60_000) } : {}),
    };
    const tranches = { visibleQuantity: this.quantity(), hiddenQuantity: this.quantity() * 5 };
    const kind = this.random.weighted<object>([
      [70, { type: 'standard', quantity: this.quantity() }],
      [12, { type: 'post-only', quantity: String(this.quantity()) }],
      [10, { type: 'iceberg', ...tranches }],
      [8, { type: 'reserve', ...tranches, replenishThreshold: 3, replenishAmount: this.quantity() }],
    ]);
    const mayRest = timeInForce !== 'IOC' && timeInForce !== 'FOK';
    const body = { ...common, ...kind };
    return { method: 'POST', path: '/orders', body, command: 'AddOrder', orderId: id, mayRest };
  }

  private cancel(): FlowRequest {
    const id = this.takeResting();
    if (id === null) return this.place();
    return { method: 'DELETE', path: `/orders/${id}`, command: 'CancelOrder', orderId: id };
  }

  private update(): FlowRequest {
    const id = this.takeResting();
    if (id === null) return this.place();
    const side = this.side();
    const price = this.price(side).toString();
    const quantity = this.quantity();
    const body = this.random.pick<object>([
      { price },
      { quantity },
      { price, quantity },
      { price, quantity, side },
    ]);
    return {
      method: 'PATCH',
      path: `/orders/${id}`,
      body,
      command: 'UpdateOrder',
      orderId: id,
      mayRest: true,
    };
  }

  private market(): FlowRequest {
    const id = this.newId();
    const side = this.side();
    const byAmount = this.random.next() < 0.25;
    const amount = (MID_PRICE * BigInt(this.quantity())).toString();
    const body = { id, side, ...(byAmount ? { amount } : { quantity: this.quantity() * 3 }) };
    const command = byAmount ? 'MarketOrderByAmount' : 'MarketOrder';
    return { method: 'POST', path: '/orders/market', body, command, orderId: id };
  }

  private massCancel(): FlowRequest {
    const side = this.side();
    const minPrice = this.price(side);
    const maxPrice = minPrice + 3n * TICK;
    const [command, body] = this.random.weighted<readonly [string, object]>([
      [4, ['EvictExpiredOrders', { scope: 'expired' }]],
      [3, ['CancelByUser', { scope: 'user', userId: this.userId }]],
      [
        4,
        [
          'CancelByPriceRange',
          { scope: 'price-range', side, minPrice: String(minPrice), maxPrice: String(maxPrice) },
        ],
      ],
      [0.3, ['CancelBySide', { scope: 'side', side }]],
      [0.1, ['CancelAll', { scope: 'all' }]],
    ]);
    return { method: 'POST', path: '/orders/cancel', body, command, orderId: null };
  }

  private cancelUnknown(): FlowRequest {
    const id = this.newId();
    return { method: 'DELETE', path: `/orders/${id}`, command: 'CancelOrder', orderId: id };
  }

  /** Invalid requests, which the backend must answer with 400 and not journal. */
  private nonsense(): FlowRequest {
    const good = { type: 'standard', side: 'BUY', price: '100', quantity: 1 };
    const body = this.random.pick<object>([
      { ...good, price: '-1' },
      { ...good, quantity: 2 ** 60 },
      { ...good, side: 'HOLD' },
      { ...good, timeInForce: 'GTD' },
      { ...good, leverage: 100 },
    ]);
    return { method: 'POST', path: '/orders', body, command: null, orderId: null };
  }

  private newId(): string {
    this.placed += 1;
    return String((this.client + 1) * ORDERS_PER_CLIENT + this.placed);
  }

  private takeResting(): string | null {
    if (this.resting.length === 0) return null;
    const index = this.random.integer(0, this.resting.length - 1);
    return this.resting.splice(index, 1)[0] ?? null;
  }

  private side(): 'BUY' | 'SELL' {
    return this.random.pick(['BUY', 'SELL']);
  }

  /** Most orders stay on their side of the mid price, so that the book fills; some cross it. */
  private price(side: 'BUY' | 'SELL'): bigint {
    const away = BigInt(this.random.integer(-5, 40)) * TICK;
    return side === 'BUY' ? MID_PRICE - away : MID_PRICE + away;
  }

  private quantity(): number {
    return this.random.integer(1, 100);
  }
}
