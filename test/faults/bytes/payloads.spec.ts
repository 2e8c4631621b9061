/** Payloads that look like other data, and payloads that are not events. */
import { describe, expect, it } from '@jest/globals';
import { SequencerEvent, type PayloadCodec } from '../../../src/journal/index.js';
import {
  diskWith,
  entryOffsets,
  filesOf,
  openAndRead,
  openOn,
  payloadOf,
  rawEntries,
  rawEntry,
  readUpToError,
  segmentName,
  segmentOf,
} from './journal-bytes.js';

const FIRST = segmentName(0);

/** Stores the command, a text of latin1 characters, unchanged. */
const rawCodec: PayloadCodec = {
  encode: (event) => Buffer.from(String(event.command), 'latin1'),
  decode: (payload, sequenceNum, timestampNs) =>
    new SequencerEvent({
      sequenceNum,
      timestampNs,
      command: Buffer.from(payload).toString('latin1'),
      result: null,
    }),
};

function rawEvent(sequenceNum: number, payload: Buffer): SequencerEvent {
  return new SequencerEvent({
    sequenceNum,
    timestampNs: 0,
    command: payload.toString('latin1'),
    result: null,
  });
}

describe('a payload of zeros', () => {
  it.each([0, 1, 4, 24, 500, 3000])('of %i bytes is an ordinary entry', async (length) => {
    const disk = diskWith({});
    const journal = await openOn(disk, { codec: rawCodec });
    for (let sequence = 0; sequence < 5; sequence += 1)
      await journal.append(rawEvent(sequence, Buffer.alloc(length)));
    await journal.close();
    const read = await openAndRead(disk, { codec: rawCodec });
    expect(read).toMatchObject({ opened: true, error: null, lastSequence: 4n });
    expect(read.payloads).toEqual(Array.from({ length: 5 }, () => '\0'.repeat(length)));
  });

  it('survives a write torn after it, and the rest is cut', async () => {
    const data = Buffer.concat([rawEntry(0n, Buffer.alloc(300)), rawEntry(1n, Buffer.alloc(300))]);
    const torn = segmentOf(data.subarray(0, data.length - 2));
    const read = await openAndRead(diskWith({ [FIRST]: torn }), { codec: rawCodec });
    expect(read).toMatchObject({ payloads: ['\0'.repeat(300)], lastSequence: 0n });
  });
});

describe('a payload that contains valid entries', () => {
  const inner = Buffer.concat([rawEntry(1n), rawEntry(2n), rawEntry(3n)]);
  const outer = rawEntry(1n, Buffer.concat([Buffer.alloc(7), inner]));
  const whole = segmentOf(Buffer.concat([rawEntry(0n), outer, rawEntry(2n)]));
  const offsets = entryOffsets(whole);

  it('is returned unchanged', async () => {
    const { payloads } = await openAndRead(diskWith({ [FIRST]: whole }), { codec: rawCodec });
    expect(payloads[1]).toBe(Buffer.concat([Buffer.alloc(7), inner]).toString('latin1'));
    expect(payloads).toHaveLength(3);
  });

  it('never yields one of the inner entries, whichever byte is damaged', async () => {
    for (let at = offsets[1] as number; at < (offsets[2] as number); at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      const { opened, payloads, error } = await openAndRead(diskWith({ [FIRST]: damaged }), {
        codec: rawCodec,
      });
      if (opened) expect({ at, payloads }).toEqual({ at, payloads: [payloadOf(0n).toString()] });
      else expect(error?.code).toMatch(/^JOURNAL_(CORRUPT_ENTRY|INVALID_ENTRY_HEADER)$/);
      const sealed = { [FIRST]: damaged, [segmentName(3)]: segmentOf(rawEntries(3, 4)) };
      const journal = await openOn(diskWith(sealed), { codec: rawCodec });
      const rest = [...journal.readFrom(0n, { onCorrupt: 'skip' })].map(({ payload }) =>
        Buffer.from(payload),
      );
      await journal.close();
      // Entries 0 and 3 are intact, and so is 2 if the damage leaves its start visible. The inner 1, 2 and 3
      // are not entries.
      expect(rest.length).toBeGreaterThanOrEqual(2);
      expect(rest.length).toBeLessThanOrEqual(3);
      expect(rest[0]?.equals(payloadOf(0n))).toBe(true);
      expect(rest.at(-1)?.equals(payloadOf(3n))).toBe(true);
      if (rest.length === 3) expect(rest[1]?.equals(payloadOf(2n))).toBe(true);
    }
  });
});

describe('a correct checksum over a payload that is not an event', () => {
  const header = '{"sequence_num":1,"timestamp_ns":7';
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(40)],
    ['invalid UTF-8', Buffer.from(`${header},"command":"\xff\xfe","result":null}`, 'latin1')],
    ['a cut UTF-8 sequence', Buffer.from(`${header},"command":"\xe2\x82","result":null}`, 'latin1')],
    ['a byte order mark', Buffer.from(`\ufeff${header},"command":1,"result":null}`)],
    ['cut JSON', Buffer.from(`${header},"command":"x"`)],
    ['garbage behind JSON', Buffer.from(`${header},"command":1,"result":null}}`)],
    ['an array', Buffer.from('[1,7,1,null]')],
    ['null', Buffer.from('null')],
    ['a text', Buffer.from('"event"')],
    ['no command', Buffer.from(`${header},"result":null}`)],
    ['no result', Buffer.from(`${header},"command":1}`)],
    ['another sequence', Buffer.from('{"sequence_num":2,"timestamp_ns":7,"command":1,"result":null}')],
    ['another time', Buffer.from('{"sequence_num":1,"timestamp_ns":8,"command":1,"result":null}')],
    ['a sequence as text', Buffer.from('{"sequence_num":"1","timestamp_ns":7,"command":1,"result":null}')],
    ['a sequence of 1.5', Buffer.from('{"sequence_num":1.5,"timestamp_ns":7,"command":1,"result":null}')],
  ])(
    '(%s) can be stored; decoding and verifying report its place, and readers skip it on request',
    async (_name, payload) => {
      const data = Buffer.concat([rawEntry(0n), rawEntry(1n, payload), rawEntry(2n)]);
      const disk = diskWith({ [FIRST]: segmentOf(data) });
      const journal = await openOn(disk);
      expect(journal.recovery).toMatchObject({ outcome: 'clean', lastSequence: 2n });
      const entries = [...journal.readFrom(0n)];
      expect(Buffer.from(entries[1]?.payload ?? []).equals(payload)).toBe(true);
      let error: unknown;
      try {
        void entries[1]?.event;
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({
        code: 'JOURNAL_DESERIALIZATION',
        segment: FIRST,
        offset: rawEntry(0n).length,
        sequence: 1n,
      });
      const skipping = [...journal.readFrom(0n, { onCorrupt: 'skip' })];
      expect(skipping.map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 2n]);
      const { ok, errors } = await journal.verifyIntegrity();
      expect(ok).toBe(false);
      expect(errors).toMatchObject([{ segment: FIRST, offset: rawEntry(0n).length, sequence: 1n }]);
      await journal.append(new SequencerEvent({ sequenceNum: 3, timestampNs: 7, command: 1, result: null }));
      await journal.close();
      expect(filesOf(disk)[FIRST]?.subarray(0, data.length).equals(data)).toBe(true);
      expect(readUpToError(await openOn(disk)).payloads).toHaveLength(4);
    },
  );

  it.each([1_000, 100_000])(
    'of %i nested brackets yields an event or a typed error, and no crash',
    async (depth) => {
      const payload = Buffer.from(
        `{"sequence_num":0,"timestamp_ns":7,"command":${'['.repeat(depth)}${']'.repeat(depth)},"result":null}`,
      );
      const journal = await openOn(diskWith({ [FIRST]: segmentOf(rawEntry(0n, payload), 2 ** 18) }));
      const decoded = [...journal.readFrom(0n, { onCorrupt: 'skip' })];
      const { errors } = await journal.verifyIntegrity();
      expect(errors).toHaveLength(1 - decoded.length);
      for (const error of errors) expect(error.kind).toBe('payload');
      await journal.close();
    },
  );
});
