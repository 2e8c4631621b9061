import { expect, test } from '@jest/globals';
import { SequencerEvent } from '../../src/journal/index.js';
import { isOrderId, orderBookCodec } from '../../src/order-book/index.js';
import type { MatchOutcome, MatchResult, OrderBookResult, Trade } from '../../src/order-book/index.js';
import { Random } from '../support/random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { describeEngines } from './rust-engine.js';
import type { RustAnswer } from './rust-engine.js';

const checked = orderBookCodec();
const unchecked = orderBookCodec({ ids: 'any' });
const CASES = 3000;
const SEGMENT_SIZE = 2 ** 26;

/** A match result of few ids and quantities, so that related fields often agree and often do not. */
function randomMatch(random: Random): MatchResult {
  const quantity = () => random.pick([0n, 1n, 5n, 2n ** 63n, 2n ** 64n - 1n]);
  const trades = Array.from({ length: random.below(4) }, (): Trade => {
    const taker = random.chance(0.9) ? '1' : '2';
    const maker = random.pick(['10', '11', '12']);
    return {
      ...{ trade_id: '7', taker_order_id: taker, maker_order_id: maker, price: 1n, quantity: quantity() },
      ...{ taker_side: 'BUY', timestamp: 0n },
    };
  });
  const remaining = random.chance(0.5) ? 0n : quantity();
  const makers = [...new Set(trades.map((trade) => trade.maker_order_id))];
  const filled = random.chance(0.7)
    ? makers.filter(() => random.chance(0.6))
    : Array.from({ length: random.below(3) }, () => random.pick(['10', '11', '12']));
  const likely = remaining === 0n ? 'filled' : trades.length > 0 ? 'partially_filled' : 'not_filled';
  const outcome = random.chance(0.6)
    ? likely
    : random.pick<MatchOutcome>(['filled', 'partially_filled', 'not_filled', 'killed', 'rejected']);
  return {
    ...{ order_id: '1', trades: { trades }, remaining_quantity: remaining },
    ...{ is_complete: random.chance(0.9) ? remaining === 0n : random.chance(0.5), filled_order_ids: filled },
    ...(random.chance(0.9) ? { outcome } : {}),
  };
}

function eventOf(match: MatchResult, sequenceNum: bigint): SequencerEvent<'CancelAll', OrderBookResult> {
  const trade = {
    ...{ symbol: 'S', match_result: match, total_maker_fees: 0n, total_taker_fees: 0n },
    ...{ engine_seq: 0n, quote_notional: 0n },
  };
  const result = { TradeExecuted: { trade_result: trade } };
  return new SequencerEvent({ sequenceNum, timestampNs: 1n, command: 'CancelAll', result });
}

describeEngines('match results', (engine) => {
  test('are refused by this package exactly when orderbook-rs 0.12 and later refuse to read them', () => {
    const random = new Random(20);
    const events = Array.from({ length: CASES }, (_, index) => eventOf(randomMatch(random), BigInt(index)));
    const payloads = events.map((event) => Buffer.from(unchecked.encode(event)).toString());
    const answers = engine.append(temporaryDirectory('interop-'), payloads, SEGMENT_SIZE);
    const refused = events.map((event) => refusalOf(() => checked.encode(event)));

    expect(refused.filter((reason) => reason === null).length).toBeGreaterThan(CASES / 10);
    expect(refused.filter((reason) => reason !== null).length).toBeGreaterThan(CASES / 10);
    if (!engine.isAtLeast('0.12')) {
      // This engine checks nothing, and the codec writes for it what it reads.
      expect(answers.filter((answer) => 'error' in answer)).toEqual([]);
      const own = orderBookCodec({ engine: engine.version });
      for (const event of events) expect(refusalOf(() => own.encode(event))).toBeNull();
      return;
    }
    const differing = payloads.filter(
      (_, index) => 'error' in (answers[index] as RustAnswer) !== (refused[index] !== null),
    );
    expect(differing).toEqual([]);
  });
});

function refusalOf(write: () => unknown): string | null {
  try {
    write();
    return null;
  } catch (error) {
    return String(error);
  }
}

describeEngines('ids', (engine) => {
  const uuid = '550e8400-e29b-41d4-a716-446655440000';
  const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  const ids = [
    ...[uuid, uuid.toUpperCase(), uuid.replaceAll('-', ''), `{${uuid}}`, `urn:uuid:${uuid}`],
    ...[
      ulid,
      ulid.toLowerCase(),
      `8${ulid.slice(1)}`,
      ulid.slice(1),
      ulid.replace('A', 'I'),
      ulid.replace('A', 'O'),
    ],
    ...['0', '7', '07', '+7', '-7', '', ' 7', '18446744073709551615', '18446744073709551616', '7.0', '1e3'],
    ...['0'.repeat(26), `${'0'.repeat(25)}7`, '00000018446744073709551615', '00000018446744073709551616'],
    ...['01234567890123456789012345', '7ZZZZZZZZZZZZZZZZZZZZZZZZZ', '12345678901234567890123456789012'],
  ];

  test('pass the check exactly if every engine reads them and writes them back unchanged', () => {
    const payloads = ids.map(
      (id, index) =>
        `{"sequence_num":${index},"timestamp_ns":1,"command":{"CancelOrder":"${id}"},"result":{"OrderAdded":{"order_id":"1"}}}`,
    );
    const answers = engine.append(temporaryDirectory('interop-'), payloads, SEGMENT_SIZE);
    const kept = ids.filter((_, index) => (answers[index] as { json?: string }).json === payloads[index]);
    const passing = ids.filter(isOrderId);
    if (!engine.isAtLeast('0.14')) return expect(kept).toEqual(passing);
    // It keeps a ULID of digits, which earlier engines read as a number.
    expect(kept.filter((id) => !/^0{6}\d{20}$/.test(id) || isOrderId(id))).toEqual(passing);
    expect(kept).toContain('0'.repeat(26));
  });
});

describeEngines('numbers', (engine) => {
  function bitsOf(value: number): string {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return bytes.toString('hex');
  }

  function textHere(value: number): string {
    const order = { id: '1', price: 1n, quantity: 1n, side: 'BUY', user_id: '0'.repeat(64), timestamp: 0n };
    const event = new SequencerEvent({
      ...{ sequenceNum: 0n, timestampNs: 0n, result: { OrderAdded: { order_id: '1' } } },
      command: { AddOrder: { Standard: { ...order, time_in_force: 'GTC', extra_fields: value } } },
    });
    const payload = Buffer.from(checked.encode(event as never)).toString();
    return /"extra_fields":([^}]*)}/.exec(payload)?.[1] ?? payload;
  }

  test('in extra fields are written as serde_json writes them, except whole numbers', () => {
    const random = new Random(21);
    const values = [
      ...[0.1, -0.1, 1.5, 1e-4, 1e-5, 9.999999999999999e-6, 9.5e-6, 1e-6, -1.25e-6, 9.9e-7, 1e-7, 5e-324],
      ...[
        4503599627370495.5,
        0.3,
        2.2250738585072014e-308,
        1 / 3,
        123456.789,
        1e21,
        1.5e300,
        Number.MAX_VALUE,
      ],
      ...Array.from({ length: 5000 }, () => (random.fraction() - 0.5) * 10 ** (random.below(45) - 30)),
    ].filter((value) => !Number.isInteger(value) || Math.abs(value) >= 1e21);
    const written = engine
      .run(['numbers'], values.map(bitsOf))
      .map((line) => (JSON.parse(line) as { text: string }).text);
    expect(values.map(textHere)).toEqual(written);
    expect(values.length).toBeGreaterThan(3000);
    expect(engine.run(['numbers'], [bitsOf(-0)])).toEqual([
      expect.stringContaining(`"text":"${textHere(-0)}"`),
    ]);

    const whole = [0, 1, -7, 2 ** 53 - 1];
    const wholeTexts = engine
      .run(['numbers'], whole.map(bitsOf))
      .map((line) => (JSON.parse(line) as { text: string }).text);
    expect(whole.map((value) => `${textHere(value)}.0`)).toEqual(wholeTexts);
  });
});
