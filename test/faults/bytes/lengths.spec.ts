/** Impossible length fields, at every entry of a journal. */
import { describe, expect, it } from '@jest/globals';
import {
  EMPTY_CHECKPOINT,
  CHECKPOINT,
  diskWith,
  entryOffsets,
  filesOf,
  openAndRead,
  openOn,
  openViewerOn,
  payloadOf,
  rawEntries,
  readUpToError,
  segmentName,
  segmentOf,
} from './journal-bytes.js';

const FIRST = segmentName(0);
const ENTRIES = 4;
const PAYLOADS = Array.from({ length: ENTRIES + 2 }, (_, index) => payloadOf(BigInt(index)).toString());
const WHOLE = segmentOf(rawEntries(0, ENTRIES));
const OFFSETS = entryOffsets(WHOLE);
/** Functions compute the length from the distance between the entry and the end of the segment. */
const LENGTHS: readonly (readonly [name: string, length: (bytesLeft: number) => number])[] = [
  ...Array.from({ length: 21 }, (_, length) => [String(length), () => length] as const),
  ['the largest', () => 0xffff_ffff],
  ['2^31 - 1', () => 0x7fff_ffff],
  ['2^31', () => 0x8000_0000],
  ['to the end of the segment', (bytesLeft) => bytesLeft - 4],
  ['one past the end of the segment', (bytesLeft) => bytesLeft - 3],
  ['a segment too far', (bytesLeft) => bytesLeft + 4096],
];

function withLength(index: number, length: (bytesLeft: number) => number): Buffer {
  const damaged = Buffer.from(WHOLE);
  const offset = OFFSETS[index] as number;
  damaged.writeUInt32LE(length(WHOLE.length - offset), offset);
  return damaged;
}

describe.each(LENGTHS)('an entry_length of %s', (_name, length) => {
  it.each(Array.from({ length: ENTRIES }, (_, index) => index))(
    'at entry %i is refused below the checkpoint and cut above it; readers get the entries before it',
    async (index) => {
      const damaged = withLength(index, length);
      const before = PAYLOADS.slice(0, index);

      const disk = diskWith({ [FIRST]: WHOLE });
      await (await openOn(disk)).close();
      disk.replaceFile(FIRST, damaged);
      const refused = await openAndRead(disk);
      expect(refused.opened).toBe(false);
      expect(refused.error).toMatchObject({ segment: FIRST, offset: OFFSETS[index] });
      expect(filesOf(disk)[FIRST]?.equals(damaged)).toBe(true);

      const torn = await openAndRead(diskWith({ [FIRST]: damaged, [CHECKPOINT]: EMPTY_CHECKPOINT }));
      expect(torn).toMatchObject({ opened: true, payloads: before, error: null });

      const viewer = await openViewerOn(diskWith({ [FIRST]: damaged }));
      expect(readUpToError(viewer)).toEqual({ payloads: before, error: null });
      await viewer.close();

      const sealed = {
        [FIRST]: damaged,
        [segmentName(ENTRIES)]: segmentOf(rawEntries(ENTRIES, ENTRIES + 2)),
      };
      for (const reader of ['mapped', 'positioned'] as const) {
        const read = await openAndRead(diskWith(sealed), { reader });
        expect(read).toMatchObject({ opened: true, payloads: before, lastSequence: BigInt(ENTRIES + 1) });
        expect(read.error?.code).toMatch(/^JOURNAL_(CORRUPT_ENTRY|INVALID_ENTRY_HEADER|REPLAY_GAP)$/);
      }
    },
  );

  it('after the last entry is cut, or ends the data', async () => {
    const disk = diskWith({ [FIRST]: withLength(ENTRIES, length) });
    expect(await openAndRead(disk)).toMatchObject({ payloads: PAYLOADS.slice(0, ENTRIES), error: null });
    expect(filesOf(disk)[FIRST]?.equals(WHOLE)).toBe(true);
  });
});
