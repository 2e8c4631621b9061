import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent, SerializationError } from '../../src/journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import type { MatchResult, OrderBookResult, Trade } from '../../src/order-book/index.js';

const codec = orderBookCodec();
const MATCH_RESULT = 'result.TradeExecuted.trade_result.match_result';
const MAX = 2n ** 64n - 1n;

function trade(maker: string, quantity: bigint, taker = '90'): Trade {
  return {
    ...{ trade_id: '1', taker_order_id: taker, maker_order_id: maker, price: 100n, quantity },
    ...{ taker_side: 'BUY', timestamp: 5n },
  };
}

/** A match result that Rust reads. It has two makers; the first is filled, and nothing remains. */
function valid(): MatchResult {
  return {
    order_id: '90',
    trades: { trades: [trade('10', 3n), trade('11', 2n)] },
    remaining_quantity: 0n,
    is_complete: true,
    filled_order_ids: ['10'],
    outcome: 'filled',
  };
}

function eventOf(change: Partial<MatchResult>) {
  return new SequencerEvent({
    sequenceNum: 0n,
    timestampNs: 1n,
    command: { MarketOrder: { id: '90', quantity: 3n, side: 'BUY' as const } },
    result: {
      TradeExecuted: {
        trade_result: {
          ...{ symbol: 'S', match_result: { ...valid(), ...change } },
          ...{ total_maker_fees: 0n, total_taker_fees: 0n, engine_seq: 0n, quote_notional: 300n },
        },
      },
    } as OrderBookResult,
  });
}

/** Returns the path and the reason of the refusal, which are the same for `encode` and `encodeInto`. */
function refusal(change: Partial<MatchResult>): [string, string] {
  const event = eventOf(change);
  const ways = [() => codec.encode(event), () => codec.encodeInto?.(event, Buffer.alloc(16 * 1024), 0)];
  const [encoded, inPlace] = ways.map((write): [string, string] => {
    try {
      write();
    } catch (error) {
      expect(error).toBeInstanceOf(SerializationError);
      expect(error).toMatchObject({ code: 'JOURNAL_SERIALIZATION', outcome: 'not-written' });
      const { path, reason } = error as SerializationError;
      return [String(path).replace(`${MATCH_RESULT}.`, ''), reason];
    }
    throw new Error('not refused');
  });
  expect(inPlace).toEqual(encoded);
  return encoded as [string, string];
}

const PARTIAL = { remaining_quantity: 5n, is_complete: false } as const;

describe('encoding refuses a match result that Rust would refuse to read', () => {
  test.each<[string, Partial<MatchResult>, string, string]>([
    [
      'incomplete with nothing left',
      { is_complete: false },
      'is_complete',
      'false contradicts remaining_quantity',
    ],
    [
      'complete with a remainder',
      { remaining_quantity: 1n },
      'is_complete',
      'true contradicts remaining_quantity',
    ],
    [
      'partially filled with nothing left',
      { outcome: 'partially_filled' },
      'outcome',
      '"partially_filled" contradicts',
    ],
    ['not filled with nothing left', { outcome: 'not_filled' }, 'outcome', '"not_filled" contradicts'],
    ['filled with a remainder', { ...PARTIAL, outcome: 'filled' }, 'outcome', '"filled" contradicts'],
    ['not filled with trades', { ...PARTIAL, outcome: 'not_filled' }, 'outcome', '"not_filled" contradicts'],
    ['killed with trades', { ...PARTIAL, outcome: 'killed' }, 'outcome', '"killed" contradicts'],
    ['rejected with trades', { ...PARTIAL, outcome: 'rejected' }, 'outcome', '"rejected" contradicts'],
    [
      'partially filled without trades',
      { ...PARTIAL, trades: { trades: [] }, filled_order_ids: [], outcome: 'partially_filled' },
      'outcome',
      '"partially_filled" contradicts remaining_quantity 5, 0 trades and 0 filled orders',
    ],
    [
      'killed with a filled order',
      { ...PARTIAL, trades: { trades: [] }, outcome: 'killed' },
      'outcome',
      '"killed" contradicts',
    ],
    [
      'a trade of another taker',
      { trades: { trades: [trade('10', 3n), trade('11', 2n, '91')] } },
      'trades.trades[1].taker_order_id',
      '91 is not order_id of the match result, which is 90',
    ],
    [
      'a filled order that is not a maker',
      { filled_order_ids: ['10', '77'] },
      'filled_order_ids[1]',
      '77 is not a maker of the trades',
    ],
    [
      'filled orders in another order',
      { filled_order_ids: ['11', '10'] },
      'filled_order_ids[1]',
      '10 is not a maker of the trades, or not in the order of the trades',
    ],
    [
      'an order that is filled twice',
      { trades: { trades: [trade('10', 3n), trade('10', 2n)] }, filled_order_ids: ['10', '10'] },
      'filled_order_ids[1]',
      '10 occurs twice',
    ],
    [
      'trades beyond a u64',
      { trades: { trades: [trade('10', MAX), trade('11', 1n)] } },
      'trades.trades',
      `the quantities of the trades add up to ${MAX + 1n}`,
    ],
    [
      'trades and remainder beyond a u64',
      { remaining_quantity: MAX, is_complete: false, outcome: 'partially_filled' },
      'trades.trades',
      `with remaining_quantity ${MAX} exceeds a u64`,
    ],
  ])('%s', (_what, change, path, reason) => {
    const [where, why] = refusal(change);
    expect(where).toBe(path);
    expect(why).toContain(reason);
  });

  test('whose integers are numbers', () => {
    const match = { remaining_quantity: 1, is_complete: true } as unknown as Partial<MatchResult>;
    expect(refusal(match)).toEqual([
      'is_complete',
      expect.stringContaining('remaining_quantity, which is 1'),
    ]);
    const trades = { trades: [trade('10', 3 as unknown as bigint), trade('11', MAX)] };
    expect(refusal({ trades })[0]).toBe('trades.trades');
  });

  test('an order that is filled twice, among many', () => {
    const makers = Array.from({ length: 50 }, (_, index) => String(index + 100));
    const trades = { trades: [...makers, ...makers].map((maker) => trade(maker, 1n)) };
    expect(() => codec.encode(eventOf({ trades, filled_order_ids: makers }))).not.toThrow();
    const [where, why] = refusal({ trades, filled_order_ids: [...makers, '107'] });
    expect([where, why]).toEqual(['filled_order_ids[50]', '107 occurs twice']);
  });
});

describe('encoding accepts a match result that Rust reads', () => {
  test.each<[string, Partial<MatchResult>]>([
    ['filled', {}],
    ['partially filled', { ...PARTIAL, outcome: 'partially_filled' }],
    ['killed', { ...PARTIAL, trades: { trades: [] }, filled_order_ids: [], outcome: 'killed' }],
    ['of quantity 0', { trades: { trades: [] }, filled_order_ids: [] }],
    ['of the largest quantities', { trades: { trades: [trade('10', MAX - 1n), trade('11', 1n)] } }],
    [
      'with a maker that has two trades',
      {
        trades: { trades: [trade('10', 1n), trade('11', 1n), trade('10', 1n)] },
        filled_order_ids: ['11', '10'],
      },
    ],
  ])('%s', (_what, change) => {
    const event = eventOf(change);
    expect(codec.decode(codec.encode(event), 0n, 1n)).toStrictEqual(event);
  });

  test('without an outcome, as 0.7 writes it', () => {
    const { outcome: _outcome, ...match } = valid();
    const event = eventOf({});
    (
      event.result as unknown as { TradeExecuted: { trade_result: { match_result: MatchResult } } }
    ).TradeExecuted.trade_result.match_result = match;
    expect(codec.decode(codec.encode(event), 0n, 1n)).toStrictEqual(event);
  });

  test('that contradicts itself, with ids: "any" and for an engine that reads it', () => {
    const event = eventOf({ is_complete: false });
    for (const lenient of [orderBookCodec({ ids: 'any' }), orderBookCodec({ engine: '0.11' })]) {
      expect(lenient.decode(lenient.encode(event), 0n, 1n)).toStrictEqual(event);
    }
    expect(() => orderBookCodec({ engine: '0.12' }).encode(event)).toThrow(SerializationError);
  });
});

test('entries of an earlier version of this package are read and keep their bytes, but are refused in a new event', async () => {
  const directory = join(import.meta.dirname, '../golden/differences/ts-written-match-results');
  await using journal = await FileJournal.openReadOnly({ directory, codec });
  const refused = new Map<bigint, unknown>();
  for (const { event, payload } of journal.readFrom(0n)) {
    expect(Buffer.from(codec.encode(event)).equals(payload)).toBe(true);
    const { sequenceNum, timestampNs, command, result } = event;
    try {
      codec.encode(new SequencerEvent({ sequenceNum, timestampNs, command, result }));
    } catch (error) {
      refused.set(sequenceNum, (error as SerializationError).path);
    }
  }
  expect(journal.lastSequence).toBe(8n);
  // orderbook-rs 0.12 fails to read the same entries.
  expect([...refused]).toEqual([
    [1n, `${MATCH_RESULT}.is_complete`],
    [2n, `${MATCH_RESULT}.outcome`],
    [3n, `${MATCH_RESULT}.outcome`],
    [4n, `${MATCH_RESULT}.trades.trades[0].taker_order_id`],
    [5n, `${MATCH_RESULT}.filled_order_ids[0]`],
    [6n, `${MATCH_RESULT}.filled_order_ids[1]`],
    [7n, `${MATCH_RESULT}.trades.trades`],
    [8n, `${MATCH_RESULT}.trades.trades`],
  ]);
});
