/** Random event classes and values. Most values have the declared type; some have another type. */
import 'reflect-metadata';
import type { Type as Class } from '@nestjs/common';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { BigIntField } from '../../src/serialization/classes/index.js';
import type { Random } from '../support/random.js';

const MAX_DEPTH = 1;

type Decorator = (target: object, property: string) => void;

/** A kind of field: its decorators, and a fitting value. */
interface Kind {
  readonly name: string;
  /** The metadata that TypeScript emits for the field's type. */
  readonly declared?: unknown;
  readonly decorators: readonly Decorator[];
  readonly value: (random: Random) => unknown;
}

export interface RandomClass {
  readonly type: Class;
  readonly fields: ReadonlyMap<string, Kind>;
  /** Maximum depth of nested classes. */
  readonly depth: number;
}

const KEYS = [
  ...['a', 'b', 'price', 'Ünï', '😀', '', ' ', '0', '-0', '1.5', '\u2028', '\u007f1', '$bigint'],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'then',
    'toJSON',
    'length',
    'name',
    'size',
    'get',
    'set',
    'entries',
  ],
  ...['keys', 'values', 'has', 'clear', 'delete', 'forEach', 'toString', 'valueOf', 'hasOwnProperty'],
  ...['isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', '__defineGetter__', '__lookupSetter__'],
];

const text = (random: Random): string => random.text(8);
const key = (random: Random): string => (random.chance(0.6) ? random.pick(KEYS) : text(random));
const number = (random: Random): number =>
  random.pick([
    0,
    -0,
    1,
    -1,
    1.5,
    0.1 + 0.2,
    1e-7,
    1e21,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_VALUE,
    random.below(1000),
  ]);
const bigint = (random: Random): bigint => random.bigint(-(2n ** 70n), 2n ** 70n);
const date = (random: Random): Date =>
  new Date(random.pick([0, -1, 8.64e15, 1_700_000_000_123, random.below(1e9)]));

function list<T>(random: Random, item: (random: Random) => T, max = 2): T[] {
  return Array.from({ length: random.below(max + 1) }, () => item(random));
}

function entries<T>(random: Random, item: (random: Random) => T, max = 3): [string, T][] {
  return [...new Set(list(random, key, max))].map((name) => [name, item(random)]);
}

/** Own properties, including `__proto__`. */
const dictionary = <T>(random: Random, item: (random: Random) => T): Record<string, T> =>
  Object.fromEntries(entries(random, item));

/** A value that JSON holds exactly, nested up to `depth`. */
function json(random: Random, depth = 2): unknown {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0:
      return random.pick([null, true, false]);
    case 1:
      return text(random);
    case 2:
    case 3:
      return number(random);
    case 4:
      return random.chance(0.2) ? 2n ** 64n : text(random);
    case 5:
      return list(random, () => json(random, depth - 1));
    default:
      return dictionary(random, () => (random.chance(0.05) ? undefined : json(random, depth - 1)));
  }
}

/** A value that a reload changes, or preserves only by chance. */
const ODD: readonly ((random: Random) => unknown)[] = [
  bigint,
  date,
  number,
  json,
  () => new Date(Number.NaN),
  () => undefined,
  () => Number.NaN,
  () => 2 ** 60,
  () => '\ud800',
  () => ({ '\udfff': 1 }),
  () => new Map([['a', 1]]),
  () => new Map<unknown, unknown>([[1, 2]]),
  () => new Set(['a', 'a', 'b']),
  () => new URL('https://example.org/?a=1'),
  () => new URLSearchParams('a=1'),
  () => new Error('x', { cause: 1 }),
  () => /x/g,
  () => new Uint8Array([1, 2]),
  () => new ArrayBuffer(2),
  () => Object(5) as unknown,
  () => new WeakMap(),
  () => Symbol('s'),
  () => () => 'called',
  () => ({ method: () => 1 }),
  () => Object.create(null) as unknown,
  () => Object.assign(Object.create({ inherited: 1 }) as object, { own: 2 }),
  () => [1, undefined],
  () => Object.assign([1, 2], { extra: 3 }),
  () => Array.from<unknown>({ length: 2 }).concat(1),
  () => ({ [Symbol('s')]: 1 }),
  () => ({
    get computed() {
      return 1;
    },
  }),
  (random) => [bigint(random)],
  (random) => ({ toString: bigint(random) }),
];

const PLAIN_KINDS: readonly Kind[] = [
  { name: 'text', declared: String, decorators: [], value: text },
  { name: 'number', declared: Number, decorators: [], value: number },
  { name: 'boolean', declared: Boolean, decorators: [], value: (random) => random.chance(0.5) },
  { name: 'json', declared: Object, decorators: [], value: json },
  {
    name: 'optional',
    declared: String,
    decorators: [],
    value: (random) => random.pick([undefined, null, 'x']),
  },
  { name: 'dictionary', declared: Object, decorators: [], value: (random) => dictionary(random, json) },
  { name: 'date', declared: Date, decorators: [Type(() => Date)], value: date },
  { name: 'dates', declared: Array, decorators: [Type(() => Date)], value: (random) => list(random, date) },
  { name: 'bigint', declared: BigInt, decorators: [BigIntField()], value: bigint },
  {
    name: 'bigints',
    declared: Array,
    decorators: [BigIntField()],
    value: (random) => list(random, () => list(random, bigint)),
  },
  {
    name: 'bigint dictionary',
    declared: Object,
    decorators: [BigIntField()],
    value: (random) => dictionary(random, bigint),
  },
  {
    name: 'bigint map',
    declared: Map,
    decorators: [BigIntField()],
    value: (random) => new Map(entries(random, bigint)),
  },
  {
    name: 'bigint set',
    declared: Set,
    decorators: [BigIntField()],
    value: (random) => new Set(list(random, bigint)),
  },
  {
    name: 'transformed bigint',
    declared: BigInt,
    decorators: [Transform(({ value }) => BigInt(value as number), { toClassOnly: true })],
    value: bigint,
  },
  {
    name: 'text map',
    declared: Map,
    decorators: [Type(() => String)],
    value: (random) => new Map(entries(random, text)),
  },
  {
    name: 'date map',
    declared: Map,
    decorators: [Type(() => Date)],
    value: (random) => new Map(entries(random, date)),
  },
  {
    name: 'json map',
    declared: Map,
    decorators: [Type(() => Map)],
    value: (random) => new Map(entries(random, (r) => dictionary(r, json))),
  },
  {
    name: 'number set',
    declared: Set,
    decorators: [Type(() => Number)],
    value: (random) => new Set(list(random, number)),
  },
  { name: 'renamed', declared: String, decorators: [Expose({ name: 'renamed_field' })], value: text },
];

const SIMPLE_KINDS = PLAIN_KINDS.filter(({ name }) => ['text', 'number', 'boolean', 'bigint'].includes(name));

/** Fields that are refused, unless they are empty or contain a large bigint. */
const LOSSY_KINDS: readonly Kind[] = [
  { name: 'undecorated bigint', declared: BigInt, decorators: [], value: bigint },
  { name: 'undecorated date', declared: Date, decorators: [], value: date },
  { name: 'undecorated map', declared: Map, decorators: [], value: () => new Map() },
  { name: 'excluded', declared: String, decorators: [Exclude()], value: text },
];

/** Fields with instances of other classes. */
function nestedKinds(nested: RandomClass, other: RandomClass): Kind[] {
  const one = (random: Random): object => valueOf(nested, random);
  const typed = [Type(() => nested.type)];
  const choice = Type(() => nested.type, {
    discriminator: {
      property: '__kind',
      subTypes: [
        { value: nested.type, name: 'nested' },
        { value: other.type, name: 'other' },
      ],
    },
  });
  return [
    { name: 'nested', declared: nested.type, decorators: typed, value: one },
    { name: 'nested list', declared: Array, decorators: typed, value: (random) => list(random, one) },
    {
      name: 'nested map',
      declared: Map,
      decorators: typed,
      value: (random) => new Map(entries(random, one)),
    },
    { name: 'nested set', declared: Set, decorators: typed, value: (random) => new Set(list(random, one)) },
    {
      name: 'choice',
      declared: Array,
      decorators: [choice],
      value: (random) => list(random, () => valueOf(random.pick([nested, other]), random)),
    },
  ];
}

function lossyNestedKinds(nested: RandomClass, other: RandomClass): Kind[] {
  const typed = [Type(() => nested.type)];
  const one = (random: Random): object => valueOf(nested, random);
  return [
    { name: 'undecorated instance', declared: Object, decorators: [], value: one },
    {
      name: 'other class',
      declared: nested.type,
      decorators: typed,
      value: (random) => valueOf(other, random),
    },
  ];
}

/** A class with up to six fields of the `known` types, sometimes derived from one of them. */
export function randomClass(random: Random, known: readonly RandomClass[], number: number): RandomClass {
  const parent = known.length > 0 && random.chance(0.25) ? random.pick(known) : null;
  const Parent = parent?.type ?? (class {} as Class);
  const defaults = random.chance(0.15) ? { withDefault: random.pick<unknown>([1, 'x', null, [1]]) } : {};
  const made = {
    [`Event${number}`]: class extends Parent {
      constructor() {
        super();
        Object.assign(this, defaults);
      }
    },
  };
  const type = made[`Event${number}`] as Class;
  const prototype = type.prototype as object;
  if (random.chance(0.1)) {
    Object.defineProperty(prototype, 'derived', {
      get(this: object) {
        return Object.keys(this).length;
      },
      configurable: true,
    });
  }
  const fields = new Map(parent?.fields);
  let depth = parent?.depth ?? 0;
  // The size of values grows exponentially with the depth.
  const nestable = known.filter((candidate) => candidate.depth < MAX_DEPTH);
  for (let index = random.below(5) + 1; index > 0; index -= 1) {
    const name = `${random.pick(['a', 'b', 'c'])}${number}_${index}`;
    let kinds = random.chance(0.04) ? LOSSY_KINDS : PLAIN_KINDS;
    if (nestable.length > 0 && random.chance(0.35)) {
      const [nested, other] = [random.pick(nestable), random.pick(nestable)];
      kinds = random.chance(0.1) ? lossyNestedKinds(nested, other) : nestedKinds(nested, other);
      depth = Math.max(depth, nested.depth + 1, other.depth + 1);
    }
    const kind = random.pick(kinds);
    Reflect.defineMetadata('design:type', kind.declared, prototype, name);
    for (const decorate of kind.decorators) decorate(prototype, name);
    fields.set(name, kind);
  }
  return { type, fields, depth };
}

/** A class with fields of simple values, which most events have. */
export function simpleClass(random: Random, number: number): RandomClass {
  const made = { [`Simple${number}`]: class {} };
  const type = made[`Simple${number}`] as Class;
  const fields = new Map<string, Kind>();
  for (let index = random.below(6); index >= 0; index -= 1) {
    const kind = random.pick(SIMPLE_KINDS);
    for (const decorate of kind.decorators) decorate(type.prototype as object, `field_${index}`);
    fields.set(`field_${index}`, kind);
  }
  return { type, fields, depth: 0 };
}

/** An event, or a nested instance. @param oddity probability that a field has a value of any kind */
export function valueOf({ type, fields }: RandomClass, random: Random, oddity = 0): object {
  const instance = new type() as Record<string, unknown>;
  for (const [name, kind] of fields) {
    if (random.chance(0.05)) continue;
    instance[name] = random.chance(oddity) ? random.pick(ODD)(random) : kind.value(random);
  }
  if (random.chance(oddity / 4)) {
    // Not assigned: an assignment to `__proto__` would change the class.
    const value = json(random);
    Object.defineProperty(instance, key(random), {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return instance;
}
