import { describe, expect, test } from '@jest/globals';
import { SequencerEvent } from '../../src/journal/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { parseJsonCarefully } from '../../src/serialization/json/careful-parse.js';
import { compileCheck } from '../../src/order-book/compile-check.js';
import { COMMAND, RESULT } from '../../src/order-book/schema.js';
import { GOLDEN_CASES, goldenPayloads } from './golden-payloads.js';
import type { GoldenPayload } from './golden-payloads.js';
import { expectEqual } from '../support/quick-expect.js';

const orderBook = orderBookCodec<unknown>();
const json = jsonCodec();
const checkCommand = compileCheck(COMMAND, null);
const checkResult = compileCheck(RESULT, null);

/** A copy of the event without its stored bytes, as an application makes events. */
function madeAnew<C, R>({
  sequenceNum,
  timestampNs,
  command,
  result,
}: SequencerEvent<C, R>): SequencerEvent<C, R> {
  return new SequencerEvent({ sequenceNum, timestampNs, command, result });
}

/** The paths of numbers, which are bigints if Rust has a 64- or 128-bit integer there. */
function plainNumbers(value: unknown, path: string): string[] {
  if (typeof value === 'number') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => key !== 'extra_fields')
    .flatMap(([key, item]) => plainNumbers(item, `${path}.${key}`));
}

test('all golden cases exist', () => {
  expect(GOLDEN_CASES.length).toBeGreaterThanOrEqual(18);
  expect(goldenPayloads('v0.7.0/all-variants')).toHaveLength(109);
  expect(goldenPayloads('v0.12.1/all-variants')).toHaveLength(118);
  expect(goldenPayloads('v0.12.1/replay-book')).toHaveLength(2000);
});

const MATCH_RESULT = 'result.TradeExecuted.trade_result.match_result';

/** Rust reads it as the number 0, which is the id of another order. */
const NIL_ULID = `"${'0'.repeat(26)}"`;

test('a result of 0.7 that 0.12 refuses to read keeps its bytes, and is refused in a new event', () => {
  const refused = goldenPayloads('v0.7.0/all-variants').flatMap(({ payload, sequenceNum, timestampNs }) => {
    if (payload.includes(NIL_ULID)) return [];
    const event = orderBook.decode(payload, sequenceNum, timestampNs);
    expect(Buffer.from(orderBook.encode(event)).equals(payload)).toBe(true);
    try {
      orderBook.encode(madeAnew(event));
      return [];
    } catch (error) {
      return [error];
    }
  });
  expect(refused).toEqual([
    expect.objectContaining({ code: 'JOURNAL_SERIALIZATION', path: `${MATCH_RESULT}.is_complete` }),
  ]);
});

test('the nil ULID that Rust wrote keeps its bytes, and is refused in a new event', () => {
  const nil = GOLDEN_CASES.flatMap(goldenPayloads).filter(({ payload }) => payload.includes(NIL_ULID));
  expect(nil).toHaveLength(2);
  for (const { payload, sequenceNum, timestampNs } of nil) {
    const event = orderBook.decode(payload, sequenceNum, timestampNs);
    expect(Buffer.from(orderBook.encode(event)).equals(payload)).toBe(true);
    expect(() => orderBook.encode(madeAnew(event))).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_SERIALIZATION',
        path: 'command.CancelOrder',
        reason: `orderbook-rs before 0.14 reads the ULID ${'0'.repeat(26)} as a number`,
      }),
    );
  }
});

describe.each(GOLDEN_CASES)('the payloads of %s', (name) => {
  const entries = goldenPayloads(name);
  // For 0.7 a match of quantity 0 is incomplete; later versions refuse to read that.
  const sameEngine = orderBookCodec<unknown>(name.startsWith('v0.7.0/') ? { engine: '0.7' } : {});

  function eachEntry(differs: (entry: GoldenPayload) => boolean): string[] {
    return entries.filter(differs).map((entry) => entry.where);
  }

  test('are re-encoded to the same bytes after decoding', () => {
    const wrong = eachEntry(({ payload, sequenceNum, timestampNs }) => {
      const again = orderBook.encode(orderBook.decode(payload, sequenceNum, timestampNs));
      return Buffer.compare(again, payload) !== 0;
    });
    expect(wrong).toEqual([]);
  });

  test('are formatted to the same bytes in a new event', () => {
    const wrong = eachEntry(({ payload, sequenceNum, timestampNs }) => {
      if (payload.includes(NIL_ULID)) return false;
      const again = sameEngine.encode(madeAnew(orderBook.decode(payload, sequenceNum, timestampNs)));
      return Buffer.compare(again, payload) !== 0;
    });
    expect(wrong).toEqual([]);
  });

  test('are formatted to the same bytes in a new event with ids: "any"', () => {
    const anyIds = orderBookCodec<unknown>({ ids: 'any' });
    const wrong = eachEntry(({ payload, sequenceNum, timestampNs }) => {
      const again = anyIds.encode(madeAnew(anyIds.decode(payload, sequenceNum, timestampNs)));
      return Buffer.compare(again, payload) !== 0;
    });
    expect(wrong).toEqual([]);
  });

  test('have bigints for all integers, including small ones', () => {
    for (const { payload, sequenceNum, timestampNs, where } of entries) {
      const { command, result } = orderBook.decode(payload, sequenceNum, timestampNs);
      expectEqual([where, ...plainNumbers({ command, result }, '')], [where]);
    }
  });

  test('are read alike by the reader and by the check of parsed JSON', () => {
    for (const { payload, sequenceNum, timestampNs } of entries) {
      const event = orderBook.decode(payload, sequenceNum, timestampNs);
      const parsed = parseJsonCarefully(payload.toString(), 'bigints') as {
        command: unknown;
        result: unknown;
      };
      expectEqual(checkCommand(parsed.command, ['command']), event.command);
      expectEqual(checkResult(parsed.result, ['result']), event.result);
    }
  });

  test('keep their bytes in the generic codec, stored and in a new event', () => {
    const wrong = eachEntry(({ payload, sequenceNum, timestampNs }) => {
      const event = json.decode(payload, sequenceNum, timestampNs);
      const stored = Buffer.compare(json.encode(event), payload);
      return stored !== 0 || Buffer.compare(json.encode(madeAnew(event)), payload) !== 0;
    });
    expect(wrong).toEqual([]);
  });
});
