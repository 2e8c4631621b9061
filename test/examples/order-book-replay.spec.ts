import { describe, expect, it } from '@jest/globals';
import type { OrderBookResult } from '../../src/order-book/index.js';
import {
  OrderBook,
  type LevelSnapshot,
  type OrderBookOptions,
  type OrderBookSnapshot,
  type TradeIdGenerator,
} from '../../examples/trading-backend/src/order-book/index.js';
import { goldenEvents, GoldenClock, goldenJson, payloadOf, type GoldenEvent } from './order-book-golden.js';
import { parseLossless, stringifyLossless } from './lossless.js';

const events = await goldenEvents('v0.12.1/replay-book');
const startMs = (events[0]?.event.timestampNs ?? 0n) / 1_000_000n;

/**
 * The Rust program drew its ids from a namespace that no journal contains: the n-th trade gets the n-th id it
 * wrote.
 */
function journaledTradeIds(journal: readonly GoldenEvent[]): TradeIdGenerator {
  const ids = journal.flatMap(({ event }) => tradesOf(event.result).map((trade) => trade.trade_id));
  return (index) => ids[Number(index)] ?? `no trade ${index} in the journal`;
}

function tradesOf(result: OrderBookResult) {
  return 'TradeExecuted' in result ? result.TradeExecuted.trade_result.match_result.trades.trades : [];
}

/** The payloads that the journal would hold if this book had written it. */
function replay(book: OrderBook, clock: GoldenClock, journal: readonly GoldenEvent[]): string[] {
  return journal.map(({ event }) => {
    clock.beforeCommand(event.command);
    const result = book.execute(event.command, event);
    clock.afterResult(event.command, result);
    return payloadOf(event, result);
  });
}

function payloadsOf(journal: readonly GoldenEvent[]): string[] {
  return journal.map(({ payload }) => payload);
}

function rebuild(options: Partial<OrderBookOptions> = {}) {
  const clock = new GoldenClock(startMs);
  const book = new OrderBook('BTC-USD', {
    tradeIds: journaledTradeIds(events),
    ...options,
    clock: clock.read,
  });
  return { book, clock };
}

interface RustSnapshot {
  readonly symbol: string;
  readonly bids: readonly (LevelSnapshot & { readonly statistics: unknown })[];
  readonly asks: readonly (LevelSnapshot & { readonly statistics: unknown })[];
}

describe('replaying 2,000 commands of the Rust engine from an empty book', () => {
  it('gives every result byte for byte as Rust wrote it', () => {
    const { book, clock } = rebuild();
    expect(replay(book, clock, events)).toEqual(payloadsOf(events));
  });

  it('ends with the book of the Rust engine: every level, sum, order and place in the queue', () => {
    const { book, clock } = rebuild();
    replay(book, clock, events);

    const rust = goldenJson('v0.12.1/replay-book.snapshot.json') as RustSnapshot;
    const { symbol, bids, asks } = book.snapshot();
    const withoutStatistics = (levels: RustSnapshot['bids']) =>
      levels.map(({ statistics: _statistics, ...level }) => level);
    expect({ symbol, bids, asks }).toEqual({
      symbol: rust.symbol,
      bids: withoutStatistics(rust.bids),
      asks: withoutStatistics(rust.asks),
    });
    expect(bids.length).toBe(4);
    expect(asks.length).toBe(12);
  });

  it('differs with ids of its own in nothing but the trade ids', () => {
    const { book, clock } = rebuild();
    const ownClock = new GoldenClock(startMs);
    const ownBook = new OrderBook('BTC-USD', { clock: ownClock.read });
    const withoutIds = (texts: string[]) =>
      texts.map((text) => text.replace(/"trade_id":"[^"]*"/g, '"trade_id":""'));
    expect(withoutIds(replay(ownBook, ownClock, events))).toEqual(withoutIds(replay(book, clock, events)));
  });

  it('changes nothing with any of the commands that Rust rejected', () => {
    const { book, clock } = rebuild();
    let rejected = 0;
    for (const golden of events) {
      const before = book.snapshot();
      replay(book, clock, [golden]);
      if (!('Rejected' in golden.event.result)) continue;
      rejected++;
      expect(book.snapshot()).toEqual(before);
    }
    expect(rejected).toBe(171);
  });

  it('continues in the same way from a snapshot after every hundredth event', () => {
    const { book: original, clock } = rebuild();
    const expected = payloadsOf(events);
    const stops = Array.from({ length: events.length / 100 }, (_, index) => (index + 1) * 100);
    const starts = stops.map((stop) => {
      replay(original, clock, events.slice(stop - 100, stop));
      // Through text, as a snapshot store would keep it.
      return { stop, stored: stringifyLossless(original.snapshot()), clock: clock.clone() };
    });

    for (const { stop, stored, clock: resumed } of starts) {
      const book = OrderBook.restore(parseLossless(stored) as OrderBookSnapshot, {
        clock: resumed.read,
        tradeIds: journaledTradeIds(events),
      });
      expect(replay(book, resumed, events.slice(stop))).toEqual(expected.slice(stop));
      expect(book.snapshot()).toEqual(original.snapshot());
    }
  });
});

describe('replaying the order flow of a second Rust book, with fees', () => {
  it('gives every result byte for byte, trade times and fees included', async () => {
    const flow = await goldenEvents('v0.12.1/all-variants');
    const part = (first: number, last: number) => flow.slice(first, last + 1);
    const options = { clock: new GoldenClock(startMs).read, tradeIds: journaledTradeIds(flow.slice(83)) };
    const run = (book: OrderBook, journal: readonly GoldenEvent[]) =>
      journal.map(({ event }) => payloadOf(event, book.execute(event.command, event)));

    const withFees = new OrderBook('ÅB-"q"/USD😀', { ...options, fees: { makerBps: -2n, takerBps: 5n } });
    expect(run(withFees, part(83, 91))).toEqual(payloadsOf(part(83, 91)));
    // Number 92 is not a result of this book, and after it the program dropped the fees.
    const withoutFees = OrderBook.restore(withFees.snapshot(), options);
    expect(run(withoutFees, part(93, 117))).toEqual(payloadsOf(part(93, 117)));
  });
});
