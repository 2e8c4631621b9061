import { SequencerEvent } from '../../src/journal/index.js';
import { COMMAND, RESULT } from '../../src/order-book/schema.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import type {
  OrderBookCommand,
  OrderBookEngine,
  OrderBookResult,
  TradeExecuted,
} from '../../src/order-book/index.js';
import { Random } from '../support/random.js';
import { randomValue } from '../serialization/schema-values.js';
import type { RustEngine } from './rust-engine.js';

export type BookEvent = SequencerEvent<OrderBookCommand<unknown>, OrderBookResult>;

/**
 * Random events of every kind that the engine knows, with the members that it writes. So it writes them back
 * unchanged.
 */
export function randomEvents(engine: RustEngine, seed: number, count: number, first = 0n): BookEvent[] {
  const random = new Random(seed);
  const codec = orderBookCodec<unknown>({ engine: engine.version });
  const events: BookEvent[] = [];
  while (events.length < count) {
    const event = new SequencerEvent({
      sequenceNum: first + BigInt(events.length),
      timestampNs: random.bigint(0n, 2n ** 64n - 1n),
      command: withExtra(randomValue(COMMAND, random) as OrderBookCommand<unknown>, random),
      result: asEngineWrites(randomValue(RESULT, random) as OrderBookResult, engine),
    });
    if (isKnown(event, engine.version, codec)) events.push(event);
  }
  return events;
}

function isKnown(
  event: BookEvent,
  engine: OrderBookEngine,
  codec: ReturnType<typeof orderBookCodec<unknown>>,
) {
  try {
    codec.encode(event);
    return true;
  } catch (error) {
    if (String(error).includes(`orderbook-rs ${engine} cannot read the variant`)) return false;
    throw error;
  }
}

/**
 * Extra fields that a `serde_json::Value` keeps unchanged: keys in order, no fractions, no integers beyond 64
 * bits.
 */
function withExtra(command: OrderBookCommand<unknown>, random: Random): OrderBookCommand<unknown> {
  if (typeof command === 'object' && 'AddOrder' in command) {
    const order = Object.values(command.AddOrder)[0] as { extra_fields: unknown };
    order.extra_fields = random.pick<unknown>([
      null,
      random.text(20),
      { a: [1, -1, 2n ** 64n - 1n, -(2n ** 63n)], b: { c: true, d: null }, e: random.text(5) },
    ]);
  }
  return command;
}

/** Removes the members that this version does not know, and adds those that it always writes. */
function asEngineWrites(result: OrderBookResult, engine: RustEngine): OrderBookResult {
  if ('MassCancelled' in result && !engine.isAtLeast('0.14')) delete result.MassCancelled.result.failures;
  if (!('TradeExecuted' in result)) return result;
  const executed: TradeExecuted['trade_result'] = result.TradeExecuted.trade_result;
  const match = executed.match_result;
  const outcome = match.outcome ?? derivedOutcome(match.is_complete, match.trades.trades.length);
  const notional = executed.quote_notional ?? 0n;
  const error = match.error;
  delete match.outcome;
  delete match.error;
  delete executed.quote_notional;
  if (engine.isAtLeast('0.8')) executed.quote_notional = notional;
  if (engine.isAtLeast('0.9')) match.outcome = outcome;
  if (engine.isAtLeast('0.14')) match.error = error ?? null;
  else delete executed.origin_stop_id;
  return result;
}

function derivedOutcome(isComplete: boolean, trades: number) {
  if (isComplete) return 'filled' as const;
  return trades > 0 ? ('partially_filled' as const) : ('not_filled' as const);
}
