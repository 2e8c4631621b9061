import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../src/sequencer/index.js';
import { expectSame } from '../support/quick-expect.js';

const MS = 1_700_000_000_000;
const NS_PER_MS = 1_000_000n;

afterEach(() => void jest.restoreAllMocks());

describe('the system clock', () => {
  it('stays within the millisecond of Date.now(), and does not go back in it', () => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(MS);
    const clock = systemClock();
    let last = 0n;
    for (let call = 0; call < 20_000; call += 1) {
      // The monotonic clock runs on, far beyond the millisecond.
      const time = clock();
      expectSame(time / NS_PER_MS, BigInt(MS));
      expectSame(time >= last, true);
      last = time;
    }
    // Refined, and at most the last nanosecond of the millisecond.
    expect(last).toBe(BigInt(MS) * NS_PER_MS + 999_999n);
    for (const next of [MS + 1, MS - 5_000]) {
      now.mockReturnValue(next);
      expect(clock() / NS_PER_MS).toBe(BigInt(next));
    }
  });
});
