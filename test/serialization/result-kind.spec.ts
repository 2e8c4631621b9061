import { describe, expect, test } from '@jest/globals';
import { SequencerEvent } from '../../src/journal/index.js';
import { jsonCodec, resultKindOf } from '../../src/serialization/index.js';

function kindOf(command: unknown, result: unknown): string | null {
  const event = new SequencerEvent({ sequenceNum: 1n, timestampNs: 2n, command, result, commandId: 'c' });
  return resultKindOf(jsonCodec().encode(event));
}

describe('the kind of a result', () => {
  test.each<[unknown]>([
    ['CancelAll'],
    [{ Add: { text: 'a "quoted" \\ ,"result":"Fake"} and \\" more' } }],
    [{ Add: ['[', { a: '{' }, [], {}] }],
    [{ '"result":': null }],
    [null],
    [12n],
    [-1.5],
    [true],
  ])('is found after any command (%j)', (command) => {
    expect(kindOf(command, { OrderAdded: { result: 1 } })).toBe('OrderAdded');
    expect(kindOf(command, 'Rejected')).toBe('Rejected');
    expect(kindOf(command, null)).toBe('null');
    expect(kindOf(command, false)).toBe('false');
  });

  test.each<[unknown]>([[{}], [[1]], [5], ['Größe'], [{ 'a"b': 1 }]])(
    'is left to decoding for %j',
    (result) => {
      expect(kindOf('Command', result)).toBeNull();
    },
  );

  test('of another layout, or of a payload that ends early, is left to decoding', () => {
    const whole = jsonCodec().encode(
      new SequencerEvent({ sequenceNum: 1n, timestampNs: 2n, command: { A: ['"'] }, result: { B: 1 } }),
    );
    for (let end = 0; end < whole.length; end += 1)
      expect([null, 'B']).toContain(resultKindOf(whole.subarray(0, end)));
    expect(resultKindOf(Buffer.from('{"command":1,"result":"X"}'))).toBeNull();
  });
});
