import { describe, expect, test } from '@jest/globals';
import { SequencerEvent } from '../../src/journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import type { OrderBookCommand, OrderBookResult } from '../../src/order-book/index.js';
import { AsciiWriter } from '../../src/serialization/json/ascii-writer.js';
import { parseJsonCarefully } from '../../src/serialization/json/careful-parse.js';
import { compileCheck } from '../../src/order-book/compile-check.js';
import { compileReader } from '../../src/order-book/compile-reader.js';
import { compileWriter } from '../../src/order-book/compile-writer.js';
import { cursorAt, type Cursor } from '../../src/order-book/cursor.js';
import { COMMAND, RESULT } from '../../src/order-book/schema.js';
import type { EnumType, Type } from '../../src/order-book/schema-elements.js';
import type { OrderBookEngine } from '../../src/order-book/index.js';
import { GOLDEN_CASES, goldenPayloads } from './golden-payloads.js';
import { textByTable } from './order-book-text.js';
import { expectEqual, expectSame } from '../support/quick-expect.js';
import { Random } from '../support/random.js';
import { randomValue } from './schema-values.js';

/** Types of the schema, with a reader and a writer that were compiled from each. */
const SIDES: readonly [string, EnumType, (c: Cursor) => unknown, (value: unknown) => string][] = [
  ['command', COMMAND, compileReader(COMMAND), writerOf(COMMAND)],
  ['result', RESULT, compileReader(RESULT), writerOf(RESULT)],
];

const READ_CHECKS = new Map([COMMAND, RESULT].map((type) => [type, compileCheck(type, null)]));

/** A function that returns what a compiled writer writes into the middle of a buffer. */
function writerOf(type: EnumType, engine?: OrderBookEngine): (value: unknown) => string {
  const write = compileWriter(type, { ids: 'checked', engine });
  const writer = new AsciiWriter();
  const target = Buffer.alloc(64 * 1024, '#').subarray(3);
  return (value) => {
    writer.begin(target, 5);
    write(writer, value);
    return target.toString('utf8', 5, 5 + writer.writtenBytes);
  };
}

const VALUES = 1000;

function readWhole(read: (c: Cursor) => unknown, text: string | Buffer): { value: unknown } | null {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const cursor = cursorAt(bytes, 0);
  try {
    const value = read(cursor);
    return cursor.at === bytes.length ? { value } : null;
  } catch {
    return null;
  }
}

function readByCheck(type: EnumType, name: string, text: string): { value: unknown } | null {
  try {
    return { value: READ_CHECKS.get(type)?.(parseJsonCarefully(text, 'bigints', 1), [name]) };
  } catch {
    return null;
  }
}

describe.each(SIDES)('random values of the type %s', (name, type, read, write) => {
  test('are written as the schema says, and read alike by the reader and the check', () => {
    const random = new Random(7);
    for (let index = 0; index < VALUES; index++) {
      const value = randomValue(type, random);
      const text = textByTable(type, value, name);
      expectSame(write(value), text);
      expectEqual(readWhole(read, text), { value });
      expectEqual(readByCheck(type, name, text), { value });
    }
  });

  test('with one or two damaged bytes: the check reads alike what the reader accepts', () => {
    const random = new Random(8);
    let accepted = 0;
    for (let index = 0; index < 5 * VALUES; index++) {
      const bytes = Buffer.from(textByTable(type, randomValue(type, random), name));
      for (let changes = random.below(2) + 1; changes > 0; changes--) {
        bytes[random.below(bytes.length)] = random.chance(0.7)
          ? random.pick([...'0123456789-+.eE"\\,:{}[] untf']).charCodeAt(0)
          : random.below(256);
      }
      const fast = readWhole(read, bytes);
      if (fast === null) continue;
      accepted++;
      expectEqual(readByCheck(type, name, bytes.toString()), fast);
    }
    expect(accepted).toBeGreaterThan(VALUES / 2);
  });

  test('are refused if they are cut short', () => {
    const random = new Random(9);
    for (let index = 0; index < VALUES / 10; index++) {
      const text = Buffer.from(textByTable(type, randomValue(type, random), name));
      expectSame(readWhole(read, text.subarray(0, random.below(text.length))), null);
    }
  });

  test('are written in schema order, whatever the order of their properties', () => {
    const random = new Random(10);
    for (let index = 0; index < VALUES / 10; index++) {
      const value = randomValue(type, random);
      const text = textByTable(type, value, name);
      const shuffled = reversed(value);
      expectSame(write(shuffled), text);
      expectSame(textByTable(type, shuffled, name), text);
    }
  });

  test('cover every variant and every field', () => {
    const random = new Random(11);
    const seen = new Set<string>();
    for (let index = 0; index < 5 * VALUES; index++) collectNames(randomValue(type, random), seen);
    expect([...namesOf(type)].filter((known) => !seen.has(known))).toEqual([]);
  });
});

test('integers have the types of the Rust fields', () => {
  expect([...new Set([COMMAND, RESULT].flatMap((type) => integersOf(type, '')))].sort()).toEqual([
    ...['GTD: u64', 'additional: u64', 'amount: u128', 'cancelled_count: u64', 'code: u16'],
    ...['engine_seq: u64', 'executed_quantity: u64'],
    ...['hidden_quantity: u64', 'last_reference_price: u128', 'max_price: u128', 'min_price: u128'],
    ...['new_price: u128', 'new_quantity: u64', 'now_ms: u64', 'price: u128', 'quantity: u64'],
    ...['quote_notional: u128', 'reference_price_offset: i64', 'remaining_quantity: u64'],
    ...['replenish_amount: u64', 'replenish_threshold: u64', 'timestamp: u64', 'total_maker_fees: i128'],
    ...['total_taker_fees: i128', 'trail_amount: u64', 'visible_quantity: u64'],
  ]);
});

test('reader and writer accept every golden payload', () => {
  const readCommand = compileReader(COMMAND);
  const readResult = compileReader(RESULT);
  const writeCommand = writerOf(COMMAND);
  const writeResult = writerOf(RESULT);
  // 0.7 wrote a result that 0.12 refuses to read.
  const writeOldResult = writerOf(RESULT, '0.7');
  for (const name of GOLDEN_CASES) {
    for (const { payload } of goldenPayloads(name)) {
      if (payload.includes(`"${'0'.repeat(26)}"`)) continue;
      const at = payload.indexOf('"command":') + '"command":'.length;
      const cursor = cursorAt(payload, at);
      const command = readCommand(cursor);
      expectSame(writeCommand(command), payload.toString('utf8', at, cursor.at));
      cursor.at += ',"result":'.length;
      const resultAt = cursor.at;
      const write = name.startsWith('v0.7.0/') ? writeOldResult : writeResult;
      expectSame(write(readResult(cursor)), payload.toString('utf8', resultAt, cursor.at));
    }
  }
});

test('the codec decodes random events that it encoded', () => {
  const random = new Random(12);
  const codec = orderBookCodec<unknown>();
  for (let index = 0; index < VALUES / 3; index++) {
    const event = new SequencerEvent({
      sequenceNum: random.bigint(0n, 2n ** 64n - 1n),
      timestampNs: random.bigint(0n, 2n ** 64n - 1n),
      command: randomValue(COMMAND, random) as OrderBookCommand<unknown>,
      result: randomValue(RESULT, random) as OrderBookResult,
    });
    const decoded = codec.decode(codec.encode(event), event.sequenceNum, event.timestampNs);
    expectEqual(decoded, event);
  }
});

/**
 * The same value with the properties of each object reversed, except in extra fields, whose order is part of
 * the value.
 */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key === 'extra_fields' ? item : reversed(item),
  ]);
  return Object.fromEntries(entries.reverse());
}

/** Returns `price: u128` and the like for every integer field. */
function integersOf(type: Type, name: string): string[] {
  switch (type.kind) {
    case 'integer':
      return [`${name}: ${type.name}`];
    case 'enum':
      return [...type.variants].flatMap(([variant, content]) =>
        content === null ? [] : integersOf(content, variant),
      );
    case 'struct':
      return type.fields.flatMap((field) => integersOf(field.type, field.name));
    case 'list':
    case 'nullable':
      return integersOf(type.item, name);
    default:
      return [];
  }
}

function namesOf(type: Type): string[] {
  switch (type.kind) {
    case 'enum':
      return [...type.variants].flatMap(([name, content]) => [
        name,
        ...(content === null ? [] : namesOf(content)),
      ]);
    case 'struct':
      return type.fields.flatMap((field) => [field.name, ...namesOf(field.type)]);
    case 'list':
    case 'nullable':
      return namesOf(type.item);
    default:
      return [];
  }
}

function collectNames(value: unknown, seen: Set<string>): void {
  if (typeof value === 'string') seen.add(value);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    seen.add(key);
    collectNames(item, seen);
  }
}
