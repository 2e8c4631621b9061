import { describe, expect, test } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { Expose } from 'class-transformer';
import { SequencerEvent } from '../../src/journal/index.js';
import type { PayloadCodec } from '../../src/journal/index.js';
import { withEventClasses, EventClassRegistry } from '../../src/events/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { COMMAND } from '../../src/order-book/schema.js';
import { Random } from '../support/random.js';
import { randomExtra, randomValue } from './schema-values.js';
import { named } from '../support/event-classes.js';

class Renamed {
  @Expose({ name: 'order_id' })
  orderId: unknown = 5n;
}

const RESULT = { Rejected: { reason: '' } };

function outcomeOf(action: () => unknown): unknown {
  try {
    return { value: action() };
  } catch (error) {
    const { code, message, path } = error as { code: string; message: string; path: string };
    return { code, message, path };
  }
}

/**
 * How `commandAsStored` differs from encoding and decoding, or what its copy shares with the command; null
 * for neither. The same for the copy of plain data, which is not checked again.
 */
function difference(codec: PayloadCodec<unknown, unknown>, command: unknown): unknown {
  return differenceOfCopy(codec, command) ?? differenceOfPlain(codec, command);
}

function differenceOfPlain(codec: PayloadCodec<unknown, unknown>, command: unknown): unknown {
  const plain = outcomeOf(() => codec.toPlain?.(command, 'command'));
  if (!isValue(plain)) return null;
  const copied = outcomeOf(() => codec.commandAsStored?.(command));
  const again = outcomeOf(() => codec.commandAsStored?.(plain.value, true));
  const objects = new Set(objectsIn(plain.value));
  const shared = objectsIn((again as { value: unknown }).value).filter((object) => objects.has(object));
  if (shared.length > 0) return { shared };
  return isDeepStrictEqual(again, copied) && isDeepStrictEqual(orderOf(again), orderOf(copied))
    ? null
    : { again, copied };
}

function isValue(outcome: unknown): outcome is { readonly value: unknown } {
  return typeof outcome === 'object' && outcome !== null && 'value' in outcome;
}

function differenceOfCopy(codec: PayloadCodec<unknown, unknown>, command: unknown): unknown {
  const stored = outcomeOf(() => {
    const event = new SequencerEvent({ sequenceNum: 1, timestampNs: 2, command, result: RESULT });
    return codec.decode(codec.encode(event), 1n, 2n).command;
  });
  const copied = outcomeOf(() => codec.commandAsStored?.(command));
  const objects = new Set(objectsIn(command));
  const shared = objectsIn((copied as { value: unknown }).value).filter((object) => objects.has(object));
  if (shared.length > 0) return { shared };
  return isDeepStrictEqual(copied, stored) && isDeepStrictEqual(orderOf(copied), orderOf(stored))
    ? null
    : { copied, stored };
}

/** The names in their order, which toStrictEqual does not compare. */
function orderOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return null;
  return Object.entries(value).map(([key, item]) => [key, orderOf(item)]);
}

function objectsIn(value: unknown, depth = 0): object[] {
  if (typeof value !== 'object' || value === null || depth > 200) return [];
  return [value, ...Object.values(value).flatMap((item) => objectsIn(item, depth + 1))];
}

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { a: nested(levels - 1) };
}

const ODD: readonly unknown[] = [
  ...[undefined, null, 'CancelAll', 'x', '\ud800', '', 1n, 2n ** 53n, -(2n ** 53n), 2n ** 53n - 1n],
  ...[-0, 1e21, 2 ** 53, 2 ** 60, -1e20, 1.5, Number.NaN, Infinity, true, Symbol('s'), () => 1],
  ...[
    { a: undefined },
    [undefined],
    Array.from<number>({ length: 2 }),
    { '\ud800': 1 },
    { 2: 'b', 1: 'a' },
    { toJSON: () => [1n] },
  ],
  ...[new Date(5), new Date(Number.NaN), new Map(), Buffer.from('x'), Object.create(null), new Renamed()],
  ...[nested(120), nested(125), nested(126), nested(127), JSON.parse('{"__proto__":{"a":1}}')],
];

describe('a command as it is stored', () => {
  test('equals the decoded one in the generic codec', () => {
    const random = new Random(41);
    const codec = jsonCodec();
    for (let index = 0; index < 600; index++) expect(difference(codec, randomExtra(random, 4))).toBeNull();
    for (const value of ODD) {
      expect(difference(codec, value)).toBeNull();
      expect(difference(codec, { Placed: { deep: [value, 1] } })).toBeNull();
    }
  });

  test.each(['checked', 'any'] as const)(
    'equals the decoded one in the order-book codec (ids: %s)',
    (ids) => {
      const random = new Random(42);
      const codec = orderBookCodec({ ids }) as PayloadCodec<unknown, unknown>;
      const order = {
        ...{ id: '7', price: 5n, quantity: 1n, side: 'BUY', user_id: '0'.repeat(64), timestamp: 1n },
        ...{ time_in_force: 'GTC', extra_fields: null },
      };
      for (let index = 0; index < 600; index++) {
        const command = randomValue(COMMAND, random);
        expect(difference(codec, command)).toBeNull();
        expect(difference(codec, damaged(command, random))).toBeNull();
      }
      for (const value of ODD) {
        expect(difference(codec, value)).toBeNull();
        expect(difference(codec, { CancelOrder: value })).toBeNull();
        expect(difference(codec, { AddOrder: value })).toBeNull();
        expect(difference(codec, { AddOrder: { Standard: { ...order, extra_fields: value } } })).toBeNull();
        expect(difference(codec, { AddOrder: { PostOnly: { ...order, price: value } } })).toBeNull();
        expect(difference(codec, { AddOrder: { Standard: { ...order, later: value } } })).toBeNull();
      }
    },
  );

  test('is an instance if a class is registered', () => {
    const registry = new EventClassRegistry();
    registry.register(named({ Renamed }));
    const codec = withEventClasses(jsonCodec(), registry);
    for (const content of [
      Object.assign(new Renamed(), { orderId: 'a' }),
      { order_id: 7n },
      [new Renamed()],
      5,
    ]) {
      expect(difference(codec, { Renamed: content })).toBeNull();
    }
    expect(codec.commandAsStored?.({ Renamed: { order_id: 7n } })).toStrictEqual({
      Renamed: Object.assign(new Renamed(), { orderId: 7 }),
    });
  });
});

/** The same value with one value in it replaced. */
function damaged(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.2)) return random.pick(ODD);
  const entries = Object.entries(value);
  const victim = random.below(entries.length);
  const changed = entries.map(([key, item], index) => [key, index === victim ? damaged(item, random) : item]);
  return Array.isArray(value) ? changed.map(([, item]) => item as unknown) : Object.fromEntries(changed);
}
