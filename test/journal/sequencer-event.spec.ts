import { describe, expect, it } from '@jest/globals';
import {
  SequencerEvent,
  U64_MAX,
  bigintsToStrings,
  claimEvent,
  ownerOf,
  rememberStoredPayload,
  storedPayloadOf,
} from '../../src/journal/index.js';

const INIT = { sequenceNum: 0n, timestampNs: 0n, command: null, result: null };

describe('SequencerEvent', () => {
  it.each([
    [0, 0n],
    [7n, 7n],
    [Number.MAX_SAFE_INTEGER, 9007199254740991n],
    [U64_MAX, U64_MAX],
  ])('accepts %s and stores a bigint', (given, expected) => {
    const event = new SequencerEvent({ ...INIT, sequenceNum: given, timestampNs: given });
    expect(event).toMatchObject({ sequenceNum: expected, timestampNs: expected });
  });

  // It copies only what contains a bigint.
  it.each<[string, unknown]>([
    ['no bigint', { Deposit: { account: 'a', cents: 1, tags: ['x', null, true] } }],
    ['a bigint behind many fields', { a: 1, b: { c: [{ d: 1 }, { d: 2n }] } }],
    ['a bigint alone', 5n],
    ['undefined and functions', { a: undefined, b: () => 1n, c: [undefined] }],
    ['a date', { at: new Date(0) }],
    ['a toJSON that returns a bigint', { price: { toJSON: () => ({ amount: 3n }) } }],
    ['a boxed bigint', { price: Object(4n) as unknown }],
    ['a class instance', Object.assign(new (class Money {})(), { cents: 1 })],
    ['no value', undefined],
  ])('has the JSON of its fields with decimal strings: %s', (_name, value) => {
    for (const commandId of [null, 'id']) {
      const event = new SequencerEvent({ ...INIT, command: value, result: [value], commandId });
      const fields = {
        sequenceNum: 0n,
        timestampNs: 0n,
        command: value,
        result: [value],
        ...(commandId === null ? {} : { commandId }),
      };
      expect(JSON.stringify(event)).toBe(JSON.stringify(bigintsToStrings(fields)));
    }
  });

  it('keeps every key in its JSON', () => {
    const command = JSON.parse('{"__proto__":{"constructor":1},"toString":2,"hasOwnProperty":3}') as object;
    const json = JSON.stringify(new SequencerEvent({ ...INIT, command }));
    expect((JSON.parse(json) as { command: unknown }).command).toStrictEqual(command);
  });

  it.each([-1, -1n, 0.5, Number.NaN, Infinity, 2 ** 53, U64_MAX + 1n, '1', null, undefined, {}])(
    'refuses %s and names the field',
    (given) => {
      for (const argument of ['sequenceNum', 'timestampNs']) {
        const init = { ...INIT, [argument]: given } as typeof INIT;
        expect(() => new SequencerEvent(init)).toThrow(
          expect.objectContaining({ code: 'JOURNAL_INVALID_ARGUMENT', argument }),
        );
      }
    },
  );

  it('has JSON with decimal strings for all bigints, at any depth', () => {
    const event = new SequencerEvent({
      sequenceNum: 1n,
      timestampNs: 2n,
      command: { Trade: { price: 10n ** 30n, legs: [1n, { quantity: 2n }], at: new Date(0) } },
      result: null,
    });
    expect(JSON.parse(JSON.stringify(event))).toEqual({
      sequenceNum: '1',
      timestampNs: '2',
      command: {
        Trade: {
          price: `1${'0'.repeat(30)}`,
          legs: ['1', { quantity: '2' }],
          at: '1970-01-01T00:00:00.000Z',
        },
      },
      result: null,
    });
  });

  it('shows the id of its command, and has no such property without one', () => {
    const named = new SequencerEvent({ ...INIT, commandId: 'x' });
    expect(named.commandId).toBe('x');
    expect(JSON.parse(JSON.stringify(named))).toMatchObject({ commandId: 'x' });
    for (const commandId of [undefined, null]) {
      const event = new SequencerEvent({ ...INIT, commandId });
      expect(event.commandId).toBeNull();
      expect(event).toEqual(INIT);
      expect(JSON.parse(JSON.stringify(event))).not.toHaveProperty('commandId');
      expect(event).not.toEqual(named);
    }
    for (const commandId of ['', 7 as never, '\ud800', 'x'.repeat(129)]) {
      expect(() => new SequencerEvent({ ...INIT, commandId })).toThrow(
        expect.objectContaining({ code: 'JOURNAL_INVALID_ARGUMENT', argument: 'commandId' }),
      );
    }
  });

  it('remembers its payload invisibly', () => {
    const init = { ...INIT, command: { a: 1 } };
    const event = new SequencerEvent(init);
    expect(storedPayloadOf(event)).toBeUndefined();
    const payload = Buffer.from('{}');
    rememberStoredPayload(event, payload);
    expect(storedPayloadOf(event)).toBe(payload);

    const other = new SequencerEvent(init);
    expect(event).toStrictEqual(other);
    expect(Reflect.ownKeys(event)).toEqual(Reflect.ownKeys(other));
    expect(JSON.stringify(event)).toBe(JSON.stringify(other));
    expect(structuredClone(event)).toEqual(structuredClone(other));
    expect(storedPayloadOf({ ...event } as SequencerEvent)).toBeUndefined();
    expect(storedPayloadOf(Object.create(event) as SequencerEvent)).toBeUndefined();
  });
});

describe('claimEvent', () => {
  it('gives an event its first owner, and says so to every other one', () => {
    const [first, second] = [{}, {}];
    const event = new SequencerEvent(INIT);
    expect(ownerOf(event)).toBeUndefined();
    expect([claimEvent(event, first), claimEvent(event, second), claimEvent(event, first)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(ownerOf(event)).toBe(first);
  });

  it('marks a frozen event, and changes nothing that an application sees', () => {
    const event = new SequencerEvent(INIT);
    Object.freeze(event);
    expect(claimEvent(event, {})).toBe(true);
    expect(event).toStrictEqual(new SequencerEvent(INIT));
    expect(JSON.stringify(event)).toBe(JSON.stringify(new SequencerEvent(INIT)));
    expect(Reflect.ownKeys(event)).toEqual(Reflect.ownKeys(new SequencerEvent(INIT)));
    expect(ownerOf(structuredClone(event))).toBeUndefined();
  });

  it.each([
    ['a plain object', () => ({ ...INIT }) as unknown as SequencerEvent],
    [
      'a copy with the prototype of an event',
      () => Object.create(SequencerEvent.prototype) as SequencerEvent,
    ],
    ['a proxy of an event', () => new Proxy(new SequencerEvent(INIT), {})],
  ])('cannot mark %s', (_what, make) => {
    const event = make();
    expect(claimEvent(event, {})).toBe(false);
    expect(ownerOf(event)).toBeUndefined();
    expect(Object.getOwnPropertySymbols(event)).toEqual([]);
  });
});
