import { describe, expect, test } from '@jest/globals';
import { commandKindOf, jsonCodec } from '../../src/serialization/index.js';
import { orderBookCodec, variantOf } from '../../src/order-book/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { GOLDEN_CASES, goldenPayloads } from './golden-payloads.js';
import { expectEqual, expectSame } from '../support/quick-expect.js';
import { Random } from '../support/random.js';
import { randomExtra } from './schema-values.js';

function kindOf(text: string): string | null {
  return commandKindOf(Buffer.from(text));
}

describe('the kind of command', () => {
  test('of every golden entry is that of the decoded event', () => {
    const codec = orderBookCodec<unknown>();
    for (const { payload, sequenceNum, timestampNs, where } of GOLDEN_CASES.flatMap(goldenPayloads)) {
      const { command } = codec.decode(payload, sequenceNum, timestampNs);
      expectEqual([where, commandKindOf(payload)], [where, variantOf(command)]);
    }
  });

  test('of generic events is the string, or the first key', () => {
    const random = new Random(51);
    const codec = jsonCodec();
    for (let index = 0; index < 700; index++) {
      const command = randomExtra(random, 2);
      const payload = codec.encode(
        new SequencerEvent({ sequenceNum: 1, timestampNs: 2, command, result: null }),
      );
      const named = typeof command === 'string' || (typeof command === 'object' && !Array.isArray(command));
      const name = named && command !== null ? variantOf(command as string | object) : null;
      const isKey = typeof command === 'object' && command !== null && Object.keys(command).length === 0;
      const isPlain = name !== null && !isKey && /^[ !#-[\]-~]*$/.test(name);
      expect(commandKindOf(payload)).toBe(isPlain ? name : null);
    }
  });

  test.each([
    ['{"sequence_num":1,"timestamp_ns":2,"command":"A","result":null}', 'A'],
    ['{"sequence_num":1,"timestamp_ns":2,"command":{"A":1},"result":null}', 'A'],
    ['{"sequence_num":1,"timestamp_ns":2,"command":{"A', null],
    ['{"sequence_num":1,"timestamp_ns":2,"command":{"A"', null],
    ['{"sequence_num":1,"timestamp_ns":2,"command":{}', null],
    ['{"sequence_num":1,"timestamp_ns":2,"command":[{"A":1}]', null],
    ['{"sequence_num":1,"timestamp_ns":2,"command":"\\u0041"', null],
    ['{"sequence_num":1,"timestamp_ns":2,"command":"\u00e9"', null],
    ['{"sequence_num":,"timestamp_ns":2,"command":"A"', null],
    ['{"sequence_num":-1,"timestamp_ns":2,"command":"A"', null],
    ['{"timestamp_ns":2,"sequence_num":1,"command":"A"', null],
    [' {"sequence_num":1,"timestamp_ns":2,"command":"A"', null],
    ['{"sequence_num":1,"timestamp_ns":2,"command":', null],
    ['{"sequence_num":1', null],
    ['', null],
  ])('in %s is %p', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  test('of damaged bytes is that of the event, if they can be decoded', () => {
    const random = new Random(52);
    const codec = orderBookCodec<unknown>();
    let decoded = 0;
    for (const { payload, sequenceNum, timestampNs } of goldenPayloads('v0.12.1/all-variants')) {
      for (let round = 0; round < 100; round++) {
        const bytes = Buffer.from(payload);
        for (let changes = random.below(3) + 1; changes > 0; changes--) {
          bytes[random.below(random.chance(0.7) ? 110 : bytes.length)] = random.below(256);
        }
        const kind = commandKindOf(
          bytes.subarray(0, random.chance(0.9) ? bytes.length : random.below(bytes.length)),
        );
        try {
          const { command } = codec.decode(bytes, sequenceNum, timestampNs);
          decoded++;
          if (kind !== null) expectSame(kind, variantOf(command));
        } catch (error) {
          expect(error).toMatchObject({ code: 'JOURNAL_DESERIALIZATION' });
        }
      }
    }
    expect(decoded).toBeGreaterThan(100);
  });

  test('is found in any bytes, also in a plain Uint8Array', () => {
    const bytes = new Uint8Array(Buffer.from('{"sequence_num":1,"timestamp_ns":2,"command":"A"'));
    expect(commandKindOf(bytes)).toBe('A');
  });
});
