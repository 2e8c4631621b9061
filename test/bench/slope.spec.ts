import { describe, expect, it } from '@jest/globals';
import { slopeOf } from '../../bench/src/harness/slope.js';

describe('the line through samples', () => {
  it('is exact for samples on a line', () => {
    const { perUnit, standardError } = slopeOf([0, 1, 2, 5].map((x) => ({ x, y: 3 * x - 7 })));
    expect(perUnit).toBeCloseTo(3, 10);
    expect(standardError).toBeCloseTo(0, 10);
  });

  it('has the standard error of least squares', () => {
    // Residuals of the line y = 0.6 x + 2.2: -0.8, 0.6, 1, -0.6, -0.2.
    const samples = [2, 4, 5, 4, 5].map((y, index) => ({ x: index + 1, y }));
    const { perUnit, standardError } = slopeOf(samples);
    expect(perUnit).toBeCloseTo(0.6, 10);
    expect(standardError).toBeCloseTo(Math.sqrt(2.4 / 3 / 10), 10);
  });

  it('needs three samples', () => {
    expect(() => slopeOf([{ x: 1, y: 1 }])).toThrow(RangeError);
  });
});
