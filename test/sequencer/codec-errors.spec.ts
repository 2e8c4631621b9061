/** A custom codec may throw anything; what reaches a caller has a code. */
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent, type PayloadCodec } from '../../src/journal/index.js';
import { createEventConversion } from '../../src/sequencer/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const thrown = new TypeError('no such class');

function fail(): never {
  throw thrown;
}

const event = new SequencerEvent({ sequenceNum: 0n, timestampNs: 1n, command: 'go', result: null });
const { encode, decode } = jsonCodec();

const coded = (path: string) =>
  expect.objectContaining({ code: 'JOURNAL_SERIALIZATION', path, cause: thrown, outcome: 'not-written' });

function errorOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe('An error that a codec throws without a code is the cause of a SerializationError', () => {
  const conversion = (codec: Partial<PayloadCodec>) => createEventConversion({ encode, decode, ...codec });

  it.each([
    ['toPlain', 'command', () => conversion({ toPlain: fail }).commandToStore('go', 0n, 1n)],
    ['toPlain', 'result', () => conversion({ toPlain: fail }).resultToStore(null)],
    ['toPlain', 'command', () => conversion({ toPlain: fail }).eventToStore(event)],
    ['fromPlain', 'command', () => conversion({ fromPlain: fail }).answerOf(event)],
    ['commandAsStored', 'command', () => conversion({ commandAsStored: fail }).asReplayed('go', 0n, 1n)],
    ['encode', 'command', () => conversion({ encode: fail }).commandToStore('go', 0n, 1n)],
    ['decode', 'command', () => conversion({ decode: fail }).asReplayed('go', 0n, 1n)],
  ])('from %s of a %s', (_method, path, convert) => {
    expect(errorOf(convert)).toEqual(coded(path));
  });

  it('from fromPlain of a result', () => {
    const fromPlain = (plain: unknown, part: string): unknown => (part === 'result' ? fail() : plain);
    expect(errorOf(() => conversion({ fromPlain }).answerOf(event))).toEqual(coded('result'));
  });

  it.each([
    ['encode', { encode: fail, decode }],
    ['encodeInto', { encode, encodeInto: fail, decode }],
  ])('from %s at an append to a FileJournal', async (_method, codec) => {
    await using journal = await FileJournal.open({ directory: temporaryDirectory(), codec });
    await expect(journal.append(event)).rejects.toEqual(coded('event'));
    await expect(journal.appendBatch([event])).rejects.toEqual(coded('events'));
    expect(journal.nextSequence).toBeNull();
  });

  it('from encode at an append to an InMemoryJournal', async () => {
    await using journal = await InMemoryJournal.open({ codec: { encode: fail, decode } });
    await expect(journal.append(event)).rejects.toEqual(coded('event'));
    await expect(journal.appendBatch([event])).rejects.toEqual(coded('events[0]'));
  });

  it('from a value that cannot be copied', () => {
    const copied = () => conversion({ commandAsStored: () => undefined }).asReplayed(fail, 0n, 1n);
    expect(errorOf(copied)).toMatchObject({ code: 'JOURNAL_SERIALIZATION', path: 'command' });
  });
});
