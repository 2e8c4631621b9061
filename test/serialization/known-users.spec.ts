import { expect, test } from '@jest/globals';
import { SequencerEvent } from '../../src/journal/index.js';
import { orderBookCodec } from '../../src/order-book/index.js';
import type { OrderBookCommand, OrderBookResult } from '../../src/order-book/index.js';
import { findUserId } from '../../src/order-book/user-id-cache.js';
import { expectEqual, expectSame } from '../support/quick-expect.js';

const codec = orderBookCodec();
const RESULT: OrderBookResult = { OrderAdded: { order_id: '1' } };

function written(userId: string): unknown {
  const command: OrderBookCommand = { CancelByUser: { user_id: userId } };
  const event = new SequencerEvent({ sequenceNum: 0n, timestampNs: 0n, command, result: RESULT });
  const stored = JSON.parse(Buffer.from(codec.encode(event)).toString('utf8')) as {
    command: { CancelByUser: { user_id: unknown } };
  };
  return stored.command.CancelByUser.user_id;
}

const digits = (value: number): string => value.toString(16).padStart(4, '0').repeat(16);

test('every id is written unchanged each time, however many there are', () => {
  const ids = Array.from({ length: 5000 }, (_, value) => digits(value));
  for (let round = 0; round < 3; round += 1) for (const id of ids) expectSame(written(id), id);
});

test('an id that differs from a known one in a single digit is not known', () => {
  const known = digits(0x1234);
  expect(written(known)).toBe(known);
  expect(written(known)).toBe(known); // the second time, the cache keeps it
  expect(findUserId(known)).not.toBe(-1);
  for (let at = 0; at < known.length; at += 1) {
    const other = `${known.slice(0, at)}f${known.slice(at + 1)}`;
    expect(findUserId(other)).toBe(-1);
    expect(written(other)).toBe(other);
    expect(written(known)).toBe(known);
  }
});

test('sixteen users that differ in one digit are all known', () => {
  const users = Array.from('0123456789abcdef', (digit) => digit + '0123456789abcdef'.repeat(4).slice(1));
  for (let round = 0; round < 2; round += 1) for (const user of users) expect(written(user)).toBe(user);
  expect(users.filter((user) => findUserId(user) === -1)).toEqual([]);
});

test('ids that do not recur do not displace a known id', () => {
  const known = digits(0x4321);
  for (let round = 0; round < 2; round += 1) expect(written(known)).toBe(known);
  for (let value = 0; value < 5000; value += 1) if (value !== 0x4321) written(digits(value));
  expect(findUserId(known)).not.toBe(-1);
});

test('an invalid id is refused, also where it shares the place of a known id', () => {
  const known = digits(0x1234);
  expect(written(known)).toBe(known);
  expect(written(known)).toBe(known);
  expect(findUserId(known)).not.toBe(-1);
  for (const other of [
    `${known.slice(0, 30)}F${known.slice(31)}`,
    `${known.slice(0, 30)}é${known.slice(31)}`,
  ]) {
    expect(() => written(other)).toThrow(expect.objectContaining({ code: 'JOURNAL_SERIALIZATION' }));
    expect(findUserId(other)).toBe(-1);
  }
});

function read(userId: string): unknown {
  const command = `{"CancelByUser":{"user_id":"${userId}"}}`;
  const payload = `{"sequence_num":0,"timestamp_ns":0,"command":${command},"result":{"OrderAdded":{"order_id":"1"}}}`;
  return codec.decode(Buffer.from(payload), 0n, 0n).command;
}

test('every id is read unchanged each time, however many there are', () => {
  const ids = Array.from({ length: 3000 }, (_, value) => digits(value));
  for (let round = 0; round < 3; round += 1) {
    for (const id of ids) expectEqual(read(id), { CancelByUser: { user_id: id } });
  }
  const known = digits(0x2345);
  for (let round = 0; round < 3; round += 1) read(known);
  expect(findUserId(known)).not.toBe(-1);
  expect(written(known)).toBe(known);
  const other = `${known.slice(0, 30)}f${known.slice(31)}`;
  expect(read(other)).toEqual({ CancelByUser: { user_id: other } });
});

test('a text that is not an id is read, but not kept', () => {
  for (const text of ['x'.repeat(64), 'A'.repeat(64)]) {
    for (let round = 0; round < 3; round += 1)
      expect(read(text)).toEqual({ CancelByUser: { user_id: text } });
    expect(findUserId(text)).toBe(-1);
    expect(() => written(text)).toThrow(expect.objectContaining({ code: 'JOURNAL_SERIALIZATION' }));
  }
  expect(() => read('\0'.repeat(64))).toThrow(expect.objectContaining({ code: 'JOURNAL_DESERIALIZATION' }));
});
