import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { Expose, Transform, Type } from 'class-transformer';
import { SequencerEvent } from '../../src/journal/index.js';
import type { PayloadCodec } from '../../src/journal/index.js';
import { EventClassRegistry, withEventClasses, type EventClasses } from '../../src/events/index.js';
import { BigIntField } from '../../src/serialization/classes/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import type { StandardOrder } from '../../src/order-book/index.js';
import { goldenPayloads } from '../serialization/golden-payloads.js';
import { named } from '../support/event-classes.js';

class Leg {
  symbol!: string;
  @BigIntField()
  quantity!: bigint;
  notional(): bigint {
    return this.quantity * 2n;
  }
}

class OrderPlaced {
  id!: string;
  @BigIntField()
  price!: bigint;
  @Transform(({ value }) => BigInt(value as number | bigint))
  small!: bigint;
  @Type(() => Date)
  placedAt!: Date;
  @Type(() => Leg)
  legs!: Leg[];
  @Type(() => Leg)
  main!: Leg;
}

class Renamed {
  @Expose({ name: 'order_id' })
  orderId!: string;
}

const COMMAND =
  '{"OrderPlaced":{"id":"7","price":18446744073709551615,"small":5,"placedAt":"2024-01-02T03:04:05Z",' +
  '"legs":[{"symbol":"A","quantity":9007199254740993},{"symbol":"B","quantity":9007199254740995}],"main":{"symbol":"C","quantity":9007199254740997}}}';

function withClasses(codec: PayloadCodec, classes: EventClasses): PayloadCodec<Record<string, unknown>> {
  const registry = new EventClassRegistry();
  registry.register(classes);
  return withEventClasses(codec, registry) as PayloadCodec<Record<string, unknown>>;
}

const codec = withClasses(jsonCodec(), named({ OrderPlaced, Renamed }));

function payload(command: string, result = 'null'): Buffer {
  return Buffer.from(`{"sequence_num":1,"timestamp_ns":2,"command":${command},"result":${result}}`);
}

function placedIn(event: SequencerEvent<Record<string, unknown>>): OrderPlaced {
  return event.command['OrderPlaced'] as OrderPlaced;
}

function textOf<C, R>(used: PayloadCodec<C, R>, event: SequencerEvent<C, R>): string {
  return Buffer.from(used.encode(event)).toString();
}

describe('decoding', () => {
  const event = codec.decode(payload(COMMAND), 1n, 2n);

  test('makes instances of registered events, with nested instances and Dates', () => {
    const placed = placedIn(event);
    expect(placed).toBeInstanceOf(OrderPlaced);
    expect(placed.legs).toHaveLength(2);
    for (const leg of [...placed.legs, placed.main]) expect(leg).toBeInstanceOf(Leg);
    expect(placed.placedAt).toEqual(new Date('2024-01-02T03:04:05Z'));
  });

  test('keeps bigints', () => {
    const placed = placedIn(event);
    expect(placed.price).toBe(18446744073709551615n);
    expect(placed.small).toBe(5n);
    expect(placed.legs.map((leg) => leg.notional())).toEqual([18014398509481986n, 18014398509481990n]);
    expect(placed.main.quantity).toBe(9007199254740997n);
  });

  test.each(['{"Other":{"id":"7"}}', '"OrderPlaced"', '{"OrderPlaced":1,"Other":2}', '[1]', 'null'])(
    'does not change %s',
    (command) => {
      expect(codec.decode(payload(command), 1n, 2n).command).toStrictEqual(
        jsonCodec().decode(payload(command), 1n, 2n).command,
      );
    },
  );

  test('returns the event of the inner codec if it has no registered events', () => {
    const inner = jsonCodec<Record<string, unknown>>();
    let decoded: unknown;
    const spy: typeof inner = {
      ...inner,
      decode: (...args) => (decoded = inner.decode(...args)) as ReturnType<typeof inner.decode>,
    };
    expect(withClasses(spy, named({ OrderPlaced })).decode(payload('{"Other":1}'), 1n, 2n)).toBe(decoded);
  });

  test('names the event whose transformation failed', () => {
    class Failing {
      @Transform(({ value }) => BigInt(value as string))
      price!: bigint;
    }
    const failing = withClasses(jsonCodec(), named({ Failing }));
    expect(() => failing.decode(payload('{"Failing":{"price":"x"}}'), 1n, 2n)).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_DESERIALIZATION',
        reason: expect.stringContaining('command.Failing: cannot create an instance of Failing'),
      }),
    );
  });
});

describe('encoding', () => {
  test.each([
    COMMAND,
    COMMAND.replace('"small":5', '"small":5.0'),
    '{"Renamed":{"order_id":"x","more":1.0}}',
    '{"Other":1.0}',
  ])('keeps the bytes of an event that was not changed: %s', (command) => {
    const bytes = payload(command, '{"order_id":1.0}');
    expect(textOf(codec, codec.decode(bytes, 1n, 2n))).toBe(bytes.toString());
  });

  test.each<[string, (placed: OrderPlaced) => void, string, string]>([
    ['a field', (placed) => (placed.price = 3n), '"price":18446744073709551615', '"price":3'],
    [
      'a nested instance',
      (placed) => ((placed.legs[1] as Leg).quantity = 1n),
      '"quantity":9007199254740995',
      '"quantity":1',
    ],
    [
      'a Date in place',
      (placed) => placed.placedAt.setUTCFullYear(2025),
      '2024-01-02T03:04:05Z',
      '2025-01-02T03:04:05.000Z',
    ],
  ])('detects a change of %s', (_what, change, before, after) => {
    const event = codec.decode(payload(COMMAND), 1n, 2n);
    change(placedIn(event));
    // Formatted again, a Date has milliseconds.
    const expected = COMMAND.replace(before, after).replace('03:04:05Z', '03:04:05.000Z');
    expect(textOf(codec, event)).toBe(payload(expected).toString());
  });

  test('writes new instances by their decorators, and plain objects unchanged', () => {
    const renamed = Object.assign(new Renamed(), { orderId: 'x' });
    const init = { sequenceNum: 1, timestampNs: 2, result: null };
    expect(textOf(codec, new SequencerEvent({ ...init, command: { Renamed: renamed } }))).toBe(
      payload('{"Renamed":{"order_id":"x"}}').toString(),
    );
    expect(textOf(codec, new SequencerEvent({ ...init, command: { Renamed: { order_id: 'y' } } }))).toBe(
      payload('{"Renamed":{"order_id":"y"}}').toString(),
    );
  });

  test('does not take a list in a list for an event', () => {
    const command = { DomainEvents: [{ DomainEvents: { v: 1, aggregateId: 'a', data: 1 } }] };
    const event = new SequencerEvent({ sequenceNum: 1n, timestampNs: 2n, command, result: null });
    expect(codec.decode(codec.encode(event), 1n, 2n).command).toEqual(command);
  });

  test('gives an event that decodes to an equal one', () => {
    const placed = placedIn(codec.decode(payload(COMMAND), 1n, 2n));
    const event = new SequencerEvent({
      sequenceNum: 1,
      timestampNs: 2,
      command: { OrderPlaced: placed },
      result: null,
    });
    const again = codec.decode(codec.encode(event), 1n, 2n);
    expect(again).toEqual(event);
    expect(placedIn(again)).toBeInstanceOf(OrderPlaced);
  });
});

describe('over the order-book codec', () => {
  class AddOrder {
    Standard?: StandardOrder<unknown>;
    kind(): string {
      return Object.keys(this)[0] as string;
    }
  }

  test('every golden payload keeps its bytes, stored and formatted again', () => {
    const book = withClasses(orderBookCodec<unknown>({ ids: 'any' }) as PayloadCodec, named({ AddOrder }));
    for (const name of ['v0.7.0/all-variants', 'v0.7.0/all-variants-extra', 'v0.12.1/all-variants']) {
      for (const { payload: bytes, sequenceNum, timestampNs } of goldenPayloads(name)) {
        const event = book.decode(bytes, sequenceNum, timestampNs);
        expect(textOf(book, event)).toBe(bytes.toString());
        const { command, result } = event;
        expect(textOf(book, new SequencerEvent({ sequenceNum, timestampNs, command, result }))).toBe(
          bytes.toString(),
        );
        if (typeof command === 'object' && 'AddOrder' in command)
          expect(command.AddOrder).toBeInstanceOf(AddOrder);
      }
    }
  });
});
