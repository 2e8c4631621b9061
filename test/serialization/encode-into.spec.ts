import { describe, expect, test } from '@jest/globals';
import { SequencerEvent } from '../../src/journal/index.js';
import type { PayloadCodec } from '../../src/journal/index.js';
import { AsciiWriter, NO_ROOM, piece } from '../../src/serialization/json/ascii-writer.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import type { OrderBookCommand, OrderBookResult } from '../../src/order-book/index.js';
import { COMMAND, RESULT } from '../../src/order-book/schema.js';
import { GOLDEN_CASES, goldenPayloads } from './golden-payloads.js';
import { textByTable } from './order-book-text.js';
import { expectEqual, expectSame } from '../support/quick-expect.js';
import { Random } from '../support/random.js';
import { randomExtra, randomValue } from './schema-values.js';

type Codec = PayloadCodec<never, never>;
type Event = SequencerEvent<never, never>;

const U64_LIMIT = 2n ** 64n - 1n;
const book = orderBookCodec<unknown>();
const freeBook = orderBookCodec<unknown>({ ids: 'any' });
const json = jsonCodec();

function encodeInto(codec: Codec, event: Event, target: Buffer, offset: number): number {
  if (codec.encodeInto === undefined) throw new Error('this codec has no encodeInto');
  return codec.encodeInto(event, target, offset);
}

function randomBookEvent(random: Random): SequencerEvent<OrderBookCommand<unknown>, OrderBookResult> {
  return new SequencerEvent({
    sequenceNum: random.bigint(0n, U64_LIMIT),
    timestampNs: random.bigint(0n, U64_LIMIT),
    command: randomValue(COMMAND, random) as OrderBookCommand<unknown>,
    result: randomValue(RESULT, random) as OrderBookResult,
  });
}

function randomJsonEvent(random: Random): SequencerEvent {
  const command = randomExtra(random, 4);
  const result = randomExtra(random, 3);
  const sequenceNum = random.bigint(0n, U64_LIMIT);
  return new SequencerEvent({ sequenceNum, timestampNs: 2n ** 63n, command, result });
}

/** The payload by a plain walk over the schema, without bytes and buffers. */
function plainText({ sequenceNum, timestampNs, command, result }: SequencerEvent): string {
  const written = [textByTable(COMMAND, command, 'command'), textByTable(RESULT, result, 'result')];
  return `{"sequence_num":${sequenceNum},"timestamp_ns":${timestampNs},"command":${written[0]},"result":${written[1]}}`;
}

const CODECS: readonly [string, Codec, (random: Random) => Event][] = [
  ['orderBookCodec()', book as Codec, randomBookEvent as never],
  ["orderBookCodec({ ids: 'any' })", freeBook as Codec, randomBookEvent as never],
  ['jsonCodec()', json as Codec, randomJsonEvent as never],
];

test('random order-book events are written as the schema says', () => {
  const random = new Random(21);
  for (let index = 0; index < 700; index++) {
    const event = randomBookEvent(random);
    expect(Buffer.from(book.encode(event)).toString()).toBe(plainText(event));
  }
});

describe.each(CODECS)('%s', (_name, codec, randomEvent) => {
  test('writes in place what encode returns, and changes no other byte', () => {
    const random = new Random(22);
    for (let index = 0; index < 300; index++) {
      const event = randomEvent(random);
      const expected = Buffer.from(codec.encode(event));
      // Part of a larger memory, like the buffers of a journal.
      const memory = Buffer.alloc(expected.length + 100, '#');
      const target = memory.subarray(random.below(8), memory.length - random.below(8));
      const offset = random.below(60);
      expect(encodeInto(codec, event, target, offset)).toBe(expected.length);
      const before = target.byteOffset - memory.byteOffset + offset;
      const untouched = Buffer.alloc(memory.length, '#');
      expected.copy(untouched, before);
      expect(memory.equals(untouched)).toBe(true);
    }
  });

  test('returns -1 for any room that is too small, and changes no byte before or after it', () => {
    const random = new Random(23);
    for (let index = 0; index < 12; index++) {
      const event = randomEvent(random);
      const length = codec.encode(event).length;
      for (let room = 0; room <= length; room++) {
        const memory = Buffer.alloc(room + 20, '#');
        const written = encodeInto(codec, event, memory.subarray(0, room + 10), 10);
        expectSame(written, room < length ? -1 : length);
        expectSame(memory.toString('latin1', 0, 10) + memory.toString('latin1', room + 10), '#'.repeat(20));
      }
    }
  });

  test('copies the stored bytes of an event that was decoded and not changed', () => {
    const random = new Random(24);
    for (let index = 0; index < 100; index++) {
      const event = randomEvent(random);
      const spaced = Buffer.from(`${Buffer.from(codec.encode(event)).toString().slice(0, -1)} }`);
      const decoded = codec.decode(spaced, event.sequenceNum, event.timestampNs);
      const target = Buffer.alloc(spaced.length + 3, '#');
      expect(encodeInto(codec, decoded, target, 3)).toBe(spaced.length);
      expect(target.toString()).toBe(`###${spaced}`);
      expect(encodeInto(codec, decoded, target, 4)).toBe(-1);
    }
  });
});

describe('an event that cannot be written', () => {
  const valid = randomBookEvent(new Random(25));
  const id = '00000000-0000-4000-8000-000000000000';
  const commands: readonly unknown[] = [
    { CancelOrder: 'x' },
    { CancelOrder: `${id.slice(0, 35)}G` },
    // Their low bytes are those of hex digits and dashes.
    { CancelOrder: id.replace('4', '\u0134') },
    { CancelOrder: id.replace('-', '\u012d') },
    { CancelOrder: id.replace('-', '\u{1f62d}').slice(0, 36) },
    // The right number of dashes in wrong places.
    { CancelOrder: '0000000-00000-4000-8000-000000000000' },
    { CancelOrder: '000000000000-4000-8000-0000-00000000' },
    { CancelByUser: { user_id: '0'.repeat(63) } },
    { CancelByUser: { user_id: `${'0'.repeat(63)}-` } },
    { CancelByUser: { user_id: `${'0'.repeat(63)}\u0130` } },
    { EvictExpiredOrders: { now_ms: 2n ** 64n } },
    { EvictExpiredOrders: { now_ms: -1n } },
    { EvictExpiredOrders: { now_ms: 1.5 } },
    { CancelByPriceRange: { side: 'BUY', min_price: 0n, max_price: 2n ** 128n } },
    { CancelBySide: { side: 'buy' } },
    { CancelAll: null },
    { Unknown: 1 },
    { AddOrder: { Standard: { id } } },
    null,
    undefined,
    7,
  ];

  test.each(commands.map((command) => [command]))('is refused with the error of the check: %p', (command) => {
    const event = new SequencerEvent({ ...valid, sequenceNum: 1n, command: command as never });
    const plain = errorOf(() => plainText(event));
    expect(plain).toMatchObject({ code: 'JOURNAL_SERIALIZATION' });
    const { message, path } = plain as { message: string; path: string };
    for (const write of [() => book.encode(event), () => book.encodeInto?.(event, Buffer.alloc(4096), 0)]) {
      expect(errorOf(write)).toMatchObject({ code: 'JOURNAL_SERIALIZATION', message, path });
    }
  });
});

test('valid values in an unusual shape are written to the same bytes', () => {
  class Cancel {
    constructor(readonly order_id = '7') {}
  }
  const getter = {
    get CancelOrder() {
      return '7';
    },
  };
  const events = [
    { command: getter, result: { OrderCancelled: new Cancel() } },
    {
      command: { EvictExpiredOrders: { now_ms: 5 } },
      result: { Rejected: { reason: 'n\u00f6 "\u{1f600}"\n' } },
    },
    {
      command: { CancelBySide: { later: [1n], side: 'BUY' } },
      result: { OrderAdded: { order_id: '7', x: 1 } },
    },
    { command: 'CancelAll', result: { Rejected: { reason: 'long '.repeat(50) } } },
  ];
  for (const { command, result } of events) {
    const event = new SequencerEvent({ sequenceNum: 0, timestampNs: U64_LIMIT, command, result }) as never;
    const target = Buffer.alloc(1024);
    const length = encodeInto(book as Codec, event, target, 0);
    expect(target.toString('utf8', 0, length)).toBe(plainText(event));
  }
});

test('a new event with the content of a golden one is written in place as Rust wrote it', () => {
  const target = Buffer.alloc(64 * 1024);
  // Later engines do not read every result of the oldest one.
  const oldBook = orderBookCodec<unknown>({ engine: '0.7' });
  for (const { payload, sequenceNum, timestampNs, where } of GOLDEN_CASES.flatMap(goldenPayloads)) {
    if (payload.includes(`"${'0'.repeat(26)}"`)) continue;
    const { command, result } = book.decode(payload, sequenceNum, timestampNs);
    const event = new SequencerEvent({ sequenceNum, timestampNs, command, result });
    const codec = where.startsWith('v0.7.0/') ? oldBook : book;
    const length = encodeInto(codec as Codec, event as never, target, 7);
    expectEqual([where, target.toString('utf8', 7, 7 + length)], [where, payload.toString()]);
  }
});

describe('AsciiWriter', () => {
  const writer = new AsciiWriter();
  const target = Buffer.alloc(100);

  test('formats integers like BigInt, around every power of ten and of two, and at random', () => {
    const random = new Random(26);
    const values = new Set<bigint>();
    for (let power = 0n; power <= 130n; power++) {
      for (const near of [-1n, 0n, 1n]) {
        values.add(2n ** power + near).add(10n ** (power / 3n) + near);
        for (const factor of [1n, 9n, 17n, 18446744073n]) values.add(factor * 10n ** 9n + near);
      }
    }
    for (let index = 0; index < 5_000; index++) values.add(random.bigint(0n, 2n ** 64n));
    for (const value of [...values].flatMap((positive) => [positive, -positive])) {
      writer.begin(target, 1);
      writer.integer(value);
      if (target.toString('latin1', 1, 1 + writer.writtenBytes) !== value.toString()) {
        expect(target.toString('latin1', 1, 1 + writer.writtenBytes)).toBe(value.toString());
      }
    }
  });

  test('writes pieces of any length, exactly to the end', () => {
    for (let length = 0; length <= 40; length++) {
      const text = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH'.slice(0, length);
      const memory = Buffer.alloc(50, '#');
      writer.begin(memory.subarray(0, 3 + length), 3);
      writer.piece(piece(text));
      expect(memory.toString()).toBe(`###${text}`.padEnd(50, '#'));
      if (length === 0) continue;
      writer.begin(memory.subarray(0, 3 + length), 4);
      expect(errorOf(() => writer.piece(piece(text)))).toBe(NO_ROOM);
    }
  });
});

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('expected it to throw');
}
