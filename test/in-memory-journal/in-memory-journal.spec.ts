import { describe, expect, it, jest } from '@jest/globals';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { jsonCodec } from '../../src/serialization/json-codec.js';
import {
  CorruptEntryError,
  SequencerEvent,
  type JournalEntry,
  type PayloadCodec,
} from '../../src/journal/index.js';
import { until } from '../support/until.js';

const event = (sequenceNum: bigint | number, command: unknown = { n: 1 }) =>
  new SequencerEvent({ sequenceNum, timestampNs: 1, command, result: null });

describe('InMemoryJournal.open', () => {
  it.each([
    ['options', null],
    ['durability', { durability: 'fsync' }],
    ['codec', { codec: null }],
    ['codec', { codec: { encode: () => new Uint8Array() } }],
    ['entriesPerSegment', { entriesPerSegment: 0 }],
    ['entriesPerSegment', { entriesPerSegment: 1.5 }],
    ['initialEntries', { initialEntries: 5 }],
    ['initialEntries', { initialEntries: null }],
    ['initialEntries', { initialEntries: [{}] }],
    [
      'initialEntries',
      { initialEntries: [{ payload: new Uint8Array(), storedCrc: 0, sequenceNum: -1n, timestampNs: 0n }] },
    ],
    ['initialEntries', { initialEntries: [{ payload: new Uint8Array(), sequenceNum: 0n, timestampNs: 0n }] }],
    ['initialEntries', { initialEntries: [event(0), event(2)] }],
  ])('names %s when given case %#', async (option, options) => {
    await expect(InMemoryJournal.open(options as never)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option,
    });
  });

  it('starts with the given events', async () => {
    const journal = await InMemoryJournal.open({ initialEntries: [event(7), event(8)] });
    expect([...journal.readFrom(0)].map((entry) => entry.sequenceNum)).toEqual([7n, 8n]);
    expect(journal.nextSequence).toBe(9n);
    expect(journal.durableSequence).toBe(8n);
    expect(journal.recovery).toMatchObject({
      outcome: 'clean',
      firstAvailableSequence: 7n,
      lastSequence: 8n,
    });
  });

  it('continues another journal from its entries', async () => {
    const first = await InMemoryJournal.open();
    await first.appendBatch([event(3), event(4, { price: 2n ** 70n })]);
    const second = await InMemoryJournal.open({ initialEntries: first.readFrom(0) });
    await second.append(event(5));
    expect([...second.readFrom(4)].map((entry) => entry.event.command)).toEqual([
      { price: 2n ** 70n },
      { n: 1 },
    ]);
  });

  it('reports damage in the given entries where a reader reaches it', async () => {
    const source = await InMemoryJournal.open({ initialEntries: [event(0), event(1), event(2)] });
    const damaged = [...source.readFrom(0)].map((entry) => ({
      ...entry,
      storedCrc: (entry.storedCrc ^ Number(entry.sequenceNum === 1n)) >>> 0,
    }));
    const journal = await InMemoryJournal.open({ initialEntries: damaged });
    const seen: bigint[] = [];
    expect(() => {
      for (const entry of journal.readFrom(0)) seen.push(entry.sequenceNum);
    }).toThrow(CorruptEntryError);
    expect(seen).toEqual([0n]);
    expect([...journal.readFrom(0, { onCorrupt: 'skip' })].map((entry) => entry.sequenceNum)).toEqual([
      0n,
      2n,
    ]);
    expect(await journal.verifyIntegrity()).toMatchObject({
      ok: false,
      entries: 2n,
      errors: [{ kind: 'crc', sequence: 1n }],
    });
  });
});

describe('InMemoryJournal', () => {
  it('copies the payload of the codec, which may reuse its buffer', async () => {
    const scratch = new Uint8Array(1);
    const codec: PayloadCodec<number, null> = {
      encode(given) {
        scratch[0] = given.command;
        return scratch;
      },
      decode: (payload, sequenceNum, timestampNs) =>
        new SequencerEvent({ sequenceNum, timestampNs, command: payload[0] ?? -1, result: null }),
    };
    const journal = await InMemoryJournal.open({ codec });
    const sent = [10, 20].map(
      (command, sequenceNum) => new SequencerEvent({ sequenceNum, timestampNs: 0, command, result: null }),
    );
    await journal.appendBatch(sent);
    expect([...journal.readFrom(0)].map((entry) => entry.event.command)).toEqual([10, 20]);
  });

  it('stays in order when encoding an event appends another', async () => {
    const inner: Promise<void>[] = [];
    const codec = jsonCodec();
    const encode = (given: SequencerEvent) => {
      if (given.command === 'outer') inner.push(journal.append(event(0, 'inner')));
      return codec.encode(given);
    };
    const journal = await InMemoryJournal.open({ codec: { ...codec, encode, decode: codec.decode } });
    await expect(journal.append(event(0, 'outer'))).rejects.toMatchObject({ expected: 1n, actual: 0n });
    await Promise.all(inner);
    expect([...journal.readFrom(0)].map((entry) => entry.event.command)).toEqual(['inner']);
  });

  it('works under fake timers', async () => {
    jest.useFakeTimers();
    try {
      const journal = await InMemoryJournal.open();
      await journal.append(event(0));
      await journal.flush();
      const seen: JournalEntry[] = [];
      for await (const entry of journal.readFrom(0)) seen.push(entry);
      expect(seen).toHaveLength(1);
      await journal.close();
    } finally {
      jest.useRealTimers();
    }
  });

  it('moves durableSequence behind lastSequence in async durability', async () => {
    const journal = await InMemoryJournal.open({ durability: 'async' });
    await journal.append(event(0));
    expect([journal.lastSequence, journal.durableSequence]).toEqual([0n, null]);
    await until(() => journal.durableSequence === 0n);
    await journal.append(event(1));
    await journal.flush();
    expect(journal.durableSequence).toBe(1n);
  });

  it('rejects pending appends when it is poisoned', async () => {
    const journal = await InMemoryJournal.open();
    const inFlight = journal.append(event(0));
    journal.poison(new Error('divergence'));
    await expect(inFlight).rejects.toMatchObject({ code: 'JOURNAL_POISONED', outcome: 'not-written' });
    expect([...journal.readFrom(0)]).toEqual([]);
  });
});
