/**
 * The events that all contestants store: an order flow with 350-400 bytes per event on average, in the
 * proportions and layouts of the golden journal `replay-book` (orders with 64-digit owners, decimal ids and
 * UUIDs, trades, cancels, updates, refusals).
 */
import { SequencerEvent } from 'nestjs-file-journal';
import {
  type Order,
  type OrderBookCommand,
  type OrderBookResult,
  type StandardOrder,
  type TimeInForce,
} from 'nestjs-file-journal/order-book';
import { random } from './random.js';

export type OrderEvent = SequencerEvent<OrderBookCommand, OrderBookResult>;

/**
 * The same event for contestants without an order-book codec, with numbers that JSON.stringify can write.
 */
export interface PlainEvent {
  readonly sequence_num: number;
  readonly timestamp_ns: number;
  readonly command: unknown;
  readonly result: unknown;
}

interface Template {
  readonly command: OrderBookCommand;
  readonly result: OrderBookResult;
  readonly plainCommand: unknown;
  readonly plainResult: unknown;
}

/**
 * Number of distinct events. An application appends an event that it has just made, so the events must fit in
 * the core's cache: with 4096 of them our encoder took 2.2 µs instead of 0.9, mostly waiting for memory.
 * There are enough of them that no contestant can cache the results.
 */
const TEMPLATES = 256;
const START_NS = 1_712_345_678_901_000_000n;
const START_MS = 1_712_345_678_901;

const templates: readonly Template[] = makeTemplates();

/** Makes consecutive events, typed or plain. */
export class EventSource {
  #next: number;

  constructor(first = 0) {
    this.#next = first;
  }

  /** Sequence of the next event. */
  get next(): number {
    return this.#next;
  }

  typed(): OrderEvent {
    const sequence = this.#next;
    this.#next += 1;
    const { command, result } = templateOf(sequence);
    return new SequencerEvent({
      sequenceNum: sequence,
      timestampNs: timestampNsOf(sequence),
      command,
      result,
    });
  }

  plain(): PlainEvent {
    const sequence = this.#next;
    this.#next += 1;
    const { plainCommand, plainResult } = templateOf(sequence);
    return {
      sequence_num: sequence,
      // Rounded to a double: the digits differ, but not their number.
      timestamp_ns: Number(START_NS) + sequence * 1024,
      command: plainCommand,
      result: plainResult,
    };
  }

  batch(count: number): OrderEvent[] {
    const events: OrderEvent[] = [];
    for (let index = 0; index < count; index += 1) events.push(this.typed());
    return events;
  }
}

/** The command of an event. */
export function commandOf(sequence: number): OrderBookCommand {
  return templateOf(sequence).command;
}

/** The result of executing the command of an event. */
export function resultOf(sequence: bigint): OrderBookResult {
  return templateOf(Number(sequence)).result;
}

export function timestampNsOf(sequence: number): bigint {
  return START_NS + BigInt(sequence * 1024);
}

function templateOf(sequence: number): Template {
  return templates[sequence % TEMPLATES] as Template;
}

function makeTemplates(): Template[] {
  const next = random(42);
  const integer = (below: number): number => Math.floor(next() * below);
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => integer(16).toString(16)).join('');
  const users = Array.from({ length: 16 }, () => hex(64));
  const id = (): string =>
    next() < 0.5
      ? String(1_000_000 + integer(9_000_000))
      : `${hex(8)}-${hex(4)}-5${hex(3)}-a${hex(3)}-${hex(12)}`;
  const price = (): bigint => BigInt(65_432_000_000 + integer(1_000) * 10_000);
  const lots = (): bigint => BigInt(1 + integer(500));
  const user = (): string => users[integer(users.length)] as string;
  const timestamp = (): bigint => BigInt(START_MS + integer(1_000_000));
  const side = (): 'BUY' | 'SELL' => (next() < 0.5 ? 'BUY' : 'SELL');

  // No spread: V8 gives objects made by several spreads many hidden classes. Every access to a field is then
  // a lookup, which takes a third of the time of an encoder.
  const plainOrder = (orderId: string, timeInForce: TimeInForce): StandardOrder => ({
    id: orderId,
    price: price(),
    quantity: lots(),
    side: side(),
    user_id: user(),
    timestamp: timestamp(),
    time_in_force: timeInForce,
    extra_fields: null,
  });
  const order = (orderId: string): Order => {
    const kind = next();
    if (kind < 0.7) return { Standard: plainOrder(orderId, 'GTC') };
    if (kind < 0.9) return { PostOnly: plainOrder(orderId, 'GTC') };
    return {
      IcebergOrder: {
        id: orderId,
        price: price(),
        visible_quantity: lots(),
        hidden_quantity: lots(),
        side: side(),
        user_id: user(),
        timestamp: timestamp(),
        time_in_force: 'GTC',
        extra_fields: null,
      },
    };
  };
  const traded = (orderId: string): OrderBookResult => {
    const quantity = lots();
    const trade = {
      trade_id: `${hex(8)}-${hex(4)}-5${hex(3)}-a${hex(3)}-${hex(12)}`,
      taker_order_id: orderId,
      maker_order_id: id(),
      price: price(),
      quantity,
      taker_side: side(),
      timestamp: timestamp(),
    };
    return {
      TradeExecuted: {
        trade_result: {
          symbol: 'BTC-USD',
          match_result: {
            order_id: orderId,
            trades: { trades: [trade] },
            remaining_quantity: 0n,
            is_complete: true,
            filled_order_ids: next() < 0.5 ? [trade.maker_order_id] : [],
            outcome: 'filled',
          },
          total_maker_fees: 0n,
          total_taker_fees: 0n,
          engine_seq: BigInt(integer(1_000_000)),
          quote_notional: BigInt(Number(trade.price) * Number(quantity)),
        },
      },
    };
  };
  const event = (): { command: OrderBookCommand; result: OrderBookResult } => {
    const kind = next();
    const orderId = id();
    if (kind < 0.58)
      return { command: { AddOrder: order(orderId) }, result: { OrderAdded: { order_id: orderId } } };
    if (kind < 0.66) return { command: { AddOrder: order(orderId) }, result: traded(orderId) };
    if (kind < 0.71) {
      return {
        command: { MarketOrder: { id: orderId, quantity: lots(), side: side() } },
        result: traded(orderId),
      };
    }
    if (kind < 0.86)
      return { command: { CancelOrder: orderId }, result: { OrderCancelled: { order_id: orderId } } };
    if (kind < 0.96) {
      return {
        command: {
          UpdateOrder: {
            UpdatePriceAndQuantity: { order_id: orderId, new_price: price(), new_quantity: lots() },
          },
        },
        result: { OrderUpdated: { order_id: orderId } },
      };
    }
    return {
      command: { AddOrder: { Standard: plainOrder(orderId, 'IOC') } },
      result: { Rejected: { reason: 'Insufficient liquidity for BUY order: requested 294, available 0' } },
    };
  };
  return Array.from({ length: TEMPLATES }, () => {
    const made = event();
    return { ...made, plainCommand: withNumbers(made.command), plainResult: withNumbers(made.result) };
  });
}

/** A copy with every bigint, all of them safe integers, as a number. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item)]));
}
