/** A reload returns an event exactly as the live aggregate saw it, or the save is refused. */
import 'reflect-metadata';
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { BigIntField } from '../../src/serialization/classes/index.js';
import { afterRestart, refusalOf } from './carrier.js';

/** Names from the prototypes of objects and Maps, and other names with a special meaning in JavaScript. */
const HOSTILE = [
  ...Object.getOwnPropertyNames(Object.prototype),
  ...Object.getOwnPropertyNames(Map.prototype),
  ...['__proto__', 'prototype', 'then', 'toJSON', '$bigint', 'length', 'name', '', ' ', '0', '-0', '\u007f5'],
];

function hostileDictionary(value: unknown): Record<string, unknown> {
  return Object.fromEntries([...new Set(HOSTILE)].map((key) => [key, value]));
}

class Leg {
  symbol!: string;
  @BigIntField()
  quantity!: bigint;
  @Type(() => Date)
  at!: Date;

  static of(symbol: string): Leg {
    return Object.assign(new Leg(), { symbol, quantity: 7n, at: new Date(1_700_000_000_123) });
  }
}

class Names {
  taken!: Record<string, unknown>;
  @Type(() => Leg)
  legs!: Map<string, Leg>;
  @Type(() => Number)
  counts!: Map<string, number>;
  @Type(() => Map)
  nested!: Map<string, unknown>;
}

/** Returns null if they are equal; otherwise both sides, for the report. */
async function differenceAfterRestart(type: new () => object, event: object): Promise<unknown> {
  const { live, reloaded } = await afterRestart(type, event);
  return live.length === 1 && isDeepStrictEqual(reloaded, live) ? null : { live, reloaded };
}

describe('keys of dictionaries and Maps', () => {
  it('reload as own properties, whatever their names, at every depth', async () => {
    const deep = { a: [hostileDictionary({ constructor: { __proto__x: 1 } })], b: hostileDictionary(1) };
    const event = Object.assign(new Names(), {
      taken: { ...hostileDictionary(deep), plain: hostileDictionary('x') },
    });
    const { live, reloaded } = await afterRestart(Names, event);
    expect(isDeepStrictEqual(reloaded, live)).toBe(true);
    const { taken } = reloaded[0] as Names;
    for (const name of HOSTILE) {
      expect(Object.hasOwn(taken, name)).toBe(true);
      expect(Object.hasOwn(taken['plain'] as object, name)).toBe(true);
    }
    expect(Object.getPrototypeOf(taken)).toBe(Object.prototype);
  });

  it.each([...new Set(HOSTILE)])('survive as the only key: %j', async (name) => {
    const legs = new Map([[name, Leg.of(name)]]);
    const counts = new Map([[name, 1]]);
    const nested = new Map<string, unknown>([[name, { [name]: [{ [name]: null }] }]]);
    const taken = { [name]: { [name]: 1 } };
    const event = Object.assign(new Names(), { taken, legs, counts, nested });
    expect(await differenceAfterRestart(Names, event)).toBeNull();
  });

  it('all reload in a Map, in their order', async () => {
    const names = [...new Set(HOSTILE)].filter((name) => name !== '0');
    const legs = new Map(names.map((name) => [name, Leg.of(name)]));
    const { live, reloaded } = await afterRestart(Names, Object.assign(new Names(), { legs }));
    expect([...(reloaded[0] as Names).legs]).toStrictEqual([...(live[0] as Names).legs]);
    expect([...(reloaded[0] as Names).legs.keys()]).toEqual(names);
  });
});

class Everything {
  text!: string;
  numbers!: number[];
  list!: unknown[];
  note?: string | null;
  @Type(() => Date)
  dates!: Date[];
  @BigIntField()
  amount!: bigint | null;
  @BigIntField()
  amounts!: bigint[][];
  @BigIntField()
  byName!: Record<string, bigint>;
  @BigIntField()
  balances!: Map<string, bigint>;
  @BigIntField()
  ids!: Set<bigint>;
  @Type(() => String)
  tags!: Set<string>;
  @Type(() => Date)
  times!: Map<string, Date>;
  @Type(() => Leg)
  legs!: Leg[];
  @Type(() => Leg)
  main!: Leg;
}

const everything = (): Everything =>
  Object.assign(new Everything(), {
    text: 'Grüße 😀 \u2028 "\\',
    numbers: [0, -0, 1.5, -7, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE, 1e-7, 0.1 + 0.2],
    list: [null, [true, { a: [-0] }], 2n ** 64n, 'x'],
    note: null,
    dates: [new Date(0), new Date(-1), new Date(8.64e15)],
    amount: 5n,
    amounts: [[1n, 2n ** 70n], [], [-3n]],
    byName: { toString: 1n, __proto__x: 2n, big: 2n ** 65n },
    balances: new Map([
      ['size', 1n],
      ['EUR', 2n ** 65n],
    ]),
    ids: new Set([3n, 1n, 2n]),
    tags: new Set(['b', 'a']),
    times: new Map([['get', new Date(5)]]),
    legs: [Leg.of('A'), Leg.of('B')],
    main: Leg.of('C'),
  });

class Base {
  kind = 'base';
  inherited!: number;
}
class Derived extends Base {
  own!: string;
}
class WithGetters {
  @BigIntField()
  price!: bigint;
  get double(): bigint {
    return this.price * 2n;
  }
  toString(): string {
    return `price ${this.price}`;
  }
}
class Workaround {
  @Transform(({ value }) => BigInt(value as number), { toClassOnly: true })
  amount!: bigint;
  @Transform(({ value }) => BigInt(value as string | bigint))
  both!: bigint;
  @Transform(({ value }) => (value as URL).href, { toPlainOnly: true })
  @Transform(({ value }) => new URL(value as string), { toClassOnly: true })
  site!: URL;
}
class Renamed {
  @Expose({ name: 'order_id' })
  orderId!: string;
}
abstract class Shape {
  color!: string;
}
class Circle extends Shape {
  radius!: number;
}
class Square extends Shape {
  side!: number;
}
class Drawn {
  @Type(() => Shape, {
    discriminator: {
      property: 'kind',
      subTypes: [
        { value: Circle, name: 'circle' },
        { value: Square, name: 'square' },
      ],
    },
  })
  shapes!: Shape[];
  @Type(() => Shape, {
    discriminator: { property: 'kind', subTypes: [{ value: Circle, name: 'circle' }] },
  })
  main!: Shape;
  names!: Record<string, number>;
}

describe('an event', () => {
  it.each<[string, new () => object, object]>([
    ['with every kind of field', Everything, everything()],
    ['without its optional fields', Everything, Object.assign(new Everything(), { note: undefined })],
    [
      'of a derived class',
      Derived,
      Object.assign(new Derived(), { inherited: 1, own: 'x', kind: 'derived' }),
    ],
    ['with getters', WithGetters, Object.assign(new WithGetters(), { price: 5n })],
    [
      'with transformations',
      Workaround,
      Object.assign(new Workaround(), { amount: 5n, both: 6n, site: new URL('https://example.org/a') }),
    ],
    ['with a renamed property', Renamed, Object.assign(new Renamed(), { orderId: 'x' })],
    [
      'with a choice of classes',
      Drawn,
      Object.assign(new Drawn(), {
        shapes: [
          Object.assign(new Square(), { color: 'red', side: 2 }),
          Object.assign(new Circle(), { color: 'blue', radius: 1 }),
        ],
        main: Object.assign(new Circle(), { color: 'green', radius: 3 }),
        names: { constructor: 1, toString: 2 },
      }),
    ],
  ])('%s reloads unchanged', async (_what, type, event) => {
    expect(await differenceAfterRestart(type, event)).toBeNull();
  });

  it('may hold plain data of another realm, such as the results of structuredClone in Jest', async () => {
    const value: unknown = runInNewContext('({ list: [1, { a: 2 }], none: {} })');
    const { reloaded } = await afterRestart(Loose, loose(value));
    expect(reloaded[0]).toEqual(loose({ list: [1, { a: 2 }], none: {} }));
  });

  it('keeps -0', async () => {
    const { reloaded } = await afterRestart(Everything, Object.assign(new Everything(), { numbers: [-0] }));
    expect(Object.is((reloaded[0] as Everything).numbers[0], -0)).toBe(true);
  });
});

class Loose {
  value!: unknown;
  @BigIntField()
  amount?: bigint;
  @Type(() => Leg)
  leg?: Leg;
  @Type(() => Leg)
  legs?: Map<unknown, Leg>;
}
class Hidden {
  #amount = 0n;
  set(amount: bigint): this {
    this.#amount = amount;
    return this;
  }
  get amount(): bigint {
    return this.#amount;
  }
}
class Excluding {
  @Exclude({ toPlainOnly: true })
  secret!: string;
}
class Defaulting {
  note: string | undefined = 'default';
}
class Demanding {
  readonly cents: number;
  constructor(amount: { cents: number }) {
    this.cents = amount.cents;
  }
}
class Unstable {
  @Transform(({ value }) => (value as number) + 1, { toClassOnly: true })
  count!: number;
}
class BigLeg extends Leg {}
class Frozen {
  constructor(readonly id: string) {
    Object.freeze(this);
  }
}
class Sealed {
  constructor(id?: string) {
    if (id !== undefined) Object.assign(this, { id });
    Object.seal(this);
  }
}
class ReadOnly {
  constructor(id: string) {
    Object.defineProperty(this, 'id', { value: id, enumerable: true });
  }
}
class Replacing {
  id!: string;
  constructor(id?: string) {
    if (id !== undefined) this.id = id;
    else return Object.freeze({ id: 'one for all' });
  }
}
/** A field of a class whose constructor freezes an instance. */
class Containing {
  @Type(() => Frozen)
  inner!: Frozen;
}

const loose = (value: unknown): Loose => Object.assign(new Loose(), { value });
/** Returns another value at each read. */
function counting(): Loose {
  let count = 0;
  return Object.defineProperty(new Loose(), 'value', { get: () => (count += 1), enumerable: true });
}

describe('a save is refused', () => {
  it.each<[string, object, string, RegExp]>([
    ['a Date', loose(new Date(0)), 'value', /a string; give the field @Type\(\(\) => Date\)$/],
    ['an invalid Date', loose(new Date(Number.NaN)), 'value', /Date/],
    [
      'a bigint',
      loose(5n),
      'value',
      /^a bigint reads back as the number 5; give the field @BigIntField\(\)$/,
    ],
    ['a bigint in a list', loose([[1n]]), 'value[0][0]', /@BigIntField\(\)/],
    ['a bigint in a dictionary', loose({ toString: 1n }), 'value.toString', /@BigIntField\(\)/],
    [
      'a Map',
      loose(new Map([['a', 1]])),
      'value',
      /an instance of Map reads back as a plain object; give the field @Type/,
    ],
    [
      'a Set',
      loose(new Set(['a'])),
      'value',
      /an instance of Set reads back as an array; give the field @Type/,
    ],
    ['a URL', loose(new URL('https://example.org')), 'value', /URL/],
    ['an Error', loose(new Error('x')), 'value', /Error/],
    ['a RegExp', loose(/x/), 'value', /RegExp/],
    ['an ArrayBuffer', loose(new ArrayBuffer(4)), 'value', /ArrayBuffer/],
    ['a Uint8Array', loose(new Uint8Array(4)), 'value', /Uint8Array/],
    ['a Buffer', loose(Buffer.from('x')), 'value', /binary|Buffer/],
    ['a WeakMap', loose(new WeakMap()), 'value', /WeakMap/],
    ['a boxed number', loose(Object(1)), 'value', /Number/],
    ['a boxed string', loose(Object('x')), 'value', /String/],
    ['a URLSearchParams', loose(new URLSearchParams('a=1')), 'value', /URLSearchParams/],
    ['a Blob', loose(new Blob(['x'])), 'value', /Blob/],
    ['Headers', loose(new Headers({ a: 'b' })), 'value', /Headers/],
    ['an Intl object', loose(new Intl.NumberFormat('en')), 'value', /NumberFormat/],
    ['a promise', loose(Promise.resolve(1)), 'value', /Promise/],
    ['a function', loose(() => 'called'), 'value', /a function .*: it cannot be stored/],
    ['a function in a list', loose([() => 1]), 'value[0]', /function/],
    ['a method in a dictionary', loose({ a: () => 1 }), 'value.a', /function/],
    ['a symbol', loose(Symbol('x')), 'value', /symbol/],
    ['a symbol as a key', loose({ [Symbol('x')]: 1 }), 'value["Symbol(x)"]', /would be lost/],
    ['undefined in a list', loose([undefined]), 'value[0]', /undefined/],
    [
      'a list with a hole',
      loose(Array.from<unknown>({ length: 1 }).concat(Object.assign([], { length: 1 }))),
      'value[0]',
      /undefined/,
    ],
    ['a list with properties', loose(/(?<a>x)/.exec('x')), 'value.index', /would be lost/],
    ['NaN', loose(Number.NaN), 'value', /NaN/],
    ['an integer beyond 2^53', loose(2 ** 60), 'value', /bigint/],
    ['half a surrogate pair', loose('\ud800'), 'value', /surrogate/],
    ['half a surrogate pair as a key', loose({ '\udc00': 1 }), 'value["\\udc00"]', /surrogate/],
    ['an object without a prototype', loose(Object.create(null)), 'value', /without a prototype .*; copy it/],
    [
      'an instance without @Type',
      loose(Leg.of('x')),
      'value',
      /an instance of Leg reads back as a plain object; give the field @Type\(\(\) => Leg\)/,
    ],
    [
      'an instance of a subclass',
      Object.assign(new Loose(), { leg: Object.assign(new BigLeg(), Leg.of('x')) }),
      'leg',
      /BigLeg reads back as an instance of Leg/,
    ],
    [
      'a number in a field of bigints',
      Object.assign(new Loose(), { amount: 5 }),
      'amount',
      /the number 5 reads back as a bigint/,
    ],
    [
      'a number as the key of a Map',
      Object.assign(new Loose(), { legs: new Map([[1, Leg.of('x')]]) }),
      'legs',
      /a key of type number reads back as a string/,
    ],
    [
      'keys of a Map in an order that JSON loses',
      Object.assign(new Loose(), {
        legs: new Map([
          ['2', Leg.of('x')],
          ['1', Leg.of('y')],
        ]),
      }),
      'legs',
      /numeric order/,
    ],
    ['undefined in a Map', Object.assign(new Loose(), { legs: new Map([['2', undefined]]) }), 'legs', /Map/],
    [
      'a property that the class does not declare and inherits',
      Object.assign(new Loose(), { hasOwnProperty: 1 }),
      'hasOwnProperty',
      /would be lost/,
    ],
    ['a getter that counts', counting(), 'value', /the number/],
  ])('that holds %s', async (_what, event, field, reason) => {
    const error = await refusalOf(Loose, event);
    expect(error).toMatchObject({ code: 'JOURNAL_SERIALIZATION', outcome: 'not-written' });
    const { path, reason: given } = error as { path: string; reason: string };
    expect(given).toMatch(reason);
    expect(path).toBe(`command.Carried.data.${field}`);
  });

  it.each<[string, new (...args: never[]) => object, object, string, RegExp]>([
    ['a private field', Hidden, new Hidden().set(5n), '.data.amount', /private field/],
    [
      'an excluded property',
      Excluding,
      Object.assign(new Excluding(), { secret: 'x' }),
      '.data.secret',
      /would be lost/,
    ],
    [
      'undefined where the constructor sets something',
      Defaulting,
      Object.assign(new Defaulting(), { note: undefined }),
      '.data.note',
      /constructor/,
    ],
    ['what the constructor needs', Demanding, new Demanding({ cents: 5 }), '', /could not be read again/],
    [
      'what a transformation changes',
      Unstable,
      Object.assign(new Unstable(), { count: 1 }),
      '.data.count',
      /the number 1 reads back as the number 2/,
    ],
    ['an instance that is frozen', Frozen, new Frozen('a'), '', /read again: .*read only property 'id'/],
    ['an instance that is sealed', Sealed, new Sealed('a'), '', /read again: .*not extensible/],
    [
      'a property that is read-only',
      ReadOnly,
      new ReadOnly('a'),
      '',
      /read again: .*read only property 'id'/,
    ],
    [
      'a constructor that returns another object',
      Replacing,
      new Replacing('a'),
      '',
      /read again: .*read only/,
    ],
    [
      'a field with a frozen instance',
      Containing,
      Object.assign(new Containing(), { inner: new Frozen('a') }),
      '',
      /read again: .*read only property 'id'/,
    ],
  ])('for %s', async (_what, type, event, field, reason) => {
    const error = await refusalOf(type as new () => object, event);
    expect(error).toMatchObject({
      code: 'JOURNAL_SERIALIZATION',
      path: `command.Carried${field}`,
      reason: expect.stringMatching(reason) as unknown,
    });
  });

  it('with an error that names the event among several', async () => {
    await expect(afterRestart(Loose, loose(1), loose(2), loose(5n))).rejects.toMatchObject({
      path: 'command.DomainEvents[2].Carried.data.value',
    });
  });
});
