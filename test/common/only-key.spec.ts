import { describe, expect, it } from '@jest/globals';
import { onlyKeyOf } from '../../src/common/index.js';

class WithGetter {
  own = 1;
  get other(): number {
    return 2;
  }
}

const OBJECTS: readonly [string, object][] = [
  ['no key', {}],
  ['one key', { a: 1 }],
  ['one key without a value', { a: undefined }],
  ['two keys', { a: 1, b: 2 }],
  ['a number as key', { 7: 1 }],
  ['the key __proto__', JSON.parse('{"__proto__":1}') as object],
  ['a key that is not enumerable', Object.defineProperty({}, 'a', { value: 1 })],
  ['a key beside one that is not enumerable', Object.defineProperty({ a: 1 }, 'b', { value: 1 })],
  ['a symbol beside a key', { a: 1, [Symbol('b')]: 2 }],
  ['an inherited key', Object.create({ a: 1 }) as object],
  ['a key beside an inherited one', Object.assign(Object.create({ a: 1 }) as object, { b: 2 })],
  [
    'an own key of the same name as an inherited one',
    Object.assign(Object.create({ a: 1 }) as object, { a: 2 }),
  ],
  ['no prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  ['a class with a getter', new WithGetter()],
  ['a list', ['a']],
  ['a proxy', new Proxy({ a: 1 }, {})],
];

describe('onlyKeyOf', () => {
  it.each(OBJECTS)('gives what Object.keys gives, if that is one key: %s', (_what, object) => {
    const keys = Object.keys(object);
    expect(onlyKeyOf(object)).toBe(keys.length === 1 ? keys[0] : null);
  });
});
