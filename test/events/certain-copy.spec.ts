/**
 * The short way of writing an event of a simple class, against the long one: the same values and bytes, or
 * no short way. `CERTAIN_COPY_SEED` runs another series.
 */
import 'reflect-metadata';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { EventClassRegistry, withEventClasses } from '../../src/events/index.js';
import { SequencerEvent, type PayloadCodec } from '../../src/journal/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import {
  BigIntField,
  certainCopyOf,
  certainlyRoundTrips,
  toPlain,
} from '../../src/serialization/classes/index.js';
import { randomClass, simpleClass, valueOf, type RandomClass } from '../aggregates/random-events.js';
import { named } from '../support/event-classes.js';
import { expectEqual, expectSame } from '../support/quick-expect.js';
import { Random } from '../support/random.js';

const SEED = Number(process.env['CERTAIN_COPY_SEED'] ?? 815);
const CASES = 3_000;

/** The bytes of a commit, or the code of the error that refuses it. */
function outcomeOf(codec: PayloadCodec, command: unknown): string {
  try {
    const plain = codec.toPlain?.(command, 'command', true);
    const event = new SequencerEvent({ sequenceNum: 1, timestampNs: 2, command: plain, result: null });
    const target = Buffer.alloc(64 * 1024);
    const length = codec.encodeInto?.(event, target, 3) ?? -1;
    expect(target.subarray(3, 3 + length).equals(codec.encode(event))).toBe(true);
    return target.toString('utf8', 3, 3 + length);
  } catch (error) {
    return `refused: ${(error as { code?: string }).code ?? String(error)} ${(error as { path?: string }).path}`;
  }
}

function commandOf(name: string, data: readonly object[]): unknown {
  const tagged = data.map((one) => ({ [name]: { v: 1, aggregateId: 'a', aggregateType: 'T', data: one } }));
  return tagged.length === 1 ? tagged[0] : { DomainEvents: tagged };
}

describe(`events of random classes (CERTAIN_COPY_SEED=${SEED})`, () => {
  it('are written the same way as without the short way, or have none', () => {
    const random = new Random(SEED);
    const classes: RandomClass[] = [];
    while (classes.length < 60) {
      const number = classes.length;
      classes.push(
        number % 2 === 0 ? simpleClass(random, number) : randomClass(random, classes.slice(-8), number),
      );
    }
    const registry = new EventClassRegistry();
    registry.register(named(Object.fromEntries(classes.map(({ type }) => [type.name, type]))));
    const short = withEventClasses(jsonCodec(), registry);
    // Only a codec that is known to write plain JSON has the short way; the others read back every event.
    const long = withEventClasses({ ...jsonCodec() }, registry);
    let copies = 0;
    let refused = 0;
    for (let index = 0; index < CASES; index += 1) {
      const used = random.pick(classes);
      const oddity = random.pick([0, 0, 0.05, 0.2]);
      const events = Array.from({ length: random.pick([1, 1, 2]) }, () => valueOf(used, random, oddity));
      for (const event of events) {
        const copy = certainCopyOf(event, used.type);
        if (copy === null) continue;
        copies += 1;
        const plain = toPlain(event);
        expectSame(isDeepStrictEqual(copy, plain), true);
        expectEqual(Object.keys(copy), Object.keys(plain as object));
        expectSame(certainlyRoundTrips(event, plain, used.type), true);
      }
      const command = commandOf(used.type.name, events);
      const outcome = outcomeOf(short, command);
      expectSame(outcome, outcomeOf(long, command));
      if (outcome.startsWith('refused')) refused += 1;
    }
    expect(copies).toBeGreaterThan(CASES / 5);
    expect(refused).toBeGreaterThan(CASES / 50);
  });
});

describe('an event without the short way', () => {
  class Simple {
    @BigIntField()
    amount: unknown = 1n;
    note: unknown = 'x';
  }
  class WithGetter extends Simple {
    get twice(): string {
      return `${String(this.note)}${String(this.note)}`;
    }
  }
  class WithArgument extends Simple {
    constructor(options: { note: string }) {
      super();
      this.note = options.note;
    }
  }
  class WithType extends Simple {
    @Type(() => Number)
    override note: unknown = 5;
  }
  class Transformed extends Simple {
    @Transform(({ value }) => `<${String(value)}>`, { toPlainOnly: true })
    override note: unknown = 'x';
  }
  class Excluded extends Simple {
    @Exclude()
    override note: unknown = 'x';
  }
  class Exposed extends Simple {
    @Expose({ name: 'remark' })
    override note: unknown = 'x';
  }
  class Frozen extends Simple {
    constructor() {
      super();
      Object.defineProperty(this, 'note', { value: 'x', enumerable: true, writable: false });
    }
  }
  const set = (values: object): object => Object.assign(new Simple(), values);
  let reads = 0;
  const counting = Object.defineProperty(new Simple(), 'note', {
    get: () => `${(reads += 1)}`,
    enumerable: true,
  });

  it.each<[string, object]>([
    ['a getter', new WithGetter()],
    ['a constructor with arguments', new WithArgument({ note: 'x' })],
    ['a field with @Type()', new WithType()],
    ['a field with @Transform()', new Transformed()],
    ['a field with @Exclude()', new Excluded()],
    ['a field with another name', new Exposed()],
    ['a read-only field', new Frozen()],
    ['a subclass', new (class extends Simple {})()],
    ['a number in a field with @BigIntField()', set({ amount: 5 })],
    ['a text in a field with @BigIntField()', set({ amount: '5' })],
    ['a small bigint in another field', set({ note: 5n })],
    ['undefined', set({ note: undefined })],
    ['a list', set({ note: [1] })],
    ['a Date', set({ note: new Date(0) })],
    ['NaN', set({ note: Number.NaN })],
    ['an integer that is not safe', set({ note: 2 ** 60 })],
    ['half a surrogate pair', set({ note: '\ud800' })],
    ['a property whose name is half a surrogate pair', set({ '\ud800': 1 })],
    ['a method', set({ note: () => 1 })],
    ['a property with a symbol', set({ [Symbol('s')]: 1 })],
    [
      'a property named __proto__',
      Object.defineProperty(new Simple(), '__proto__', { value: 1, enumerable: true }),
    ],
    ['an accessor that changes', counting],
  ])('has %s', (_what, event) => {
    expect(certainCopyOf(event, Simple)).toBeNull();
    const own = event.constructor as new () => object;
    if (own.name !== '') expect(certainCopyOf(event, own)).toBeNull();
  });

  it('lacks a field that its constructor sets', () => {
    const event = new Simple() as { note?: unknown };
    delete event.note;
    expect(certainCopyOf(event, Simple)).toBeNull();
    expect(certainCopyOf(new Simple(), Simple)).toEqual({ amount: 1n, note: 'x' });
    expect(certainCopyOf(set({ amount: null, note: null, more: -0 }), Simple)).toEqual({
      amount: null,
      note: null,
      more: -0,
    });
  });
});

describe('a command that was checked', () => {
  class Noted {
    note!: string;
  }
  const registry = new EventClassRegistry();
  registry.register(named({ Noted }));
  const codec = withEventClasses(jsonCodec(), registry);
  const eventOf = (command: unknown): SequencerEvent =>
    new SequencerEvent({ sequenceNum: 1, timestampNs: 2, command, result: null });

  it('is checked again when it is written a second time', () => {
    const command = commandOf('Noted', [Object.assign(new Noted(), { note: 'x' })]);
    const plain = codec.toPlain?.(command, 'command', true) as Record<string, { data: unknown }>;
    const bytes = codec.encode(eventOf(plain));
    // Its owner adds an instance that would not survive a reload.
    (plain['Noted'] as { data: unknown }).data = Object.assign(new Noted(), { note: new Date(0) });
    expect(() => codec.encode(eventOf(plain))).toThrow(
      expect.objectContaining({ code: 'JOURNAL_SERIALIZATION' }),
    );
    expect(Buffer.from(bytes).toString()).toContain('"data":{"note":"x"}');
  });

  it('is not confused with another one', () => {
    const [first, second] = ['x', 'y'].map((note) =>
      commandOf('Noted', [Object.assign(new Noted(), { note })]),
    );
    const plain = codec.toPlain?.(first, 'command', true);
    const bad = commandOf('Noted', [Object.assign(new Noted(), { note: new Date(0) })]);
    expect(() => codec.encode(eventOf(bad))).toThrow(
      expect.objectContaining({ code: 'JOURNAL_SERIALIZATION' }),
    );
    expect(Buffer.from(codec.encode(eventOf(second))).toString()).toContain('"note":"y"');
    expect(Buffer.from(codec.encode(eventOf(plain))).toString()).toContain('"note":"x"');
  });
});
