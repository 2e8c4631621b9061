import { describe, expect, test } from '@jest/globals';
import { SequencerEvent, isCommandId } from '../../src/journal/index.js';
import type { PayloadCodec } from '../../src/journal/index.js';
import { jsonCodec, trailingCommandId } from '../../src/serialization/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import { COMMAND, RESULT } from '../../src/order-book/schema.js';
import { withEventClasses } from '../../src/events/event-class.codec.js';
import { EventClassRegistry } from '../../src/events/index.js';
import { Random } from '../support/random.js';
import { randomExtra, randomValue } from './schema-values.js';
import { named } from '../support/event-classes.js';

class Placed {
  note = 'made';
}

const IDS = ['7f3a', ' ', '"', '\\', '\\"', ',"command_id":"x', 'ü'.repeat(64), '\u0000\n', '\u{1f600}', '}'];

type Codec = PayloadCodec<never, never>;
const registry = new EventClassRegistry();
registry.register(named({ Placed }));
const json = (random: Random) => ({ command: randomExtra(random, 3), result: randomExtra(random, 2) });
const book = (random: Random) => ({
  command: randomValue(COMMAND, random),
  result: randomValue(RESULT, random),
});
const classes = () => ({ command: { Placed: new Placed() }, result: 'text' });

const CODECS: readonly [string, Codec, (random: Random) => { command: unknown; result: unknown }][] = [
  ['jsonCodec()', jsonCodec() as Codec, json],
  ['orderBookCodec()', orderBookCodec<unknown>() as Codec, book],
  ["orderBookCodec({ ids: 'any' })", orderBookCodec<unknown>({ ids: 'any' }) as Codec, book],
  ['withEventClasses()', withEventClasses(jsonCodec(), registry) as Codec, classes],
];

describe.each(CODECS)('%s', (_name, codec, randomBody) => {
  const random = new Random(31);
  const place = { sequenceNum: 12n, timestampNs: 2n ** 63n };

  test('states that it stores ids', () => expect(codec.storesCommandIds).toBe(true));

  test.each(IDS)('writes the id %p last, in both ways of writing, and decodes it', (id) => {
    for (let index = 0; index < 20; index++) {
      const init = { ...place, ...randomBody(random) };
      const without = Buffer.from(codec.encode(new SequencerEvent(init) as never)).toString();
      const event = new SequencerEvent({ ...init, commandId: id }) as never;
      const bytes = Buffer.from(codec.encode(event));
      expect(bytes.toString()).toBe(`${without.slice(0, -1)},"command_id":${JSON.stringify(id)}}`);

      const target = Buffer.alloc(bytes.length + 2, '#');
      expect(codec.encodeInto?.(event, target, 1)).toBe(bytes.length);
      expect(target.toString()).toBe(`#${bytes.toString()}#`);
      expect(codec.encodeInto?.(event, target.subarray(0, bytes.length), 1)).toBe(-1);

      const decoded = codec.decode(bytes, 12n, 2n ** 63n);
      expect(decoded.commandId).toBe(id);
      expect(codec.encode(decoded)).toBe(bytes);
      expect(trailingCommandId(bytes)).toEqual({ id });
      expect(codec.decode(Buffer.from(without), 12n, 2n ** 63n).commandId).toBeNull();
    }
  });

  test('formats a decoded event again if its id was changed or removed', () => {
    const init = { ...place, ...randomBody(random) };
    const bytes = Buffer.from(codec.encode(new SequencerEvent({ ...init, commandId: 'a' }) as never));
    for (const commandId of ['b', null]) {
      const decoded = codec.decode(bytes, 12n, 2n ** 63n);
      Object.defineProperty(decoded, 'commandId', { value: commandId });
      const expected = codec.encode(new SequencerEvent({ ...init, commandId }) as never);
      expect(Buffer.from(codec.encode(decoded)).toString()).toBe(Buffer.from(expected).toString());
    }
  });

  test.each([
    ['elsewhere', (text: string) => text.replace('{', '{"command_id":"x",'), 'x'],
    ['behind spaces', (text: string) => text.replace(/}$/, ', "command_id" : "x" }'), 'x'],
    ['twice: the last one', (text: string) => text.replace(/}$/, ',"command_id":"y","command_id":"x"}'), 'x'],
    ['of another type: ignored', (text: string) => text.replace(/}$/, ',"command_id":7}'), null],
    ['empty: ignored', (text: string) => text.replace(/}$/, ',"command_id":""}'), null],
    ['too long: ignored', (text: string) => text.replace(/}$/, `,"command_id":"${'x'.repeat(129)}"}`), null],
    ['before another field', (text: string) => text.replace(/}$/, ',"command_id":"x","later":{}}'), 'x'],
  ])('decodes an id from another writer, %s, and keeps the bytes', (_how, change, id) => {
    const event = new SequencerEvent({ ...place, ...randomBody(random) }) as never;
    const bytes = Buffer.from(change(Buffer.from(codec.encode(event)).toString()));
    const decoded = codec.decode(bytes, 12n, 2n ** 63n);
    expect(decoded.commandId).toBe(id);
    expect(codec.encode(decoded)).toBe(bytes);
    const found = trailingCommandId(bytes);
    expect(found === 'unclear' ? decoded.commandId : (found?.id ?? null)).toBe(id);
  });
});

test('withEventClasses() writes in place only if its codec does', () => {
  const plain = jsonCodec();
  expect(withEventClasses(plain, registry).encodeInto).toBeDefined();
  expect(withEventClasses({ encode: plain.encode, decode: plain.decode }, registry)).toMatchObject({
    storesCommandIds: false,
  });
  expect(
    withEventClasses({ encode: plain.encode, decode: plain.decode }, registry).encodeInto,
  ).toBeUndefined();
});

test.each([
  ['x', true],
  ['x'.repeat(128), true],
  ['\u{1f600}'.repeat(32), true],
  ['x'.repeat(129), false],
  ['ü'.repeat(65), false],
  ['\u{1f600}'.repeat(33), false],
  ['', false],
  ['\udc00', false],
  ['\ud83dx', false],
  [7, false],
  [null, false],
])('%p can be an id: %p', (value, expected) => expect(isCommandId(value)).toBe(expected));

test('an id is found only at the end of a payload, without decoding', () => {
  const found = (text: string) => trailingCommandId(Buffer.from(text));
  expect(found('{"command":"a","result":"b"}')).toBeNull();
  expect(found('{"command":"a","result":{"command_id":"x"}}')).toBe('unclear');
  expect(found('{"command":",\\"command_id\\":\\"x"}')).toBeNull();
  expect(found('{"command":1,"result":",\\"command_id\\":\\\\"}')).toBeNull();
  expect(found('{"a":1,"command_id":"\\u0041\\\\"}')).toEqual({ id: 'A\\' });
  expect(found('{"command_id":"x"}')).toBe('unclear');
  expect(found('"}')).toBeNull();
  expect(found('')).toBeNull();
});
