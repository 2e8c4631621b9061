import { describe, expect, test } from '@jest/globals';
import { crc32, crc32OfView, portableCrc32 } from '../../src/common/crc32.js';
import { GOLDEN_CASES, goldenPayloads } from '../serialization/golden-payloads.js';
import { Random } from '../support/random.js';

describe('crc32', () => {
  test.each([
    ['', 0x00000000],
    ['123456789', 0xcbf43926],
    ['a', 0xe8b7be43],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('of %j is the published value, as an unsigned number', (text, expected) => {
    expect(crc32(Buffer.from(text))).toBe(expected);
    expect(portableCrc32(Buffer.from(text))).toBe(expected);
  });

  test.each(GOLDEN_CASES)('equals the checksum of every entry of %s', (name) => {
    const wrong = goldenPayloads(name).filter(
      ({ covered, storedCrc }) => crc32(covered) !== storedCrc || portableCrc32(covered) !== storedCrc,
    );
    expect(wrong.map((entry) => entry.where)).toEqual([]);
  });

  test('is the same with and without native code, for ranges and for every length around the switch', () => {
    const random = new Random(1);
    const memory = Uint8Array.from({ length: 70_100 }, () => random.below(256));
    // Not at the start of its buffer, like a part of a mapped segment.
    const bytes = Buffer.from(memory.buffer, 100);
    for (const length of [0, 1, 2, 7, 8, 63, 255, 256, 257, 400, 4096, 65_536]) {
      const start = random.below(1000);
      const range = bytes.subarray(start, start + length);
      const expected = portableCrc32(range);
      expect(crc32(range)).toBe(expected);
      expect(crc32(bytes, start, start + length)).toBe(expected);
      expect(crc32(new Uint8Array(range))).toBe(expected);
    }
    expect(crc32(bytes, 69_990)).toBe(portableCrc32(bytes.subarray(69_990)));
  });

  test('of a view is the same for every length around its switch, wherever the range lies', () => {
    const random = new Random(2);
    const memory = Uint8Array.from({ length: 4_096 }, () => random.below(256));
    const view = new DataView(memory.buffer, 3);
    for (let length = 0; length < 1_100; length += 1) {
      const start = random.below(2_000);
      const expected = portableCrc32(memory.subarray(3 + start, 3 + start + length));
      expect(crc32OfView(view, start, start + length)).toBe(expected);
    }
  });
});
