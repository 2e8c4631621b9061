import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import {
  Exclude,
  Expose,
  Transform,
  TransformationType,
  Type,
  instanceToPlain,
  plainToInstance,
} from 'class-transformer';
import type { TransformFnParams } from 'class-transformer';
import { toInstance, toPlain } from '../../src/serialization/classes/class-conversion.js';
import { planOf } from '../../src/serialization/classes/class-plan.js';
import { Random } from '../support/random.js';

type Class = new () => object;

/**
 * A description of a value that includes classes, the order of properties, and undefined properties.
 */
function described(value: unknown): unknown {
  if (typeof value === 'bigint') return `bigint ${value}`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : [typeof value, value];
  if (value instanceof Date) return ['Date', value.getTime()];
  if (Array.isArray(value)) return ['list', value.map(described)];
  if (value instanceof Map || value instanceof Set)
    return [value.constructor.name, [...value].map(described)];
  const entries = Object.entries(value).map(([key, item]) => [key, described(item)]);
  return ['object', Object.getPrototypeOf(value)?.constructor.name, entries];
}

function outcomeOf(action: () => unknown): unknown {
  try {
    return described(action());
  } catch (error) {
    return ['thrown', (error as Error).name, (error as Error).message];
  }
}

/** The parameters of `@Transform`, except the value. */
const calls: unknown[] = [];

const TRANSFORMS: readonly ((params: TransformFnParams) => unknown)[] = [
  ({ value }) => value,
  ({ value }) => (value === undefined || value === null ? value : `<${String(value)}>`),
  ({ value }) => BigInt(typeof value === 'number' ? Math.trunc(value) : 7),
  ({ key, obj, type, options }) => {
    calls.push([key, described(obj), type, { ...options }]);
    return key;
  },
  () => new Date(0),
  ({ obj }) => Object.keys(obj as object).length,
  ({ value }) => ({ wrapped: value as unknown }),
];
/** Only an object of this depth always becomes an instance. */
const ROOT_DEPTH = 3;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const PROPERTIES = [...NAMES, 'order_id', 'method', 'getter', 'both', 'other'];
const ODD_NAMES = ['constructor', '__proto__', 'toString', 'then', '', '7', 'length', 'prototype'];

/** A class with random decorators, some inherited, whose nested classes are among `known`. */
function randomClass(random: Random, known: readonly Class[]): Class {
  const Base = known.length > 0 && random.chance(0.3) ? random.pick(known) : (class {} as Class);
  const fields = NAMES.filter(() => random.chance(0.1)).map(
    (name) => [name, random.pick([5, () => 6])] as const,
  );
  const type: Class = class Random extends Base {
    #both: unknown;
    constructor() {
      super();
      // Properties that the instance has before the data, including functions.
      for (const [name, value] of fields) (this as Record<string, unknown>)[name] = value;
    }
    method(): string {
      return 'called';
    }
    get getter(): string {
      return 'got';
    }
    get both(): unknown {
      return this.#both;
    }
    set both(value: unknown) {
      this.#both = value;
    }
  };
  const prototype = type.prototype as object;
  if (random.chance(0.15)) Exclude()(type);
  if (random.chance(0.15)) Expose()(type);
  for (const name of PROPERTIES) {
    const reflected = random.pick([
      undefined,
      undefined,
      String,
      Number,
      Object,
      Array,
      Date,
      BigInt,
      Set,
      Base,
    ]);
    if (random.chance(0.3)) Reflect.defineMetadata('design:type', reflected, prototype, name);
    if (random.chance(0.35)) {
      const named = random.pick<unknown>([
        ...known,
        ...known,
        ...known,
        String,
        Number,
        Boolean,
        Date,
        BigInt,
        Object,
      ]);
      Type(random.chance(0.03) ? (_help) => named as Class : () => named as Class)(prototype, name);
    }
    const sides = () => random.pick([{}, {}, { toClassOnly: true }, { toPlainOnly: true }]);
    if (random.chance(0.3)) {
      const renamed = random.pick([{}, {}, { name: random.pick(PROPERTIES) }, { name: `x_${name}` }]);
      const when = random.pick([{}, {}, {}, { groups: ['g'] }, { since: 2 }, { until: 1 }]);
      Expose({ ...renamed, ...when, ...sides() })(prototype, name);
    }
    if (random.chance(0.1)) Exclude(sides())(prototype, name);
    for (let left = random.below(5); left > 3; left--) {
      Transform(random.pick(TRANSFORMS), { ...sides(), ...random.pick([{}, {}, { groups: ['g'] }]) })(
        prototype,
        name,
      );
    }
  }
  return type;
}

function randomJson(random: Random, depth: number): unknown {
  switch (random.below(depth > 0 ? 9 : 6)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick(['', 'x', '2024-01-02', '12', 'text']);
    case 3:
      return random.pick([0, -0, 1, 1.5, -7, 2 ** 40]);
    case 4:
    case 5:
      return random.bigint(-(2n ** 70n), 2n ** 70n);
    case 6:
      return Array.from({ length: random.below(4) }, () => randomJson(random, depth - 1));
    default:
      return randomObject(random, depth);
  }
}

function randomObject(random: Random, depth: number): object {
  const object: Record<string, unknown> = {};
  for (const name of [...PROPERTIES, 'x_a', 'x_b', 'x_c', 'unknown']) {
    if (random.chance(0.4)) object[name] = randomJson(random, depth - 1);
  }
  // Class-transformer loses some of these in a dictionary, or fails.
  if (depth === ROOT_DEPTH && random.chance(0.15)) {
    const value = randomJson(random, 1);
    Object.defineProperty(object, random.pick(ODD_NAMES), {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

/** Values that an application may set in an instance before it is written. */
function spoiled(instance: unknown, random: Random, known: readonly Class[]): unknown {
  if (typeof instance !== 'object' || instance === null || !random.chance(0.5)) return instance;
  const values: readonly (() => unknown)[] = [
    () => new Date(5),
    () => undefined,
    () => Object.assign(new (random.pick(known))(), { a: 1, order_id: new Date(7) }),
    () => [{ a: 1n }, new Date(6)],
    () => ({ nested: { fn: () => 2 } }),
    () => new Map([['k', 1]]),
    () => new Set([1, 2]),
    () => Object.create(null) as object,
    () => () => 'from a function',
  ];
  const { getOwnPropertyDescriptor: get } = Object;
  for (const name of NAMES) {
    if (random.chance(0.2) && get(instance, name)?.writable !== false) {
      (instance as Record<string, unknown>)[name] = random.pick(values)();
    }
  }
  return instance;
}

describe('random classes with random decorators', () => {
  test('become instances and plain data exactly as class-transformer converts them', () => {
    const random = new Random(31);
    for (let round = 0; round < 25; round++) {
      const known: Class[] = [];
      for (let count = random.below(3) + 1; count > 0; count--) known.push(randomClass(random, known));
      const type = known.at(-1) as Class;
      for (let index = 0; index < 12; index++) {
        const plain = random.chance(0.9) ? randomObject(random, ROOT_DEPTH) : randomJson(random, 2);
        // Class-transformer removes discriminators from its source.
        const [ours, theirs] = [plain, structuredClone(plain)];
        calls.length = 0;
        const instance = outcomeOf(() => toInstance(type, ours));
        const [ourCalls] = [calls.splice(0)];
        expect(instance).toEqual(outcomeOf(() => plainToInstance(type, theirs)));
        // Data that turns out to need class-transformer was started twice.
        if (ourCalls.length === calls.length) expect(ourCalls).toEqual(calls);
        const isInstance =
          typeof theirs === 'object' && theirs !== null && (instance as unknown[])[0] !== 'thrown';
        if (!isInstance) continue;

        const written = spoiled(plainToInstance(type, theirs), random, known) as object;
        expect(outcomeOf(() => toPlain(written))).toEqual(outcomeOf(() => instanceToPlain(written)));
      }
    }
  });
});

class Leg {
  symbol!: string;
  @Type(() => Date)
  at!: Date;
  notional(): number {
    return 1;
  }
}

class Ordinary {
  @Expose({ name: 'order_id' })
  orderId!: string;
  @Type(() => Leg)
  legs!: Leg[];
  @Type(() => Leg)
  main!: Leg;
  @Transform(({ value }) => BigInt(value as number), { toClassOnly: true })
  quantity!: bigint;
  @Exclude({ toPlainOnly: true })
  cached?: string;
  @Expose({ toPlainOnly: true })
  get total(): number {
    return 5;
  }
}

describe('an ordinary class', () => {
  const plain = {
    order_id: 'x',
    quantity: 5,
    cached: 'c',
    extra: { a: [1n] },
    legs: [{ symbol: 'A', at: '2024-01-02T03:04:05Z', notional: 'hostile' }],
    main: { symbol: 'B', at: null },
  };

  test('is converted by its plan in both directions', () => {
    const instance = toInstance(Ordinary, plain) as Ordinary;
    expect(described(instance)).toEqual(described(plainToInstance(Ordinary, plain)));
    expect(instance.legs[0]?.notional()).toBe(1);
    expect(described(toPlain(instance))).toEqual(described(instanceToPlain(instance)));
    for (const direction of [TransformationType.PLAIN_TO_CLASS, TransformationType.CLASS_TO_PLAIN] as const) {
      expect(planOf(Ordinary, direction).properties.has('legs')).toBe(true);
      expect(planOf(Leg, direction).properties.has('at')).toBe(true);
    }
  });

  test('is copied: the instance shares nothing with the plain data', () => {
    const instance = toInstance(Ordinary, plain) as Ordinary & { extra: { a: bigint[] } };
    instance.extra.a.push(2n);
    expect(plain.extra.a).toEqual([1n]);
  });
});
