import { describe, expect, test } from '@jest/globals';
import type { PayloadCodec } from '../../src/journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { compileAcceptance } from '../../src/order-book/compile-acceptance.js';
import { compileCheck } from '../../src/order-book/compile-check.js';
import { COMMAND, RESULT } from '../../src/order-book/schema.js';
import type { Type } from '../../src/order-book/schema-elements.js';
import { Random } from '../support/random.js';
import { randomValue } from './schema-values.js';

const ODD: readonly unknown[] = [
  ...[undefined, null, '', 'GTC', 'Gtc', 'BUY', '0', '01', '7', '\ud800', '0'.repeat(26), '0'.repeat(64)],
  ...[0, -0, 1, 1.5, 2 ** 53, Number.NaN, 0n, -1n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 128n, true],
  ...[{}, [], { GTD: 5n }, { GTD: 5 }, { GTD: -1n }, { BUY: null }, () => 1, Symbol('s')],
];

function outcomeOf(action: () => unknown): unknown {
  try {
    return { value: action() };
  } catch (error) {
    const { code, message, path } = error as { code: string; message: string; path: string };
    return { code, message, path };
  }
}

/** The same objects with their keys in the opposite order. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, reversed(item)]);
  return Object.fromEntries(entries.toReversed());
}

/** The same value with one value in it replaced. */
function damaged(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return random.pick(ODD);
  const entries = Object.entries(value);
  const victim = random.below(entries.length);
  return Object.fromEntries(
    entries.map(([key, item], index) => [key, index === victim ? damaged(item, random) : item]),
  );
}

function typesIn(type: Type, found = new Set<Type>()): Set<Type> {
  if (found.has(type)) return found;
  found.add(type);
  if (type.kind === 'enum')
    for (const content of type.variants.values()) if (content) typesIn(content, found);
  if (type.kind === 'struct') for (const field of type.fields) typesIn(field.type, found);
  if (type.kind === 'list' || type.kind === 'nullable') typesIn(type.item, found);
  return found;
}

describe.each(['checked', 'any'] as const)('the check of a command (ids: %s)', (ids) => {
  const codec = orderBookCodec({ ids }) as PayloadCodec;

  test('gives the same for keys in the order of the schema and in any other', () => {
    const random = new Random(61);
    for (let index = 0; index < 2_000; index++) {
      const usual = randomValue(COMMAND, random);
      for (const command of [usual, damaged(usual, random), damaged(usual, random)]) {
        const inOrder = outcomeOf(() => codec.toPlain?.(command, 'command'));
        expect(inOrder).toStrictEqual(outcomeOf(() => codec.toPlain?.(reversed(command), 'command')));
      }
    }
  });

  test('reads each property once, and keeps what it has read', () => {
    const random = new Random(62);
    for (let index = 0; index < 500; index++) {
      const command = randomValue(COMMAND, random);
      const reads = new Map<string, number>();
      const stored = codec.toPlain?.(withGetters(command, 'command', reads), 'command');
      expect(stored).toStrictEqual(codec.toPlain?.(command, 'command'));
      expect([...reads].filter(([, times]) => times !== 1)).toEqual([]);
    }
  });

  test('returns every value that the short form of the check accepts', () => {
    const random = new Random(63);
    const rules = { ids, engine: undefined };
    let accepted = 0;
    for (const type of [...typesIn(COMMAND), ...typesIn(RESULT)]) {
      const accepts = compileAcceptance(type, rules);
      const check = compileCheck(type, rules);
      const values = Array.from({ length: 50 }, () => randomValue(type, random));
      for (const value of [...values, ...ODD]) {
        if (!accepts(value)) continue;
        expect(check(value, [])).toBe(value);
        accepted += 1;
      }
    }
    expect(accepted).toBeGreaterThan(200);
  });
});

/** The same object, whose properties are getters that count their calls. Later calls return nonsense. */
function withGetters(value: unknown, path: string, reads: Map<string, number>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const counted = {};
  for (const [key, item] of Object.entries(value)) {
    const name = `${path}.${key}`;
    const content = withGetters(item, name, reads);
    const get = (): unknown => {
      const times = (reads.get(name) ?? 0) + 1;
      reads.set(name, times);
      return times === 1 ? content : 'read again';
    };
    Object.defineProperty(counted, key, { get, enumerable: true });
  }
  return counted;
}
