import { describe, expect, it } from '@jest/globals';
import { decodeState, encodeState } from '../../src/replay/snapshot-json.js';

class Money {
  readonly #amount: bigint;

  constructor(amount: bigint) {
    this.#amount = amount;
  }

  get amount(): bigint {
    return this.#amount;
  }
}

describe('the state in a snapshot', () => {
  it.each<[string, unknown]>([
    ['bigints of any value', { small: 5n, large: 2n ** 80n, list: [-1n] }],
    ['numbers beyond 2^53', { nanoseconds: 1_700_000_000_000_000_000, power: 2 ** 60, list: [-(2 ** 70)] }],
    ['fractions', { half: 0.5, tiny: 1e-300 }],
    ['the sign of zero', { up: 0, down: -0 }],
    ['very large numbers', [1e21, Number.MAX_VALUE]],
  ])('reads back with the same types: %s', (_title, state) => {
    expect(decodeState(encodeState(state))).toStrictEqual(state);
  });

  it('keeps its types with toJSON', () => {
    const state = { money: { toJSON: () => ({ amount: 5n, ns: 2 ** 60 }) } };
    expect(decodeState(encodeState(state))).toStrictEqual({ money: { amount: 5n, ns: 2 ** 60 } });
  });

  it.each<[string, unknown, string]>([
    ['a Map', { seen: new Map() }, 'state.seen'],
    ['URLSearchParams', { query: [new URLSearchParams('a=1')] }, 'state.query[0]'],
    ['a class that keeps its state private', { money: new Money(5n) }, 'state.money'],
    [
      'a getter that throws',
      {
        get broken(): never {
          throw new Error('no');
        },
      },
      'state',
    ],
  ])('is refused where JSON cannot hold it: %s', (_title, state, path) => {
    expect(() => encodeState(state)).toThrow(
      expect.objectContaining({ code: 'JOURNAL_SERIALIZATION', path }),
    );
  });

  it('keeps properties of any name', () => {
    const state = Object.fromEntries([
      ['alice', 1],
      ['__proto__', { balance: 7n }],
      ['constructor', 2],
    ]);
    const decoded = decodeState(encodeState(state)) as object;
    expect(Object.entries(decoded)).toEqual(Object.entries(state));
  });
});
