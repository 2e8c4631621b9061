import type { Order, OrderBookCommand, OrderUpdate, Side, TimeInForce } from '../../src/order-book/index.js';
import type { Random } from '../support/random.js';

const U64_MAX = 2n ** 64n - 1n;
const START_MS = 1_712_345_678_000n;
const USERS = ['a', 'b', 'c'].map((digit) => digit.repeat(64));

/** A command and its sequence in the journal. */
export interface FlowStep {
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  readonly command: OrderBookCommand;
}

/** What a flow contains besides ordinary orders. */
export interface FlowShape {
  /** The share of quantities that are 0, and of orders that show nothing: 0 … 1. @default 0 */
  readonly zeros?: number;
  /** The share of quantities near the largest one: 0 … 1. @default 0 */
  readonly extremes?: number;
  /** Most quantities are multiples of this. @default 1 */
  readonly lotSize?: bigint;
}

/**
 * Commands for a book of few prices and small quantities, so that most cases occur: crossing orders of every
 * supported kind, cancels and changes of orders that rest, have traded or never existed, and orders that
 * expire.
 */
export function orderFlow(random: Random, count: number, shape: FlowShape = {}): FlowStep[] {
  const flow = new Flow(random, shape);
  return Array.from({ length: count }, (_, index) => flow.step(BigInt(index)));
}

class Flow {
  private orders = 0;
  private nowMs = START_MS;

  constructor(
    private readonly random: Random,
    private readonly shape: FlowShape,
  ) {}

  step(sequenceNum: bigint): FlowStep {
    this.nowMs += BigInt(this.random.below(3));
    return { sequenceNum, timestampNs: this.nowMs * 1_000_000n, command: this.command() };
  }

  private command(): OrderBookCommand {
    const { random } = this;
    const choice = random.below(100);
    if (choice < 55) return { AddOrder: this.order() };
    if (choice < 65) return { CancelOrder: this.oldId() };
    if (choice < 80) return { UpdateOrder: this.update() };
    if (choice < 89)
      return { MarketOrder: { id: this.newId(), quantity: this.quantity(), side: this.side() } };
    if (choice < 94) {
      const amount = BigInt(random.below(3_000));
      return { MarketOrderByAmount: { id: this.newId(), amount, side: this.side() } };
    }
    if (choice < 97) return { EvictExpiredOrders: { now_ms: this.nowMs } };
    return random.pick<OrderBookCommand>([
      'CancelAll',
      { CancelBySide: { side: this.side() } },
      { CancelByUser: { user_id: random.pick(USERS) } },
      { CancelByPriceRange: { side: this.side(), min_price: 98n, max_price: 101n } },
    ]);
  }

  private order(): Order {
    const { random } = this;
    const common = {
      ...{ id: random.chance(0.95) ? this.newId() : this.oldId(), price: this.price(), side: this.side() },
      ...{ user_id: random.pick(USERS), timestamp: this.nowMs, time_in_force: this.timeInForce() },
      extra_fields: null,
    };
    const hiding = { visible_quantity: this.quantity(), hidden_quantity: this.hidden() };
    switch (random.below(8)) {
      case 0:
        return { PostOnly: { ...common, quantity: this.quantity() } };
      case 1:
        return { IcebergOrder: { ...common, ...hiding } };
      case 2: {
        const replenish = {
          replenish_threshold: BigInt(random.below(4)),
          replenish_amount: random.chance(0.3) ? null : this.lots() || 1n,
          auto_replenish: random.chance(0.7),
        };
        return { ReserveOrder: { ...common, ...hiding, ...replenish } };
      }
      default:
        return { Standard: { ...common, quantity: this.quantity() } };
    }
  }

  private update(): OrderUpdate {
    const order_id = this.oldId();
    const [price, quantity] = [this.price(), this.quantity()];
    return this.random.pick<OrderUpdate>([
      { UpdatePrice: { order_id, new_price: price } },
      { UpdateQuantity: { order_id, new_quantity: quantity } },
      { UpdatePriceAndQuantity: { order_id, new_price: price, new_quantity: quantity } },
      { Replace: { order_id, price, quantity, side: this.side() } },
      { Cancel: { order_id } },
    ]);
  }

  private timeInForce(): TimeInForce {
    const choice = this.random.below(20);
    if (choice < 14) return 'GTC';
    if (choice < 16) return 'IOC';
    if (choice < 17) return 'FOK';
    return choice < 18 ? 'DAY' : { GTD: this.nowMs + BigInt(this.random.below(60)) };
  }

  private newId(): string {
    return String(100 + this.orders++);
  }

  /** The id of an order, mostly one of the last. */
  private oldId(): string {
    return String(100 + Math.max(0, this.orders - 1 - this.random.below(30)));
  }

  private side(): Side {
    return this.random.chance(0.5) ? 'BUY' : 'SELL';
  }

  private price(): bigint {
    return 95n + BigInt(this.random.below(11));
  }

  private quantity(): bigint {
    if (this.isExtreme())
      return U64_MAX - BigInt(this.random.below(3)) * (this.random.chance(0.5) ? 1n : 2n ** 62n);
    return (this.shape.zeros ?? 0) > 0 && this.random.chance(this.shape.zeros ?? 0) ? 0n : this.lots();
  }

  /** Never extreme, because a taker of 2^64 lots would replenish an iceberg that shows 1 for years. */
  private hidden(): bigint {
    return BigInt(this.random.below(20)) * (this.shape.lotSize ?? 1n);
  }

  /** Mostly a multiple of the lot size. */
  private lots(): bigint {
    const { lotSize = 1n } = this.shape;
    const quantity = 1n + BigInt(this.random.below(15));
    return lotSize > 1n && this.random.chance(0.05) ? quantity : quantity * lotSize;
  }

  private isExtreme(): boolean {
    const { extremes = 0 } = this.shape;
    return extremes > 0 && this.random.chance(extremes);
  }
}
