/**
 * Parts of entries as a torn write can leave them: only a beginning, only an end, over old bytes, in pages
 * and in sectors.
 */
import { describe, expect, it } from '@jest/globals';
import type { FileJournal } from '../../../src/file-journal/index.js';
import { SequencerEvent } from '../../../src/journal/index.js';
import {
  EMPTY_CHECKPOINT,
  CHECKPOINT,
  diskWith,
  entryOffsets,
  filesOf,
  openOn,
  payloadOf,
  rawEntries,
  rawEntry,
  readUpToError,
  segmentName,
  segmentOf,
} from './journal-bytes.js';

const FIRST = segmentName(0);

const LIMIT = { maxUnsyncedBytes: 65_536 };

interface Recovered {
  readonly found: readonly string[];
  readonly afterAppending: readonly string[];
}

/** Opens, reads, appends an event as long as the torn one, then opens and reads again. */
async function recoverAndAppend(segment: Buffer): Promise<Recovered> {
  const disk = diskWith({ [FIRST]: segment });
  const journal = await openOn(disk, LIMIT);
  const found = readAll(journal);
  const sequenceNum = journal.nextSequence ?? 0n;
  const command = `EVENT ${sequenceNum}`;
  await journal.append(new SequencerEvent({ sequenceNum, timestampNs: 7, command, result: null }));
  await journal.close();
  const again = await openOn(disk, LIMIT);
  const afterAppending = readAll(again);
  await again.close();
  return { found, afterAppending };
}

/** Expects `count` entries, then the appended one. No old entry may reappear. */
function prefix(entries: number): Recovered {
  const found = Array.from({ length: entries }, (_, index) => payloadOf(BigInt(index)).toString());
  const appended = payloadOf(BigInt(entries), `EVENT ${entries}`).toString();
  return { found, afterAppending: [...found, appended] };
}

function readAll(journal: FileJournal): string[] {
  return [...journal.readFrom(0n)].map(({ payload }) => Buffer.from(payload).toString());
}

describe('a tear of the last entry', () => {
  const whole = segmentOf(rawEntries(0, 4));
  const offsets = entryOffsets(whole);
  const [start, end] = [offsets[3] as number, offsets[4] as number];

  it('that left only the bytes before each offset is cut', async () => {
    for (let at = start; at < end; at += 1) {
      const torn = Buffer.from(whole);
      torn.fill(0, at, end);
      if (torn.equals(whole)) continue;
      const recovered = await recoverAndAppend(torn);
      expect({ at, ...recovered }).toEqual({ at, ...prefix(3) });
    }
  });

  it('that left only the bytes from each offset onwards is cut', async () => {
    for (let at = start + 1; at <= end; at += 1) {
      const torn = Buffer.from(whole);
      torn.fill(0, start, at);
      const recovered = await recoverAndAppend(torn);
      expect({ at, ...recovered }).toEqual({ at, ...prefix(3) });
    }
  });

  it('that left the bytes before each offset, and old bytes after it, is cut', async () => {
    const old = rawEntry(3n, payloadOf(3n, 'EVENT 3'));
    for (let at = 1; at < old.length; at += 1) {
      const torn = Buffer.from(whole);
      old.copy(torn, start + at, at);
      const isWhole = torn.subarray(start, end).equals(whole.subarray(start, end));
      const isOld = torn.subarray(start, end).equals(old);
      if (isWhole || isOld) continue;
      const recovered = await recoverAndAppend(torn);
      expect({ at, ...recovered }).toEqual({ at, ...prefix(3) });
    }
  });

  it('that lost any single byte is cut', async () => {
    for (let at = start; at < end; at += 1) {
      const torn = Buffer.from(whole);
      torn.fill(0, at, at + 1);
      if (torn.equals(whole)) continue;
      const recovered = await recoverAndAppend(torn);
      expect({ at, ...recovered }).toEqual({ at, ...prefix(3) });
    }
  });
});

describe('a tear of the only entry', () => {
  it('leaves an empty journal that accepts any first sequence', async () => {
    const entry = rawEntry(5n);
    for (let at = 1; at < entry.length - 4; at += 1) {
      const disk = diskWith({ [FIRST]: segmentOf(entry.subarray(0, at)) });
      const journal = await openOn(disk);
      expect(journal.lastSequence).toBeNull();
      await journal.append(
        new SequencerEvent({ sequenceNum: 9, timestampNs: 7, command: 'first', result: null }),
      );
      await journal.close();
      const again = await openOn(disk);
      expect([...again.readFrom(0n)].map(({ sequenceNum }) => sequenceNum)).toEqual([9n]);
      await again.close();
    }
  });
});

describe('a tear of a group that spans pages and sectors', () => {
  /** Two durable entries, then an unacknowledged group: an entry of three pages between small ones. */
  const durable = rawEntries(0, 2);
  const group = Buffer.concat([rawEntry(2n), rawEntry(3n, payloadOf(3n, 'x'.repeat(9000))), rawEntry(4n)]);
  const sizeBytes = 16_384;
  const whole = segmentOf(Buffer.concat([durable, group]), sizeBytes);

  it.each([
    ['page', 4096, 4],
    ['sector', 512, 6],
  ] as const)(
    'leaves a prefix of whole entries, whichever %ss were written',
    async (_name, unitBytes, units) => {
      for (let subset = 0; subset < 2 ** units; subset += 1) {
        const torn = Buffer.from(whole);
        for (let unit = 0; unit < units; unit += 1)
          if ((subset & (1 << unit)) === 0)
            torn.fill(0, Math.max(durable.length, unit * unitBytes), (unit + 1) * unitBytes);
        const disk = diskWith({ [FIRST]: torn, [CHECKPOINT]: EMPTY_CHECKPOINT });
        const journal = await openOn(disk, { maxUnsyncedBytes: sizeBytes });
        const sequences = [...journal.readFrom(0n)].map(({ sequenceNum }) => Number(sequenceNum));
        await journal.close();
        expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, index) => index));
        expect(sequences.length).toBeGreaterThanOrEqual(2);
        // All cut bytes are zero now.
        const [content, end] = [filesOf(disk)[FIRST] as Buffer, sequences.length];
        const offsets = entryOffsets(content);
        expect(offsets).toHaveLength(end + 1);
        expect(content.subarray(offsets[end]).every((byte) => byte === 0)).toBe(true);
      }
    },
  );

  it.each([512, 4096])(
    'before an entry that starts at any offset near a boundary at %i is cut',
    async (border) => {
      for (let start = border - 30; start <= border + 5; start += 1) {
        const fixed = 24 + payloadOf(0n, '').length;
        const first = rawEntry(0n, payloadOf(0n, 'x'.repeat(start - fixed)));
        const segment = segmentOf(Buffer.concat([first, rawEntry(1n), rawEntry(2n)]), 8192);
        expect(entryOffsets(segment)[1]).toBe(start);
        for (const [torn, count] of [
          [segment, 3],
          [withZeros(segment, border, 8192), wholeBefore(segment, border)],
        ] as const) {
          const journal = await openOn(diskWith({ [FIRST]: torn }), { maxUnsyncedBytes: 8192 });
          const read = readUpToError(journal);
          await journal.close();
          expect({ start, error: read.error, count: read.payloads.length }).toEqual({
            start,
            error: null,
            count,
          });
        }
      }
    },
  );
});

function withZeros(segment: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.from(segment);
  copy.fill(0, from, to);
  return copy;
}

/** Entries that end at or before `border`. */
function wholeBefore(segment: Buffer, border: number): number {
  return entryOffsets(segment).filter((offset, index) => index >= 1 && offset <= border).length;
}
