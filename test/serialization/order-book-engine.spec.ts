import { describe, expect, test } from '@jest/globals';
import { InvalidOptionError, SequencerEvent } from '../../src/journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import type { OrderBookCommand, OrderBookEngine, OrderBookResult } from '../../src/order-book/index.js';

const plain = orderBookCodec<unknown>();
const ADDED: OrderBookResult = { OrderAdded: { order_id: '1' } };

function eventOf(command: OrderBookCommand<unknown>, result: OrderBookResult) {
  return new SequencerEvent({ sequenceNum: 1n, timestampNs: 2n, command, result });
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

const MATCH = {
  ...{ order_id: '1', trades: { trades: [] }, remaining_quantity: 0n, is_complete: true },
  ...{ filled_order_ids: [], outcome: 'filled' as const },
};
const EXECUTED = {
  TradeExecuted: {
    trade_result: {
      ...{ symbol: 'S', match_result: MATCH, total_maker_fees: 0n, total_taker_fees: 0n },
      ...{ engine_seq: 0n, quote_notional: 0n },
    },
  },
} satisfies OrderBookResult;
const CANCELLED: OrderBookResult = {
  MassCancelled: { result: { cancelled_count: 0n, cancelled_order_ids: [] } },
};
const EXECUTED_TEXT =
  '{"TradeExecuted":{"trade_result":{"symbol":"S","match_result":{"order_id":"1","trades":{"trades":[]},' +
  '"remaining_quantity":0,"is_complete":true,"filled_order_ids":[],"outcome":"filled"ERROR},' +
  '"total_maker_fees":0,"total_taker_fees":0,"engine_seq":0,"quote_notional":0STOP}}}';

function payload(result: string): string {
  return `{"sequence_num":1,"timestamp_ns":2,"command":"CancelAll","result":${result}}`;
}

describe('the members that 0.14 added', () => {
  const without = EXECUTED_TEXT.replace('ERROR', '').replace('STOP', '');
  const complete = EXECUTED_TEXT.replace('ERROR', ',"error":null').replace('STOP', ',"origin_stop_id":null');

  test.each<[OrderBookEngine | undefined, string, string]>([
    [undefined, without, ''],
    ['0.7', without, ''],
    ['0.13', without, ''],
    ['0.14', complete, ',"failures":[]'],
    ['0.15', complete, ',"failures":[]'],
  ])('with engine %s are written as that version writes them', (engine, executed, failures) => {
    const codec = orderBookCodec<unknown>(engine === undefined ? {} : { engine });
    const cancelled = `{"MassCancelled":{"result":{"cancelled_count":0,"cancelled_order_ids":[]${failures}}}}`;
    expect(text(codec.encode(eventOf('CancelAll', EXECUTED)))).toBe(payload(executed));
    expect(text(codec.encode(eventOf('CancelAll', CANCELLED)))).toBe(payload(cancelled));
    // A number instead of a bigint makes the codec check the value first.
    const unusual = structuredClone(CANCELLED) as { MassCancelled: { result: { cancelled_count: unknown } } };
    unusual.MassCancelled.result.cancelled_count = 0;
    expect(text(codec.encode(eventOf('CancelAll', unusual as OrderBookResult)))).toBe(payload(cancelled));
  });

  test.each([without, complete])('are read, and written back in a new event: %s', (stored) => {
    for (const codec of [plain, orderBookCodec<unknown>({ engine: '0.7' })]) {
      const event = codec.decode(Buffer.from(payload(stored)), 1n, 2n);
      expect(text(codec.encode(event))).toBe(payload(stored));
      const { command, result } = event;
      expect(text(codec.encode(eventOf(command, result)))).toBe(payload(stored));
    }
  });

  test('are written before unknown fields, whatever the order of the properties', () => {
    const { quote_notional, ...others } = EXECUTED.TradeExecuted.trade_result;
    const match = { later: [1n], ...MATCH };
    const result = {
      TradeExecuted: { trade_result: { quote_notional, new: null, ...others, match_result: match } },
    };
    const stored = EXECUTED_TEXT.replace('ERROR', ',"error":null,"later":[1]').replace(
      'STOP',
      ',"origin_stop_id":null,"new":null',
    );
    const codec = orderBookCodec<unknown>({ engine: '0.14' });
    const event = eventOf('CancelAll', result as unknown as OrderBookResult);
    expect(text(codec.encode(event))).toBe(payload(stored));
  });

  test('hold errors of price levels', () => {
    const errors = [
      '"InvalidFormat"',
      '{"UnknownOrderType":"é\\""}',
      '{"ChecksumMismatch":{"expected":"a","actual":"b"}}',
      '{"CapacityExceeded":{"resource":"filled_order_ids","additional":18446744073709551615}}',
      '{"CounterExhausted":{"counter":"queue_sequence"}}',
    ];
    for (const error of errors) {
      const stored = [
        EXECUTED_TEXT.replace('ERROR', `,"error":${error}`).replace('STOP', ',"origin_stop_id":"7"'),
        `{"MassCancelled":{"result":{"cancelled_count":0,"cancelled_order_ids":[],"failures":[` +
          `{"level_unreadable":{"side":"BUY","price":340282366920938463463374607431768211455,"error":${error}}},` +
          `{"order_cancel_failed":{"order_id":"7","error":${error}}},` +
          `{"level_fault_after_removal":{"order_id":"8","error":${error}}}]}}}`,
      ];
      for (const result of stored) {
        const event = plain.decode(Buffer.from(payload(result)), 1n, 2n);
        expect(text(plain.encode(eventOf(event.command, event.result)))).toBe(payload(result));
      }
    }
  });

  test('are refused with their path if they are invalid', () => {
    const wrong = structuredClone(EXECUTED) as never as {
      TradeExecuted: { trade_result: { match_result: { error: unknown } } };
    };
    wrong.TradeExecuted.trade_result.match_result.error = {
      CapacityExceeded: { resource: 'trades', additional: -1n },
    };
    expect(() => plain.encode(eventOf('CancelAll', wrong as never))).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_SERIALIZATION',
        path: 'result.TradeExecuted.trade_result.match_result.error.CapacityExceeded.additional',
      }),
    );
    const unknown = payload(
      '{"MassCancelled":{"result":{"cancelled_count":0,"cancelled_order_ids":[],"failures":[{"x":1}]}}}',
    );
    expect(() => plain.decode(Buffer.from(unknown), 1n, 2n)).toThrow(
      'result.MassCancelled.result.failures[0]: unknown variant "x"',
    );
  });
});

describe('the variants that later versions added', () => {
  const COMMITTED = {
    executed_quantity: 3n,
    trades: [{ trade_id: '1', maker_order_id: '2', price: 3n, quantity: 3n }],
  };
  const variants: readonly [
    string,
    OrderBookEngine,
    OrderBookEngine,
    OrderBookCommand<unknown>,
    OrderBookResult,
  ][] = [
    [
      'MarketOrderByAmount',
      '0.7',
      '0.8',
      { MarketOrderByAmount: { id: '1', amount: 1n, side: 'BUY' } },
      ADDED,
    ],
    ['EvictExpiredOrders', '0.9', '0.10', { EvictExpiredOrders: { now_ms: 1n } }, ADDED],
    [
      'RejectedWithCode',
      '0.12',
      '0.13',
      'CancelAll',
      { RejectedWithCode: { reason: '', code: 0, may_have_mutated: true, stp_mode: null } },
    ],
    [
      'MatchAborted',
      '0.13',
      '0.14',
      'CancelAll',
      { MatchAborted: { reason: '', code: 15, committed: COMMITTED } },
    ],
  ];

  test.each(variants)('%s is refused for %s and written for %s', (name, older, first, command, result) => {
    const event = eventOf(command, result);
    const field = command === 'CancelAll' ? 'result' : 'command';
    const old = orderBookCodec<unknown>({ engine: older });
    const refusal = expect.objectContaining({
      code: 'JOURNAL_SERIALIZATION',
      path: field,
      reason: `orderbook-rs ${older} cannot read the variant ${name}, which ${first} added`,
    });
    expect(() => old.encode(event)).toThrow(refusal);
    if (field === 'command') expect(() => old.commandAsStored?.(command)).toThrow(refusal);

    const stored = orderBookCodec<unknown>({ engine: first }).encode(event);
    expect(stored).toEqual(plain.encode(event));
    // A stored entry stays readable and keeps its bytes.
    expect(old.encode(old.decode(stored, 1n, 2n))).toEqual(stored);
  });

  test('MatchAborted is written as Rust writes it', () => {
    const [, , , command, result] = variants[3] as (typeof variants)[number];
    expect(text(plain.encode(eventOf(command, result)))).toBe(
      payload(
        '{"MatchAborted":{"reason":"","code":15,"committed":{"executed_quantity":3,' +
          '"trades":[{"trade_id":"1","maker_order_id":"2","price":3,"quantity":3}]}}}',
      ),
    );
  });
});

describe('a missing member', () => {
  test('is read as in Rust: engine_seq as 0, an Option as null', () => {
    const old = payload(
      EXECUTED_TEXT.replace('ERROR', '').replace('STOP', '').replace('"engine_seq":0,', ''),
    );
    const event = plain.decode(Buffer.from(old), 1n, 2n);
    expect(event.result).toStrictEqual(EXECUTED);
    expect(text(plain.encode(event))).toBe(old);

    const rejected = payload('{"RejectedWithCode":{"reason":"","code":1,"may_have_mutated":false}}');
    expect(plain.decode(Buffer.from(rejected), 1n, 2n).result).toStrictEqual({
      RejectedWithCode: { reason: '', code: 1, may_have_mutated: false, stp_mode: null },
    });
  });

  test('is an error where Rust requires it', () => {
    const wrong = payload('{"RejectedWithCode":{"reason":"","code":1}}');
    expect(() => plain.decode(Buffer.from(wrong), 1n, 2n)).toThrow('the field may_have_mutated is missing');
  });
});

test('unknown options and values are refused', () => {
  for (const options of [{ engine: '0.99' }, { engine: 0.14 }, { ids: 'some' }, { engin: '0.14' }]) {
    expect(() => orderBookCodec(options as never)).toThrow(InvalidOptionError);
  }
  expect(() => orderBookCodec({ engin: '0.14' } as never)).toThrow('did you mean "engine"?');
});

test('ULIDs that orderbook-rs before 0.14 reads as numbers are refused', () => {
  const refused = ['0'.repeat(26), `${'0'.repeat(25)}7`, '00000018446744073709551615'];
  const accepted = ['00000018446744073709551616', '00000018446744073709551A15', '01234567890123456789012345'];
  for (const id of refused) {
    expect(() => plain.encode(eventOf({ CancelOrder: id }, ADDED))).toThrow(
      `orderbook-rs before 0.14 reads the ULID ${id} as a number`,
    );
    expect(() => plain.commandAsStored?.({ CancelOrder: id })).toThrow('as a number');
  }
  for (const id of accepted) expect(() => plain.encode(eventOf({ CancelOrder: id }, ADDED))).not.toThrow();
});
