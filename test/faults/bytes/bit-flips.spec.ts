/**
 * Flips every single bit of a small journal. The engine detects each flip, or the flip is harmless: no wrong
 * event, no crash.
 */
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  CHECKPOINT,
  SEGMENT_BYTES,
  diskWith,
  filesOf,
  openAndRead,
  openOn,
  openViewerOn,
  entryOffsets,
  payloadOf,
  rawEntries,
  readUpToError,
  sameFiles,
  segmentName,
  segmentOf,
} from './journal-bytes.js';

/** The test computes for seconds on an idle machine, and for minutes on a busy one. */
jest.setTimeout(600_000);

const ENTRIES = 3;
const FIRST = segmentName(0);
const PAYLOADS = Array.from({ length: ENTRIES }, (_, index) => payloadOf(BigInt(index)).toString());
const DAMAGE = /^JOURNAL_(CORRUPT_ENTRY|INVALID_ENTRY_HEADER|REPLAY_GAP)$/;

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >>> 3] = (copy[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('a flipped bit', () => {
  const data = rawEntries(0, ENTRIES);
  const whole = segmentOf(data);
  const offsets = entryOffsets(whole);
  const entryOfBit = (bit: number): number => offsets.findLastIndex((offset) => offset <= bit >>> 3);
  /** The files after a clean close. */
  let closed: Record<string, Buffer>;

  beforeAll(async () => {
    const disk = diskWith({ [FIRST]: whole });
    await (await openOn(disk)).close();
    closed = filesOf(disk);
  });

  it('below the checkpoint makes opening fail with the file, offset and sequence, and changes nothing', async () => {
    for (let bit = 0; bit < data.length * 8; bit += 1) {
      const damaged = flipped(whole, bit);
      const disk = diskWith({ ...closed, [FIRST]: damaged });
      const { opened, error } = await openAndRead(disk);
      expect({ bit, opened, code: error?.code }).toEqual({
        bit,
        opened: false,
        code: expect.stringMatching(DAMAGE),
      });
      expect(error).toMatchObject({ segment: FIRST, offset: offsets[entryOfBit(bit)] });
      expect(sameFiles(disk, { ...closed, [FIRST]: damaged })).toBe(true);
    }
  });

  it('without a checkpoint is refused, or cut as a torn write with its bytes kept; no entry is invented', async () => {
    for (let bit = 0; bit < data.length * 8; bit += 1) {
      const disk = diskWith({ [FIRST]: flipped(whole, bit) });
      const { opened, payloads, error } = await openAndRead(disk);
      if (!opened) {
        expect(error?.code).toMatch(DAMAGE);
        continue;
      }
      expect({ bit, payloads }).toEqual({ bit, payloads: PAYLOADS.slice(0, entryOfBit(bit)) });
      const kept = Object.entries(filesOf(disk)).find(([name]) => name.startsWith('quarantine-'));
      expect(kept?.[1].length).toBeGreaterThan(0);
    }
  });

  it.each(['mapped', 'positioned'] as const)(
    'in the newest segment lets a read-only journal (%s) return the entries before it, and no others',
    async (reader) => {
      for (let bit = 0; bit < data.length * 8; bit += 1) {
        const viewer = await openViewerOn(diskWith({ [FIRST]: flipped(whole, bit) }), { reader });
        const { payloads, error } = readUpToError(viewer);
        await viewer.close();
        expect({ bit, payloads, error }).toEqual({
          bit,
          payloads: PAYLOADS.slice(0, entryOfBit(bit)),
          error: null,
        });
      }
    },
  );

  it.each(['mapped', 'positioned'] as const)(
    'in a sealed segment (%s) yields the entries before it, then the error; skipping yields no wrong event',
    async (reader) => {
      const second = segmentOf(rawEntries(ENTRIES, ENTRIES + 2));
      const all = [
        ...PAYLOADS,
        ...[ENTRIES, ENTRIES + 1].map((sequence) => payloadOf(BigInt(sequence)).toString()),
      ];
      for (let bit = 0; bit < data.length * 8; bit += 1) {
        const disk = diskWith({ [FIRST]: flipped(whole, bit), [segmentName(ENTRIES)]: second });
        const journal = await openOn(disk, { reader });
        const { payloads, error } = readUpToError(journal);
        expect({ bit, payloads }).toEqual({ bit, payloads: all.slice(0, entryOfBit(bit)) });
        expect(error?.code).toMatch(DAMAGE);
        expect(error).toMatchObject({ segment: FIRST, offset: offsets[entryOfBit(bit)] });
        let skipped = 0;
        const rest = [...journal.readFrom(0n, { onCorrupt: () => (skipped += 1) })].map((entry) =>
          Buffer.from(entry.payload).toString(),
        );
        expect(skipped).toBeGreaterThan(0);
        expect(all.filter((payload) => rest.includes(payload))).toEqual(rest);
        expect(rest.slice(-2)).toEqual(all.slice(-2));
        expect((await journal.verifyIntegrity()).ok).toBe(false);
        await journal.close();
      }
    },
  );

  it('after the data is cut, and no entry changes', async () => {
    for (let bit = data.length * 8; bit < SEGMENT_BYTES * 8; bit += bit < (data.length + 40) * 8 ? 1 : 331) {
      const disk = diskWith({ ...closed, [FIRST]: flipped(whole, bit) });
      const journal = await openOn(disk);
      expect({ bit, outcome: journal.recovery.outcome }).toEqual({ bit, outcome: 'torn-tail' });
      expect(readUpToError(journal)).toEqual({ payloads: PAYLOADS, error: null });
      await journal.close();
      expect(filesOf(disk)[FIRST]?.equals(whole)).toBe(true);
    }
  });

  it('in the checkpoint neither loses an event nor prevents opening', async () => {
    const checkpoint = closed[CHECKPOINT] as Buffer;
    const used = [0, 4096].flatMap((slot) => Array.from({ length: 60 * 8 }, (_, bit) => slot * 8 + bit));
    for (const bit of used) {
      const { payloads, error } = await openAndRead(
        diskWith({ ...closed, [CHECKPOINT]: flipped(checkpoint, bit) }),
      );
      expect({ bit, payloads, error }).toEqual({ bit, payloads: PAYLOADS, error: null });
    }
  });
});
