/** Sequences and times at the limits of 64 bits, doubles and file names. */
import { describe, expect, it } from '@jest/globals';
import { SequencerEvent, U64_MAX } from '../../../src/journal/index.js';
import {
  diskWith,
  filesOf,
  openAndRead,
  openOn,
  payloadOf,
  rawEntries,
  rawEntry,
  segmentName,
  segmentOf,
} from './journal-bytes.js';

function event(sequenceNum: bigint, text = '', timestampNs = 7n): SequencerEvent {
  return new SequencerEvent({ sequenceNum, timestampNs, command: text, result: null });
}

describe('the largest sequence', () => {
  it('is the last one: the next append fails with a typed error, also after reopening', async () => {
    const disk = diskWith({});
    const journal = await openOn(disk);
    await journal.appendBatch([event(U64_MAX - 2n), event(U64_MAX - 1n), event(U64_MAX)]);
    for (const opened of [journal, await journal.close().then(() => openOn(disk))]) {
      if (opened === journal) continue;
      expect(opened.lastSequence).toBe(U64_MAX);
      expect(opened.nextSequence).toBeNull();
      for (const next of [0n, 1n, U64_MAX]) {
        await expect(opened.append(event(next))).rejects.toMatchObject({
          code: 'JOURNAL_SEQUENCE_CONFLICT',
          expected: null,
          outcome: 'not-written',
        });
      }
      expect(opened.state).toBe('open');
      expect([...opened.readFrom(U64_MAX)].map(({ sequenceNum }) => sequenceNum)).toEqual([U64_MAX]);
      expect((await opened.verifyIntegrity()).ok).toBe(true);
      await opened.close();
    }
  });

  it('can start a segment of its own', async () => {
    const disk = diskWith({});
    const journal = await openOn(disk);
    await journal.append(event(U64_MAX - 1n, 'x'.repeat(2500)));
    await journal.append(event(U64_MAX, 'x'.repeat(2500)));
    await journal.close();
    expect(Object.keys(filesOf(disk))).toContain(segmentName(U64_MAX));
    expect(await openAndRead(disk)).toMatchObject({ error: null, lastSequence: U64_MAX });
  });
});

describe.each([2n ** 53n, 2n ** 63n, 2n ** 32n, 10n ** 19n])('sequences around %i', (middle) => {
  it('stay distinct in entries, names, searches and archives', async () => {
    const disk = diskWith({});
    const journal = await openOn(disk);
    for (let sequence = middle - 3n; sequence <= middle + 3n; sequence += 1n)
      await journal.append(event(sequence, 'x'.repeat(1500), middle + sequence - middle));
    for (let sequence = middle - 3n; sequence <= middle + 3n; sequence += 1n) {
      const [entry] = journal.readFrom(sequence, { limit: 1 });
      expect(entry?.sequenceNum).toBe(sequence);
      expect(entry?.timestampNs).toBe(sequence);
      expect(entry?.event.sequenceNum).toBe(sequence);
    }
    await expect(journal.append(event(middle + 3n))).rejects.toMatchObject({ expected: middle + 4n });
    await expect(journal.append(event(middle + 5n))).rejects.toMatchObject({ expected: middle + 4n });
    expect(await journal.archiveSegmentsBefore(middle)).toBe(1);
    await journal.close();
    const again = await openOn(disk);
    expect(again.firstAvailableSequence).toBe(middle - 1n);
    expect(again.lastSequence).toBe(middle + 3n);
    expect((await again.verifyIntegrity()).ok).toBe(true);
    await again.close();
  });
});

describe('times', () => {
  it('of any value, even decreasing, are stored unchanged', async () => {
    const disk = diskWith({});
    const times = [0n, U64_MAX, 1n, 2n ** 63n, 2n ** 53n + 1n, 0n];
    const journal = await openOn(disk);
    await journal.appendBatch(times.map((time, index) => event(BigInt(index), '', time)));
    await journal.close();
    const again = await openOn(disk);
    expect([...again.readFrom(0n)].map((entry) => entry.event.timestampNs)).toEqual(times);
    expect((await again.verifyIntegrity()).ok).toBe(true);
    await again.close();
  });
});

describe('a file name that disagrees with the first entry', () => {
  it.each([9n, 11n, 0n, U64_MAX])(
    '(named 10, starts at %i) causes an error once a reader reaches the file',
    async (start) => {
      const files = {
        [segmentName(0)]: segmentOf(rawEntries(0, 10)),
        [segmentName(10)]: segmentOf(rawEntry(start, payloadOf(start))),
      };
      const newest = await openAndRead(diskWith(files));
      expect(newest.error).toMatchObject({
        code: 'JOURNAL_INVALID_ENTRY_HEADER',
        segment: segmentName(10),
        offset: 0,
      });
      const sealed = await openAndRead(
        diskWith({ ...files, [segmentName(11)]: segmentOf(rawEntries(11, 12)) }),
      );
      expect(sealed.opened).toBe(true);
      expect(sealed.payloads).toHaveLength(10);
      expect(sealed.error).toMatchObject({ segment: segmentName(10), offset: 0, sequence: start });
    },
  );

  it('recovery never cuts an intact entry because its sequence does not follow', async () => {
    for (const sequence of [0n, 2n, 4n, 5n, U64_MAX]) {
      const data = Buffer.concat([rawEntries(0, 3), rawEntry(sequence, payloadOf(sequence))]);
      const disk = diskWith({ [segmentName(0)]: segmentOf(data) });
      const { opened, error } = await openAndRead(disk);
      expect({ sequence, opened }).toEqual({ sequence, opened: false });
      expect(error).toMatchObject({ code: 'JOURNAL_INVALID_ENTRY_HEADER', sequence });
      expect(filesOf(disk)[segmentName(0)]?.subarray(0, data.length).equals(data)).toBe(true);
    }
  });
});
