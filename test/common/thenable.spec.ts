import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { isThenable } from '../../src/common/index.js';

describe('isThenable', () => {
  test.each([
    ['a promise', Promise.resolve()],
    ['a promise of another realm', runInNewContext('Promise.resolve()') as unknown],
    // oxlint-disable-next-line unicorn/no-thenable -- the subject of the test
    ['an object with a then method', { then: () => undefined }],
    // oxlint-disable-next-line unicorn/no-thenable -- the subject of the test
    ['a function with a then method', Object.assign(() => undefined, { then: () => undefined })],
  ])('is true for %s', (_, value) => {
    expect(isThenable(value)).toBe(true);
  });

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['a string', 'then'],
    ['a function', () => undefined],
    // oxlint-disable-next-line unicorn/no-thenable -- the subject of the test
    ['an object whose then is data', { then: 1 }],
  ])('is false for %s', (_, value) => {
    expect(isThenable(value)).toBe(false);
  });
});
