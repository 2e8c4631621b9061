import { describe, expect, test } from '@jest/globals';
import {
  DeserializationError,
  SequencerEvent,
  SerializationError,
  rememberStoredPayload,
  storedPayloadOf,
} from '../../src/journal/index.js';
import { jsonCodec } from '../../src/serialization/index.js';

interface Command {
  [name: string]: unknown;
}

const codec = jsonCodec<Command, unknown>();

function payload(command: string, result = 'null', sequence = '1', time = '2'): Buffer {
  return Buffer.from(
    `{"sequence_num":${sequence},"timestamp_ns":${time},"command":${command},"result":${result}}`,
  );
}

function decode(bytes: Uint8Array, sequence = 1n, time = 2n) {
  return codec.decode(bytes, sequence, time);
}

function textOf(event: SequencerEvent<Command, unknown>): string {
  return Buffer.from(codec.encode(event)).toString();
}

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('expected it to throw');
}

/** Texts that formatting again would change. */
const UNUSUAL = [
  '{"a":1.0,"b":1e21,"d":1E5}',
  '{"2":1,"1":2,"b":{"10":1,"9":2}}',
  '{"a":1,"a":2}',
  '{"a" : [ 1 , 2 ]}',
  '{"a":"\\u00e9\\/"}',
  '{"a":123456789012345678901234567890,"b":"\\u007f"}',
];

describe('encoding', () => {
  test('writes sequence, time, command and result, in this order and without spaces', () => {
    const event = new SequencerEvent({
      sequenceNum: 2n ** 64n - 1n,
      timestampNs: 0,
      command: { a: [1n, 'é'] },
      result: { ok: true },
    });
    expect(textOf(event)).toBe(
      '{"sequence_num":18446744073709551615,"timestamp_ns":0,"command":{"a":[1,"é"]},"result":{"ok":true}}',
    );
  });

  test('writes a result that is undefined as null, like `()` in Rust', () => {
    const event = new SequencerEvent({ sequenceNum: 1, timestampNs: 2, command: {}, result: undefined });
    expect(textOf(event)).toBe(payload('{}').toString());
    expect(decode(codec.encode(event)).result).toBeNull();
  });

  test.each<[string, unknown, unknown, string]>([
    ['a command that is undefined', undefined, null, 'command'],
    ['a function in the command', { a: { b: () => 1 } }, null, 'command.a.b'],
    ['NaN in the result', {}, [Number.NaN], 'result[0]'],
  ])('refuses %s and says where', (_what, command, result, path) => {
    const event = new SequencerEvent({ sequenceNum: 1, timestampNs: 2, command: command as Command, result });
    const error = errorOf(() => codec.encode(event));
    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ code: 'JOURNAL_SERIALIZATION', outcome: 'not-written', path });
  });

  test('accepts the nesting that its own reader accepts: 125 levels in a command, but not 127', () => {
    const nested = (levels: number) =>
      JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as Command;
    const event = (levels: number) =>
      new SequencerEvent({ sequenceNum: 1, timestampNs: 2, command: nested(levels), result: null });
    expect(decode(codec.encode(event(126))).command).toStrictEqual(nested(126));
    expect(errorOf(() => codec.encode(event(127)))).toBeInstanceOf(SerializationError);
  });
});

describe('decoding', () => {
  test('decodes safe integers as numbers and others as bigints, in command and result', () => {
    const event = decode(payload('{"a":9007199254740991,"b":9007199254740992}', '[1,-18446744073709551615]'));
    expect(event.command).toStrictEqual({ a: 9007199254740991, b: 9007199254740992n });
    expect(event.result).toStrictEqual([1, -18446744073709551615n]);
  });

  test('uses sequence and time of the header, which a double cannot represent', () => {
    const bytes = payload('{}', 'null', '9007199254740993', '18446744073709551615');
    const event = decode(bytes, 9007199254740993n, 18446744073709551615n);
    expect(event.sequenceNum).toBe(9007199254740993n);
    expect(event.timestampNs).toBe(18446744073709551615n);
  });

  test.each([
    [
      'another sequence',
      payload('{}', 'null', '9007199254740992'),
      9007199254740993n,
      'sequence_num is 9007199254740993 in the header, 9007199254740992 in the payload',
    ],
    [
      'another time',
      payload('{}', 'null', '1', '3'),
      1n,
      'timestamp_ns is 2 in the header, 3 in the payload',
    ],
    [
      'a sequence that is a text',
      payload('{}', 'null', '"1"'),
      1n,
      'sequence_num is 1 in the header, "1" in the payload',
    ],
    [
      'a sequence with the same first digits',
      payload('{}', 'null', '10'),
      1n,
      'sequence_num is 1 in the header, 10 in the payload',
    ],
    [
      'a fraction for a time',
      payload('{}', 'null', '1', '2.5'),
      1n,
      'timestamp_ns is 2 in the header, 2.5 in the payload',
    ],
  ])('refuses %s: header and payload disagree', (_what, bytes, sequence, message) => {
    const error = errorOf(() => decode(bytes, sequence));
    expect(error).toBeInstanceOf(DeserializationError);
    expect((error as DeserializationError).reason).toBe(`header and payload disagree: ${message}`);
  });

  test.each([
    [
      'a missing command',
      '{"sequence_num":1,"timestamp_ns":2,"result":null}',
      'the field command is missing',
    ],
    ['a missing result', '{"sequence_num":1,"timestamp_ns":2,"command":null}', 'the field result is missing'],
    [
      'a missing sequence',
      '{"timestamp_ns":2,"command":null,"result":null}',
      'the field sequence_num is missing',
    ],
    ['something else', '[1]', 'the payload is not a JSON object'],
    ['text behind the event', `${payload('{}').toString()}}`, 'not valid JSON'],
    ['a torn payload', payload('{}').toString().slice(0, -2), 'not valid JSON'],
    ['a number beyond doubles', payload('[1e400]').toString(), '1e400 is beyond the range of a number'],
  ])('refuses %s', (_what, text, message) => {
    const error = errorOf(() => decode(Buffer.from(text)));
    expect(error).toMatchObject({ code: 'JOURNAL_DESERIALIZATION' });
    expect((error as DeserializationError).reason).toContain(message);
  });

  test('decodes other orders, spaces and unknown fields', () => {
    const text =
      ' { "result" : 5 , "timestamp_ns" : 2, "command" : {"a":1}, "command_id":"x", "sequence_num" : 1 } ';
    const event = decode(Buffer.from(text));
    expect([event.command, event.result]).toStrictEqual([{ a: 1 }, 5]);
    expect(textOf(event)).toBe(text);
  });

  test('decodes any Uint8Array, also one inside a larger buffer', () => {
    const inside = new Uint8Array(
      Buffer.concat([Buffer.from('xx'), payload('{"a":1}'), Buffer.from('yy')]),
    ).subarray(2, -2);
    expect(decode(inside).command).toStrictEqual({ a: 1 });
  });
});

describe.each(UNUSUAL)('a decoded event with the command %s', (command) => {
  const bytes = payload(command, '1.50');

  test('keeps its bytes', () => {
    expect(textOf(decode(bytes))).toBe(bytes.toString());
  });

  test('keeps the bytes of its body in a copy with another sequence and time', () => {
    const event = decode(bytes);
    const copy = new SequencerEvent({ ...event, sequenceNum: 77n, timestampNs: 88n });
    rememberStoredPayload(copy, storedPayloadOf(event) as Uint8Array);
    expect(textOf(copy)).toBe(payload(command, '1.50', '77', '88').toString());
  });

  test('is formatted again after a change in place', () => {
    const event = decode(bytes);
    event.command['added'] = 1n;
    expect(textOf(event)).toContain('"added":1}');
    expect(decode(codec.encode(event)).command['added']).toBe(1);
  });

  test('is formatted again in a copy without the bytes', () => {
    const { command: copied, result } = decode(bytes);
    const text = textOf(new SequencerEvent({ sequenceNum: 3n, timestampNs: 4n, command: copied, result }));
    expect(text).toContain('"result":1.5}');
    expect(decode(Buffer.from(text), 3n, 4n).command).toStrictEqual(copied);
  });
});

test('-0 keeps its sign, decoded or made by the application', () => {
  const event = decode(payload('[-0]'));
  expect(event.command).toStrictEqual([-0]);
  expect(textOf(event)).toBe(payload('[-0]').toString());
  const { command, result } = event;
  expect(textOf(new SequencerEvent({ sequenceNum: 1, timestampNs: 2, command, result }))).toBe(
    payload('[-0.0]').toString(),
  );
});

test('a decoded 0 that becomes -0 is a change', () => {
  const event = decode(payload('{"a":0}'));
  event.command['a'] = -0;
  expect(textOf(event)).toBe(payload('{"a":-0.0}').toString());
});

describe('a changed event', () => {
  test.each<[string, (command: Command) => void]>([
    ['a changed value', (c) => (c['a'] = 2)],
    ['a bigint instead of a number', (c) => (c['a'] = 1n)],
    ['a removed property', (c) => delete c['a']],
    ['an added property', (c) => (c['z'] = null)],
    ['a change deep inside', (c) => ((c['list'] as { x: unknown }[])[1] = { x: 'y' })],
    ['a longer list', (c) => (c['list'] as unknown[]).push(1)],
  ])('is detected: %s', (_what, change) => {
    const event = decode(payload('{"a":1,"list":[1.0,{"x":"X"}]}'));
    change(event.command);
    // Formatting again writes 1.0 as 1, which shows that the event was formatted.
    expect(textOf(event)).toContain('"list":[1,');
  });

  test('does not include a new order of properties, or new undefined ones', () => {
    const bytes = payload('{"a":1,"b":1.0}');
    const event = decode(bytes);
    const a = event.command['a'];
    delete event.command['a'];
    event.command['a'] = a;
    event.command['none'] = undefined;
    expect(textOf(event)).toBe(bytes.toString());
  });

  test('may have a cycle, which is refused as everywhere', () => {
    const event = decode(payload('{"a":{"a":{}}}'));
    event.command['a'] = event.command;
    expect(errorOf(() => codec.encode(event))).toBeInstanceOf(SerializationError);
  });
});
