/** Sequences and times on the command line. */
import { describe, expect, test } from '@jest/globals';
import { formatBytes, formatTime } from '../../src/cli/format-values.js';
import { parseCount, parseSequence, parseTime } from '../../src/cli/parse-values.js';

describe('a sequence', () => {
  test.each([
    ['0', 0n],
    ['9007199254740993', 9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
  ])('%s is read exactly', (text, value) => expect(parseSequence(text)).toBe(value));

  test.each(['', '-1', '1.5', '1e3', '0x10', '18446744073709551616', ' 1', '١'])('%j is refused', (text) =>
    expect(() => parseSequence(text)).toThrow('It must be a sequence number'),
  );
});

describe('a count', () => {
  test('is a whole number', () => expect(parseCount('20')).toBe(20));
  test.each(['', '-1', '1.5', '9007199254740992', 'all'])('%j is refused', (text) =>
    expect(() => parseCount(text)).toThrow('It must be a whole number'),
  );
});

describe('a time', () => {
  test.each([
    ['0', 0n],
    ['1772357400500', 1772357400500000000n],
    ['1772357400500000001', 1772357400500000001n],
    ['2026-03-01', 1772323200000000000n],
    ['2024-02-29', 1709164800000000000n],
    ['2026-03-01T09:30', 1772357400000000000n],
    ['2026-03-01 09:30:00', 1772357400000000000n],
    ['2026-03-01T09:30:00.5Z', 1772357400500000000n],
    ['2026-03-01T09:30:00.000000001Z', 1772357400000000001n],
    ['2026-03-01T10:30:00+01:00', 1772357400000000000n],
  ])('%s is %d ns', (text, value) => expect(parseTime(text)).toBe(value));

  test.each([
    '',
    'yesterday',
    '2026-13-01',
    '2026-02-30',
    '2025-02-29T12:00Z',
    '2026-03-01T25:00',
    '1969-12-31',
    '-5',
    '18446744073709551616',
    '2026-03-01T09:30:00.0000000001Z',
  ])('%j is refused', (text) => expect(() => parseTime(text)).toThrow('It must be a time'));

  test.each([0n, 1772357400500000001n, 18446744073709551615n])('%d is read back from its text', (time) =>
    expect(parseTime(formatTime(time))).toBe(time),
  );
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [268435456n, '256 MiB'],
  [18446744073709551615n, '16384 PiB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
