import { expect, test } from '@jest/globals';
import { fromCommand, holdsDomainEvents } from '../../src/events/index.js';

const ENVELOPE = { v: 1, aggregateId: 'A-1', aggregateType: 'Order', data: {} };
const { data: _data, ...WITHOUT_DATA } = ENVELOPE;

test.each([
  [{ OrderPlaced: ENVELOPE }, true],
  [{ OrderPlaced: { v: 1, aggregateId: 'A-1', data: null } }, true],
  [{ DomainEvents: [{ OrderPlaced: ENVELOPE }, { OrderFilled: ENVELOPE }] }, true],
  [{ DomainEvents: [{ OrderPlaced: ENVELOPE }, { OrderFilled: 1 }] }, false],
  [{ DomainEvents: ENVELOPE }, false],
  [{ OrderPlaced: { ...ENVELOPE, more: 1 } }, false],
  [{ OrderPlaced: { ...ENVELOPE, v: '1' } }, false],
  [{ OrderPlaced: { ...ENVELOPE, aggregateId: 1 } }, false],
  [{ OrderPlaced: WITHOUT_DATA }, false],
  [{ OrderPlaced: ENVELOPE, OrderFilled: ENVELOPE }, false],
  [[{ OrderPlaced: ENVELOPE }], false],
  [{}, false],
  [null, false],
  ['OrderPlaced', false],
])('%j holds domain events: %s', (command, holds) => {
  expect(holdsDomainEvents(command)).toBe(holds);
  expect(fromCommand(command) !== null).toBe(holds);
});
