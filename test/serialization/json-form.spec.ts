import { afterAll, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { MessageChannel } from 'node:worker_threads';
import { AsyncContext } from '@nestjs/cqrs';
import { SequencerEvent, SerializationError } from '../../src/journal/index.js';
import { jsonCodec, parseJson, stringifyJson } from '../../src/serialization/index.js';
import { Random } from '../support/random.js';

const codec = jsonCodec();
const channel = new MessageChannel();
afterAll(() => channel.port1.close());

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return null;
}

function eventOf(command: unknown, result: unknown = null): SequencerEvent {
  return new SequencerEvent({ sequenceNum: 1, timestampNs: 2, command, result });
}

function reread(event: SequencerEvent): SequencerEvent {
  return codec.decode(codec.encode(event), 1n, 2n);
}

class Money {
  readonly #amount = 5n;

  get amount(): bigint {
    return this.#amount;
  }
}

class Order {
  price = 5;
  readonly tags: readonly string[] = ['a'];
  note?: string;

  get double(): number {
    return this.price * 2;
  }
}

class Tagged extends Order {
  readonly [Symbol.toStringTag] = 'Tagged';
}

class CancelAll {
  describe(): string {
    return 'all';
  }
}

/** Declares the type of its result like the Command of @nestjs/cqrs. */
const RESULT_TYPE = Symbol('result type');
class Typed {
  readonly [RESULT_TYPE] = undefined;
}

function* numbers(): Generator<number> {
  yield 1;
}

const hidden = Object.defineProperty({}, 'price', { value: 5, enumerable: false });

/** Objects without content in their own enumerable properties. */
const WITHOUT_FORM: readonly [string, unknown][] = [
  ['URLSearchParams', new URLSearchParams('a=1')],
  ['Blob', new Blob(['x'])],
  ['Headers', new Headers({ a: 'b' })],
  ['FormData', new FormData()],
  ['Response', new Response('x')],
  ['Request', new Request('http://localhost/')],
  ['ReadableStream', new ReadableStream()],
  ['Event', new Event('x')],
  ['AbortSignal', new AbortController().signal],
  ['AbortController', new AbortController()],
  ['TextEncoder', new TextEncoder()],
  ['MessagePort', channel.port1],
  ['Intl.NumberFormat', new Intl.NumberFormat('en')],
  ['Intl.DateTimeFormat', new Intl.DateTimeFormat('en')],
  ['Intl.Collator', new Intl.Collator()],
  ['KeyObject', generateKeyPairSync('ed25519').publicKey],
  ['Map', new Map([[1, 2]])],
  ['a Map with properties of its own', Object.assign(new Map(), { name: 'x' })],
  ['a Map of another realm', runInContext('new Map([[1, 2]])', createContext())],
  ['a Proxy of a Map', new Proxy(new Map([[1, 2]]), {})],
  ['Set', new Set([1])],
  ['WeakMap', new WeakMap()],
  ['WeakSet', new WeakSet()],
  ['WeakRef', new WeakRef({})],
  ['Map iterator', new Map().entries()],
  ['Promise', Promise.resolve(1)],
  ['Generator', numbers()],
  ['RegExp', /x/],
  ['Error', new Error('lost')],
  ['Error with properties', Object.assign(new Error('lost'), { code: 'X' })],
  ['DOMException', new DOMException('x')],
  ['ArrayBuffer', new ArrayBuffer(1)],
  ['SharedArrayBuffer', new SharedArrayBuffer(1)],
  ['DataView', new DataView(new ArrayBuffer(1))],
  ['Uint8Array', new Uint8Array(1)],
  ['Buffer', Buffer.from('x')],
  ['a boxed number', Object(5)],
  ['a boxed string', Object('abc')],
  ['a boxed bigint', Object(5n)],
  ['a boxed symbol', Object(Symbol('x'))],
  ['a class with private state behind a getter', new Money()],
  ['a class that inherits it', new (class extends Money {})()],
  ['symbol keys only', { [Symbol('price')]: 5 }],
  ['properties that are not enumerable', hidden],
  ['inherited data', Object.create({ price: 5 })],
  ['namespaces', Math],
  ['an invalid Date', new Date(Number.NaN)],
  ['a function', () => 1],
  ['a symbol', Symbol('x')],
  ['a hole', Array(1)],
];

function inAsyncContext(message: object): object {
  new AsyncContext().attachTo(message);
  return message;
}

const WITH_FORM: readonly [string, unknown, unknown][] = [
  ['a plain object', { a: 1 }, { a: 1 }],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ['an object of another realm', runInContext('({ a: [1, {}] })', createContext()), { a: [1, {}] }],
  ['an empty object', {}, {}],
  ['an empty object without a prototype', Object.create(null), {}],
  ['an instance of a class', new Order(), { price: 5, tags: ['a'] }],
  ['an instance of a class with a tag', new Tagged(), { price: 5, tags: ['a'] }],
  ['an instance without data', new CancelAll(), {}],
  ['an instance with a declared symbol', new Typed(), {}],
  ['an instance without data in an AsyncContext of @nestjs/cqrs', inAsyncContext(new CancelAll()), {}],
  ['a getter of its own', Object.defineProperty({}, 'a', { get: () => 5, enumerable: true }), { a: 5 }],
  ['a Proxy of a plain object', new Proxy({ a: 1 }, {}), { a: 1 }],
  ['undefined properties', { a: undefined }, {}],
  ['symbol keys beside others', { a: 1, [Symbol('meta')]: 2 }, { a: 1 }],
  ['a subclass of Array', new (class extends Array<number> {})(3).fill(1), [1, 1, 1]],
  ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a URL', new URL('http://localhost/a'), 'http://localhost/a'],
  [
    'an Error with toJSON',
    Object.assign(new Error('x'), { toJSON: () => ({ message: 'x' }) }),
    { message: 'x' },
  ],
  [
    'a class with private state and toJSON',
    new (class extends Money {
      toJSON = () => this.amount;
    })(),
    5,
  ],
];

describe('objects without a JSON form', () => {
  test.each(WITHOUT_FORM)(
    '%s is refused with its path, in a command, a result and the copy of a command',
    (_name, value) => {
      const nested = { a: [{ 'b c': value }] };
      for (const [action, path] of [
        [() => codec.encode(eventOf(nested)), 'command.a[0]["b c"]'],
        [() => codec.encode(eventOf({}, nested)), 'result.a[0]["b c"]'],
        [() => codec.commandAsStored?.(nested), 'command.a[0]["b c"]'],
        [() => stringifyJson(nested), 'a[0]["b c"]'],
      ] as const) {
        const error = errorOf(action) as SerializationError;
        expect(error).toBeInstanceOf(SerializationError);
        const [where] = error.path.split('["b c"]');
        expect([error.code, `${where}["b c"]`]).toEqual(['JOURNAL_SERIALIZATION', path]);
      }
    },
  );

  test.each<[string, () => unknown]>([
    [
      'a getter that throws',
      () => ({
        a: {
          get b(): never {
            throw new RangeError('no');
          },
        },
      }),
    ],
    [
      'a toJSON that throws',
      () => ({
        a: {
          b: {
            toJSON(): never {
              throw new RangeError('no');
            },
          },
        },
      }),
    ],
    [
      'a revoked Proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return { a: { b: proxy } };
      },
    ],
    [
      'a list whose item throws',
      () => ({
        a: {
          b: Object.defineProperty([1], 0, {
            get(): never {
              throw new RangeError('no');
            },
          }),
        },
      }),
    ],
  ])('%s is refused with its path and cause', (_name, make) => {
    for (const action of [() => codec.encode(eventOf(make())), () => codec.commandAsStored?.(make())]) {
      const error = errorOf(action) as SerializationError;
      expect(error).toMatchObject({ code: 'JOURNAL_SERIALIZATION', reason: 'reading it failed' });
      expect(error.path).toMatch(/^command\.a\.b/);
      expect(error.cause).toMatchObject({
        name: expect.stringMatching(/RangeError|TypeError/) as unknown as string,
      });
    }
  });
});

describe('objects with a JSON form', () => {
  test.each(WITH_FORM)('%s is decoded as plain data', (_name, value, stored) => {
    const { command, result } = reread(eventOf({ value }, [value]));
    expect(command).toStrictEqual({ value: stored });
    expect(result).toStrictEqual([stored]);
    expect(codec.commandAsStored?.({ value })).toStrictEqual({ value: stored });
  });
});

/** The expected decoded value: an integer beyond the safe ones can only be a bigint. */
function randomValue(random: Random, depth: number): unknown {
  switch (random.below(depth > 0 ? 8 : 6)) {
    case 0:
      return random.pick([null, true, false, '', '__proto__', 'constructor']);
    case 1:
      return random.pick([
        0,
        -0,
        1e21,
        -1e21,
        1e300,
        5e-324,
        1e-7,
        -1e-7,
        0.1,
        Number.MAX_VALUE,
        2 ** 53 - 1,
      ]);
    case 2:
      return randomDouble(random);
    case 3:
      return random.chance(0.5)
        ? random.bigint(2n ** 53n, 2n ** 130n)
        : random.bigint(-(2n ** 130n), -(2n ** 53n));
    case 4:
      return random.chance(0.5) ? random.pick([2 ** 53, 2 ** 60, -(2 ** 63), 1e20, Number.NaN]) : 7;
    case 5:
      return random.text(6);
    case 6:
      return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1));
    default: {
      const object: Record<string, unknown> = {};
      for (let left = random.below(4); left > 0; left--) {
        const key = random.pick(['__proto__', 'constructor', 'toString', '2', '1', random.text(4)]);
        const value = randomValue(random, depth - 1);
        Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
      }
      return object;
    }
  }
}

/** Random bits: all magnitudes are equally likely, including NaN and infinities. */
function randomDouble(random: Random): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint32(0, random.below(2 ** 32));
  bits.setUint32(4, random.chance(0.3) ? 0 : random.below(2 ** 32));
  return bits.getFloat64(0);
}

/** The place of a number that JSON cannot store exactly. */
function isUnstorable(value: unknown): boolean {
  if (typeof value === 'number')
    return (
      !Number.isFinite(value) ||
      (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21)
    );
  return typeof value === 'object' && value !== null && Object.values(value).some(isUnstorable);
}

test('every accepted value is decoded unchanged from text, event and copy; every other is refused', () => {
  const random = new Random(77);
  let accepted = 0;
  let refused = 0;
  for (let index = 0; index < 20_000; index++) {
    const value = randomValue(random, 4);
    if (isUnstorable(value)) {
      expect(errorOf(() => stringifyJson(value))).toBeInstanceOf(SerializationError);
      expect(errorOf(() => codec.commandAsStored?.(value))).toBeInstanceOf(SerializationError);
      refused++;
      continue;
    }
    const { command, result } = reread(eventOf(value, value));
    const stored = [parseJson(stringifyJson(value)), command, result, codec.commandAsStored?.(value)];
    // Not toStrictEqual, which mistakes a property named `constructor` for the class of an object.
    if (!isDeepStrictEqual(stored, [value, value, value, value])) expect(stored).toEqual(value);
    accepted++;
  }
  expect(accepted).toBeGreaterThan(10_000);
  expect(refused).toBeGreaterThan(200);
});
