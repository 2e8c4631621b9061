import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import * as here from '../../src/journal/index.js';
import * as tokensHere from '../../src/nest/file-journal.constants.js';

/** The CommonJS build, as a CommonJS package loads it next to the ESM build. */
const require = createRequire(import.meta.url);
const there = require('../../dist/modules/cjs/journal/index.js') as typeof here;
const tokensThere = require('../../dist/modules/cjs/nest/file-journal.constants.js') as typeof tokensHere;

describe('two copies of the package in one process', () => {
  it('recognize the errors of the other copy by class', () => {
    const foreign = new there.SequenceConflictError(1n, 2n);
    expect(Object.getPrototypeOf(foreign)).not.toBe(here.SequenceConflictError.prototype);
    expect(foreign instanceof here.JournalError).toBe(true);
    expect(foreign instanceof here.SequenceConflictError).toBe(true);
    expect(foreign instanceof here.JournalClosedError).toBe(false);
    expect(here.JournalError.isJournalError(foreign)).toBe(true);
  });

  it('recognize the events of the other copy', () => {
    const init = { sequenceNum: 1, timestampNs: 2, command: 'c', result: null };
    expect(here.SequencerEvent.isSequencerEvent(new there.SequencerEvent(init))).toBe(true);
    expect(here.SequencerEvent.isSequencerEvent(init)).toBe(false);
  });

  it('read the stored payload of the events of the other copy', () => {
    const init = { sequenceNum: 1, timestampNs: 2, command: 'c', result: null };
    for (const [writer, reader] of [
      [here, there],
      [there, here],
    ] as const) {
      const event = new writer.SequencerEvent(init);
      const payload = Buffer.from('{}');
      reader.rememberStoredPayload(event, payload);
      expect(writer.storedPayloadOf(event)).toBe(payload);
      expect(reader.storedPayloadOf(event)).toBe(payload);
    }
  });

  it('read the ids of the events of the other copy', () => {
    const init = { sequenceNum: 1, timestampNs: 2, command: 'c', result: null, commandId: 'x' };
    expect(new there.SequencerEvent(init)).toMatchObject({ commandId: 'x' });
    expect(new there.SequencerEvent({ ...init, commandId: null }).commandId).toBeNull();
  });

  it('have the same token for the class of an aggregate', () => {
    class Order {}
    const Other = { Order: class Order {} }.Order;
    for (const name of [undefined, 'other']) {
      expect(tokensThere.getAggregateRepositoryToken(Order, name)).toBe(
        tokensHere.getAggregateRepositoryToken(Order, name),
      );
    }
    const tokens = [
      tokensHere.getAggregateRepositoryToken(Order),
      tokensHere.getAggregateRepositoryToken(Order, 'other'),
      tokensThere.getAggregateRepositoryToken(Other),
      tokensHere.getAggregateRepositoryToken(Other, 'other'),
    ];
    expect(new Set(tokens).size).toBe(4);
    expect(tokensHere.getAggregateRepositoryToken(Order, 'default')).toBe(tokens[0]);
  });

  it('do not take other values for a journal error', () => {
    for (const value of [null, undefined, 7, 'JOURNAL_IO', new Error('x'), { code: 'JOURNAL_IO' }]) {
      expect(value instanceof here.JournalError).toBe(false);
      expect(value instanceof (here.IoError as unknown as typeof Error)).toBe(false);
    }
  });
});
