/**
 * Checks for loops of thousands. Jest's `expect` builds all its matchers at every call, which takes longer
 * than most of what such a loop tests. These call it only for values that differ, so a failure reads the
 * same.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';

/** The same as `expect(received).toBe(expected)`. */
export function expectSame(received: unknown, expected: unknown): void {
  if (!Object.is(received, expected)) expect(received).toBe(expected);
}

/** The same as `expect(received).toStrictEqual(expected)`. */
export function expectEqual(received: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(received, expected)) expect(received).toStrictEqual(expected);
}
