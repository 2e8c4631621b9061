import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DeserializationError, SerializationError } from '../../src/journal/index.js';
import { parseJson, stringifyJson } from '../../src/serialization/index.js';
import { parseJsonCarefully } from '../../src/serialization/json/careful-parse.js';
import { MAX_NESTING, scanJson } from '../../src/serialization/json/scan.js';
import { parseJsonBytes } from '../../src/serialization/json/lossless-json.js';
import { expectEqual, expectSame } from '../support/quick-expect.js';
import { Random } from '../support/random.js';

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('expected it to throw');
}

/** All ways of parsing, which must agree. */
const PARSERS: readonly [string, (text: string) => unknown][] = [
  ['text', parseJson],
  ['bytes', (text) => parseJsonBytes(Buffer.from(text))],
  ['carefully', (text) => parseJsonCarefully(text, 'safe-numbers')],
];

describe.each(PARSERS)('parsing %s', (_name, parse) => {
  test.each<[string, unknown]>([
    ['0', 0],
    ['-0', -0],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740991', -9007199254740991],
    ['-9007199254740992', -9007199254740992n],
    ['1000000000000000', 1000000000000000],
    ['18446744073709551615', 18446744073709551615n],
    [`${10n ** 400n}`, 10n ** 400n],
    ['1.0', 1],
    ['0.12345678901234567890', 0.12345678901234568],
    ['12345678901234567.5', 12345678901234568],
    ['1e21', 1e21],
    ['1E-7', 1e-7],
    ['12345678901234567890e0', 12345678901234567000],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['"12345678901234567890"', '12345678901234567890'],
    ['"a:12345678901234567890"', 'a:12345678901234567890'],
    ['"\\"[12345678901234567890"', '"[12345678901234567890'],
    ['"\\\\"', '\\'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\ud83d"', '\ud83d'],
    ['"\\u007f123"', '\u007f123'],
    ['["\u007f1",12345678901234567890]', ['\u007f1', 12345678901234567890n]],
    ['["\\u007F1",12345678901234567890]', ['\u007f1', 12345678901234567890n]],
    ['[null,true,false,{}]', [null, true, false, {}]],
    [
      '{"é":12345678901234567890,"b":[-12345678901234567890]}',
      { é: 12345678901234567890n, b: [-12345678901234567890n] },
    ],
    [' \t\r\n[ 12345678901234567890 , 1 ] \n', [12345678901234567890n, 1]],
    ['{"a":1,"a":12345678901234567890}', { a: 12345678901234567890n }],
    ['{"a":12345678901234567890,"a":1}', { a: 1 }],
  ])('%s', (text, value) => {
    expect(parse(text)).toStrictEqual(value);
  });

  test.each([
    '',
    ' ',
    '{',
    '[',
    '"',
    '"\\',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '{"a"',
    '{"a":',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '[1 2]',
    '1 2',
    'nul',
    'nullx',
    'True',
    'undefined',
    'NaN',
    'Infinity',
    '-',
    '+1',
    '.5',
    '1.',
    '1e',
    '1e+',
    '01',
    '-01',
    '0x1',
    '00000000000000000001',
    '-00000000000000000001',
    '{12345678901234567890:1}',
    '{"a":1,12345678901234567890:1}',
    '[12345678901234567890 "a"]',
    '12345678901234567890"a"',
    '-12345678901234567890-',
    '"a\nb"',
    '"\u0000"',
    '"\\x"',
    '"\\u12g4"',
    '1e400',
    '-1e400',
    `[${'9'.repeat(400)}.0]`,
    '[1e999,12345678901234567890]',
    '\ufeff1',
    '1\ufeff',
    '\u00a01',
    '// x\n1',
    '[1]]',
    '{"a":1}}',
    '[12345678901234567890,',
    '{"a":12345678901234567890',
    '"12345678901234567890',
  ])('refuses %j', (text) => {
    const error = errorOf(() => parse(text));
    expect(error).toBeInstanceOf(DeserializationError);
    expect(error).toMatchObject({ code: 'JOURNAL_DESERIALIZATION' });
  });

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])(
    `accepts ${MAX_NESTING} nested %s, and refuses one more and a million more with a typed error`,
    (_what, open, close) => {
      const nested = (levels: number) => `${open.repeat(levels)}1${close.repeat(levels)}`;
      expect(stringifyJson(parse(nested(MAX_NESTING)))).toBe(nested(MAX_NESTING));
      for (const levels of [MAX_NESTING + 1, 1_000_000]) {
        const error = errorOf(() => parse(nested(levels)));
        expect(error).toBeInstanceOf(DeserializationError);
        expect((error as Error).message).toContain('nested deeper than 127 levels');
      }
      expect(errorOf(() => parse(open.repeat(1_000_000)))).toBeInstanceOf(DeserializationError);
    },
  );

  test.each([
    '{"__proto__":{"polluted":1}}',
    '{"__proto__":12345678901234567890}',
    '{"a":{"__proto__":[12345678901234567890]}}',
  ])('treats __proto__ as a name like any other: %s', (text) => {
    const value = parse(text) as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(stringifyJson(value)).toBe(text);
  });
});

test('bytes that are not UTF-8 are refused', () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xc3],
  ]) {
    expect(errorOf(() => parseJsonBytes(Buffer.from(bytes)))).toMatchObject({
      code: 'JOURNAL_DESERIALIZATION',
      reason: 'the payload is not valid UTF-8',
    });
  }
});

test('the scan finds exactly the long integers outside strings', () => {
  const text =
    '{"1234567890123456":"1234567890123456","a":-1234567890123456789,"b":1.1234567890123456,"é":[9007199254740993]}';
  const positions = scanJson(Buffer.from(text));
  const found: string[] = [];
  for (let index = 0; index < positions.length; index += 2) {
    found.push(
      Buffer.from(text).toString('utf8', positions[index] as number, positions[index + 1] as number),
    );
  }
  expect(found).toEqual(['-1234567890123456789', '9007199254740993']);
});

/** A value and one of its many texts. */
function randomJson(random: Random, depth: number): [unknown, string] {
  const space = () => (random.chance(0.1) ? random.pick([' ', '\n', '\t\r ']) : '');
  switch (random.below(depth > 0 ? 8 : 6)) {
    case 0:
      return random.pick<[unknown, string]>([
        [null, 'null'],
        [true, 'true'],
        [false, 'false'],
        [-0, '-0'],
      ]);
    case 1: {
      const integer = random.bigint(-(2n ** 70n), 2n ** 70n);
      const safe = integer >= BigInt(Number.MIN_SAFE_INTEGER) && integer <= BigInt(Number.MAX_SAFE_INTEGER);
      return [safe ? Number(integer) : integer, integer.toString()];
    }
    case 2: {
      const text = `${random.chance(0.5) ? '-' : ''}${random.bigint(0n, 10n ** 20n)}.${random.bigint(0n, 10n ** 20n)}`;
      return [Number(text), text];
    }
    case 3: {
      const text = `${random.bigint(0n, 10n ** 18n)}${random.pick(['e', 'E', '.5e+', 'e-'])}${random.below(250)}`;
      return [Number(text), text];
    }
    case 4:
    case 5: {
      const text = random.text(8);
      return [text, random.chance(0.5) ? JSON.stringify(text) : escaped(text)];
    }
    case 6: {
      const items = Array.from({ length: random.below(4) }, () => randomJson(random, depth - 1));
      return [
        items.map(([item]) => item),
        `[${space()}${items.map(([, text]) => text + space()).join(`,${space()}`)}]`,
      ];
    }
    default: {
      const value: Record<string, unknown> = {};
      const members: string[] = [];
      for (let left = random.below(4); left > 0; left--) {
        const key = random.text(4);
        const [item, text] = randomJson(random, depth - 1);
        value[key] = item;
        members.push(`${space()}${JSON.stringify(key)}${space()}:${space()}${text}${space()}`);
      }
      return [value, `{${members.join(',')}}`];
    }
  }
}

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) =>
    text.charCodeAt(index).toString(16).padStart(4, '0'),
  );
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}

test('random texts parse to their values, also after writing', () => {
  const random = new Random(21);
  for (let index = 0; index < 4000; index++) {
    const [value, text] = randomJson(random, 4);
    for (const [, parse] of PARSERS) expectEqual(parse(text), value);
    if (holdsUnsafeNumber(value)) {
      expect(errorOf(() => stringifyJson(value))).toBeInstanceOf(SerializationError);
      continue;
    }
    const written = stringifyJson(value);
    expectEqual(parseJson(written), value);
    expectSame(stringifyJson(parseJson(written)), written);
  }
});

/**
 * A fraction such as 12345678901234567.5 is parsed as a double that is an integer, but not written as one.
 */
function holdsUnsafeNumber(value: unknown): boolean {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
  }
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsUnsafeNumber);
}

test('random damage is accepted exactly if JSON.parse accepts it, with the same value except for integers', () => {
  const random = new Random(22);
  let accepted = 0;
  for (let index = 0; index < 8000; index++) {
    const text = [...randomJson(random, 3)[1]];
    for (let changes = random.below(3); changes > 0; changes--) {
      text.splice(
        random.below(text.length + 1),
        random.below(2),
        random.pick([...'{}[]",:\\ 0123456789-+.eEtfn']),
      );
    }
    const damaged = text.join('');
    let native: { value: unknown } | null = null;
    try {
      native = { value: JSON.parse(damaged) };
    } catch {
      // JSON.parse refuses it, so this parser must refuse it, too.
    }
    for (const [, parse] of PARSERS) {
      if (native === null || hasInfinity(native.value)) {
        expectSame(errorOf(() => parse(damaged)) instanceof DeserializationError, true);
      } else {
        expectEqual(withDoubles(parse(damaged)), native.value);
        accepted++;
      }
    }
  }
  expect(accepted).toBeGreaterThan(3000);
});

function withDoubles(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withDoubles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withDoubles(item)]));
}

function hasInfinity(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasInfinity);
}

describe('writing', () => {
  class Money {
    private readonly hidden = Symbol('not JSON');
    constructor(
      readonly amount: bigint,
      readonly currency?: string,
    ) {
      Object.defineProperty(this, 'hidden', { enumerable: false, value: this.hidden });
    }
    get double(): bigint {
      return this.amount * 2n;
    }
  }

  test.each<[string, unknown, string]>([
    ['bigints as plain integers', [1n, -(2n ** 100n)], '[1,-1267650600228229401496703205376]'],
    ['doubles in their shortest form', [1.5, 1e21, 1e-7, 0.1], '[1.5,1e+21,1e-7,0.1]'],
    ['-0 with its sign', [-0, 0], '[-0.0,0]'],
    ['small doubles as serde_json does', [1e-5, 9.5e-6, -1e-6], '[0.00001,9.5e-6,-1e-6]'],
    ['no undefined properties', { a: undefined, b: 1 }, '{"b":1}'],
    ['no symbol keys', { [Symbol('s')]: 1, b: 1 }, '{"b":1}'],
    [
      'integer-like keys first, in numeric order, as in JavaScript',
      { b: 1, 2: 2, 1: 3 },
      '{"1":3,"2":2,"b":1}',
    ],
    ['Dates as ISO strings', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['whatever toJSON gives', { toJSON: () => ({ n: 1n }) }, '{"n":1}'],
    ['class instances as their own enumerable properties', new Money(5n), '{"amount":5}'],
    ['objects without a prototype', Object.assign(Object.create(null), { a: 1n }), '{"a":1}'],
    [
      'strings with the escapes of serde',
      '"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028😀',
      '"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u007f\u2028😀"',
    ],
    ['keys with escapes', { 'a"b': 1 }, '{"a\\"b":1}'],
  ])('%s', (_what, value, text) => {
    expect(stringifyJson(value)).toBe(text);
  });

  test.each<[string, unknown, string, string]>([
    ['undefined', undefined, '(top level)', 'undefined is not a JSON value'],
    ['undefined in an array', { a: [1, undefined] }, 'a[1]', 'undefined is not a JSON value'],
    ['a hole in an array', Array(2), '[0]', 'undefined is not a JSON value'],
    ['a function', { a: () => 1 }, 'a', 'a function is not a JSON value'],
    ['a symbol', { a: Symbol('x') }, 'a', 'a symbol is not a JSON value'],
    ['NaN', { 'a b': [{ c: Number.NaN }] }, '["a b"][0].c', 'NaN is not a JSON value'],
    ['2^53 as a number', { a: 2 ** 53 }, 'a', 'use a bigint'],
    ['2^60 as a number', [2 ** 60], '[0]', '1152921504606847000 is beyond Number.MAX_SAFE_INTEGER'],
    ['-2^63 as a number', [-(2 ** 63)], '[0]', 'use a bigint'],
    ['123456789012345678901 as a number', [Number('123456789012345678901')], '[0]', 'use a bigint'],
    ['Infinity', [-Infinity], '[0]', '-Infinity is not a JSON value'],
    ['a Map', { m: new Map([[1, 2]]) }, 'm', 'an object of type Map has no JSON form'],
    ['a Set', { s: new Set([1]) }, 's', 'an object of type Set has no JSON form'],
    ['an Error', { e: new Error('lost') }, 'e', 'an object of type Error has no JSON form'],
    ['a RegExp', { r: /x/ }, 'r', 'an object of type RegExp has no JSON form'],
    ['a Promise', { p: Promise.resolve(1) }, 'p', 'an object of type Promise has no JSON form'],
    ['a boxed number', { n: Object(5) }, 'n', 'an object of type Number has no JSON form'],
    ['a Buffer', { b: Buffer.from('x') }, 'b', 'binary data has no JSON form'],
    ['a typed array', { b: new Float64Array(1) }, 'b', 'binary data has no JSON form'],
    ['an ArrayBuffer', { b: new ArrayBuffer(1) }, 'b', 'an object of type ArrayBuffer has no JSON form'],
    ['an invalid Date', { d: new Date(Number.NaN) }, 'd', 'an invalid Date is not a JSON value'],
    ['toJSON that gives undefined', { t: { toJSON: () => undefined } }, 't', 'undefined is not a JSON value'],
    ['half a surrogate pair', { s: 'x\ud83d' }, 's', 'half a surrogate pair'],
    ['half a surrogate pair in a key', { '\udc00': 1 }, '["\\udc00"]', 'half a surrogate pair'],
  ])('refuses %s', (_what, value, path, reason) => {
    const error = errorOf(() => stringifyJson(value));
    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ code: 'JOURNAL_SERIALIZATION', path });
    expect((error as SerializationError).reason).toContain(reason);
  });

  test('refuses cycles and deep nesting before the stack overflows', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = { back: cycle };
    const list: unknown[] = [];
    list.push(list);
    const endless = { toJSON: () => endless };
    let deep: unknown = 1;
    for (let level = 0; level < 1_000_000; level++) deep = [deep];
    for (const value of [cycle, list, deep, endless]) {
      expect(errorOf(() => stringifyJson(value))).toBeInstanceOf(SerializationError);
    }
    expect((errorOf(() => stringifyJson(cycle)) as Error).message).toContain(
      'nested deeper than 127 levels, or cyclic',
    );
  });
});

test('numbers have the spelling of serde_json', () => {
  const path = join(import.meta.dirname, '../golden/numbers.json');
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  const here = Object.keys(golden).map((bits) => [
    bits,
    stringifyJson(Buffer.from(bits, 'hex').readDoubleBE(0)),
  ]);
  expect(Object.fromEntries(here)).toEqual(golden);
  expect(here.length).toBeGreaterThan(60);
});
