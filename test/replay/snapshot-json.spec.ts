import { describe, expect, it } from '@jest/globals';
import { decodeState, encodeState } from '../../src/replay/snapshot-json.js';

describe('the state in a snapshot', () => {
  it.each<[string, unknown]>([
    ['bigints of any value', { small: 5n, large: 2n ** 80n, list: [-1n] }],
    ['numbers beyond 2^53', { nanoseconds: 1_700_000_000_000_000_000, power: 2 ** 60, list: [-(2 ** 70)] }],
    ['fractions', { half: 0.5, tiny: 1e-300 }],
  ])('comes back with the same types: %s', (_title, state) => {
    expect(decodeState(encodeState(state))).toEqual(state);
  });

  it('keeps a property of any name', () => {
    const state = Object.fromEntries([
      ['alice', 1],
      ['__proto__', { balance: 7n }],
      ['constructor', 2],
    ]);
    const decoded = decodeState(encodeState(state)) as object;
    expect(Object.entries(decoded)).toEqual(Object.entries(state));
  });
});
