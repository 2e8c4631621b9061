/** `sameJson`: its rule case by case, and against a plain implementation with random values. */
import { describe, expect, it } from '@jest/globals';
import { sameJson } from '../../src/common/index.js';
import { expectEqual } from '../support/quick-expect.js';
import { Random } from '../support/random.js';

class Price {
  constructor(readonly price: unknown) {}
}

const LEAVES: readonly unknown[] = [
  undefined, null, true, false, 0, -0, 1, 1n, 0n, 2.5, NaN, Infinity, 2 ** 53, 2n ** 53n, 2n ** 53n + 1n, '', 'a', '1',
  new Date(0), '1970-01-01T00:00:00.000Z',
]; // prettier-ignore

function value(random: Random, depth: number): unknown {
  const kind = depth === 0 ? 0 : random.below(5);
  if (kind <= 1) return LEAVES[random.below(LEAVES.length)];
  if (kind === 2) return Array.from({ length: random.below(4) }, () => value(random, depth - 1));
  const object: Record<string, unknown> = {};
  const keys = ['a', 'b', 'c', '1'].filter(() => random.below(2) === 0);
  if (random.below(2) === 0) keys.reverse();
  for (const key of keys) object[key] = value(random, depth - 1);
  return kind === 3 ? object : random.below(4) === 0 ? new Price(object['a']) : { price: object['a'] };
}

/** The same value, sometimes in another form or with a change inside. */
function variant(random: Random, original: unknown): unknown {
  if (random.below(12) === 0) return value(random, 1);
  if (Array.isArray(original)) return original.map((item) => variant(random, item));
  if (typeof original === 'object' && original !== null && !(original instanceof Date)) {
    const entries = Object.entries(original).map(([key, item]) => [key, variant(random, item)] as const);
    if (random.below(2) === 0) entries.reverse();
    if (random.below(3) === 0) entries.push(['z', undefined]);
    return Object.fromEntries(entries);
  }
  if (typeof original === 'number' && Number.isSafeInteger(original)) return BigInt(original);
  return original;
}

function plainly(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  const [a, b] = [stored(left), stored(right)];
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    if (typeof a === 'bigint' && typeof b === 'number') return Number.isInteger(b) && BigInt(b) === a;
    if (typeof a === 'number' && typeof b === 'bigint') return Number.isInteger(a) && BigInt(a) === b;
    return a === b;
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => plainly(item, b[index]));
  const [inA, inB] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = (of: Record<string, unknown>): string[] =>
    Object.keys(of).filter((key) => of[key] !== undefined);
  if (keys(inA).length !== keys(inB).length) return false;
  return keys(inA).every((key) => Object.hasOwn(inB, key) && plainly(inA[key], inB[key]));
}

function stored(of: unknown): unknown {
  if (of === undefined) return null;
  return of instanceof Date ? of.toJSON() : of;
}

describe('sameJson and the plain rule', () => {
  it('agree for any two values', () => {
    let same = 0;
    for (let seed = 1; seed <= 20_000; seed += 1) {
      const random = new Random(seed);
      const left = value(random, 3);
      const right = variant(random, left);
      const expected = plainly(left, right);
      expectEqual({ seed, same: sameJson(left, right) }, { seed, same: expected });
      expectEqual({ seed, same: sameJson(right, left) }, { seed, same: plainly(right, left) });
      if (expected) same += 1;
    }
    expect(same).toBeGreaterThan(2_000);
    expect(same).toBeLessThan(18_000);
  });
});

describe('sameJson', () => {
  it.each([
    [5n, 5, true],
    [5n, 6, false],
    [2n ** 70n, 2n ** 70n, true],
    ['5', 5, false],
    [null, undefined, true],
    [null, 0, false],
    [0, -0, true],
    [{ a: 1, b: undefined }, { a: 1n }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: undefined }, { b: undefined }, true],
    [{ a: null }, { b: null }, false],
    [[1, [2n]], [1n, [2]], true],
    [[1], { 0: 1 }, false],
    [[1], [1, 2], false],
    [new Date(0), '1970-01-01T00:00:00.000Z', true],
    [new Price(1), { price: 1 }, true],
    [true, 1, false],
  ])('%p and %p: %p', (left, right, expected) => {
    expect(sameJson(left, right)).toBe(expected);
    expect(sameJson(right, left)).toBe(expected);
  });
});
