import { closeSync, openSync, readFileSync, readdirSync, readlinkSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileJournal, type FileSystem } from '../../src/file-journal/index.js';
import {
  CorruptEntryError,
  DeserializationError,
  IoError,
  SequencerEvent,
  type PayloadCodec,
} from '../../src/journal/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { ENGINE_VARIANTS } from '../support/engines.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const SMALL = { segmentSizeBytes: 4096 };
const FIRST = 'segment-00000000000000000000.journal';

/** Overwrites bytes through the file. */
function overwrite(path: string, offset: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

describe('the mapped reader of a large sealed segment', () => {
  const LARGE = 16 * 1024 * 1024;
  const COUNT = 4_500;

  async function filled(): Promise<{ journal: FileJournal; disk: FaultyFileSystem; directory: string }> {
    const disk = new FaultyFileSystem();
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory, segmentSizeBytes: LARGE, fileSystem: disk.wrap });
    for (let first = 0; first < COUNT; first += 500)
      await journal.appendBatch(events(first, first + 500, 4_000));
    expect(readdirSync(directory).filter((name) => name.endsWith('.journal'))).toHaveLength(2);
    return { journal, disk, directory };
  }

  it('maps it for a reader that continues, and after many reads of single entries', async () => {
    const { journal, disk } = await filled();
    const sequenceOf = (sequence: number): bigint | undefined =>
      [...journal.readFrom(sequence, { limit: 1 })][0]?.sequenceNum;
    for (const sequence of [0, 17, 1_234, 2_345, 3_210, 3_999, 5]) {
      expect(sequenceOf(sequence)).toBe(BigInt(sequence));
    }
    expect(disk.count('map')).toBe(0);
    const some = [...journal.readFrom(2_000, { limit: 400 })];
    expect(some.map(({ sequenceNum }) => Number(sequenceNum))).toEqual(
      Array.from({ length: 400 }, (_, index) => 2_000 + index),
    );
    expect(disk.count('map')).toBe(1);
    for (const { sequenceNum, payload } of some) {
      expect(Buffer.from(payload).toString('latin1', 0, 40)).toContain(`"sequence_num":${sequenceNum},`);
    }
    await journal.close();

    const second = await filled();
    for (let times = 0; times < 9; times += 1)
      expect([...second.journal.readFrom(100, { limit: 1 })]).toHaveLength(1);
    expect(second.disk.count('map')).toBe(1);
    await second.journal.close();
  });

  it('continues after it was archived and deleted before it was mapped', async () => {
    const { journal, directory } = await filled();
    const reader = journal.readFrom(0n)[Symbol.iterator]();
    const read = [reader.next().value?.sequenceNum];
    expect(await journal.archiveSegmentsBefore(BigInt(COUNT - 1))).toBe(1);
    unlinkSync(join(directory, `${FIRST}.archived`));
    for (let step = reader.next(); step.done !== true; step = reader.next())
      read.push(step.value.sequenceNum);
    expect(read).toEqual(Array.from({ length: COUNT }, (_, index) => BigInt(index)));
    await journal.close();
  });

  it('reports damage behind the first blocks', async () => {
    const { journal, directory } = await filled();
    const [entry] = journal.readFrom(3_000, { limit: 1 });
    overwrite(join(directory, FIRST), (entry?.location?.offset ?? 0) + 100, Buffer.from('?'));
    const seen: bigint[] = [];
    expect(() => {
      for (const { sequenceNum } of journal.readFrom(2_900)) seen.push(sequenceNum);
    }).toThrow(CorruptEntryError);
    expect(seen.at(-1)).toBe(2_999n);
    expect(() => [...journal.readFrom(2_999, { limit: 3 })]).toThrow(CorruptEntryError); // in the first block
    await journal.close();
  });

  it('reports a failed mapping as a typed error, and the next reader tries again', async () => {
    const { journal, disk } = await filled();
    disk.fail('map', 'ENOMEM', { times: 1 });
    const seen: bigint[] = [];
    expect(() => {
      for (const { sequenceNum } of journal.readFrom(0n)) seen.push(sequenceNum);
    }).toThrow(IoError);
    expect(seen.length).toBeGreaterThan(50);
    expect([...journal.readFrom(0n)]).toHaveLength(COUNT);
    await journal.close();
  });
});

describe.each(ENGINE_VARIANTS)('reading, $name', ({ options }) => {
  it('keeps the opened segments while others are rotated and archived', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, ...SMALL, ...options });
    await journal.appendBatch(events(0, 60, 200));
    const reader = journal.readFrom(0n)[Symbol.iterator]();
    const read = [reader.next().value];
    await journal.appendBatch(events(60, 120, 200));
    expect(await journal.archiveSegmentsBefore(50n)).toBeGreaterThan(1);
    for (let step = reader.next(); step.done !== true; step = reader.next()) read.push(step.value);
    expect(read.map((entry) => Number(entry?.sequenceNum))).toEqual(
      Array.from({ length: 60 }, (_, index) => index),
    );
    await journal.appendBatch(events(120, 180, 200));
    for (const [index, entry] of read.entries()) {
      expect(Buffer.from(entry?.payload ?? []).toString()).toContain(`"sequence_num":${index},`);
    }
  });

  it('keeps payloads valid after their segment was deleted and the journal closed', async () => {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory, ...SMALL, ...options });
    await journal.appendBatch(events(0, 60, 200));
    const entries = [...journal.readFrom(0n)];
    const before = entries.map((entry) => Buffer.from(entry.payload).toString());
    await journal.archiveSegmentsBefore(50n);
    await journal.close();
    expect(entries.map((entry) => Buffer.from(entry.payload).toString())).toEqual(before);
  });

  it('starts at any sequence, in any segment', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 256 * 1024, ...options });
    await journal.appendBatch(events(0, 3000, 100));
    for (let sequence = 0; sequence < 3000; sequence += 37) {
      const [entry] = journal.readFrom(sequence, { limit: 1 });
      expect(entry?.sequenceNum).toBe(BigInt(sequence));
    }
  });
});

describe('damage while the journal is open', () => {
  async function journalOf60(options: object = SMALL): Promise<{ journal: FileJournal; paths: string[] }> {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory, ...options });
    await journal.appendBatch(events(0, 60, 200));
    const names = readdirSync(directory).filter((name) => name.startsWith('segment-'));
    return { journal, paths: names.sort().map((name) => join(directory, name)) };
  }

  it('of the first entry is reported when reading starts there, and not when it starts behind it', async () => {
    const { journal, paths } = await journalOf60();
    overwrite(paths[0] as string, 40, Buffer.from('#'));
    expect(() => [...journal.readFrom(0n)]).toThrow(
      expect.objectContaining({ code: 'JOURNAL_CORRUPT_ENTRY', offset: 0, sequence: 0n }),
    );
    expect([...journal.readFrom(0n, { onCorrupt: 'skip' })]).toHaveLength(59);
    expect([...journal.readFrom(1n)]).toHaveLength(59);
    await journal.close();
  });

  it('of an entry where a search starts is reported, too', async () => {
    const { journal, paths } = await journalOf60({ segmentSizeBytes: 1_048_576 });
    await journal.appendBatch(events(60, 2000, 200));
    const offsets = [...journal.readFrom(0n)].map((entry) => entry.location?.offset as number);
    // Damages every entry, so the indexed ones as well.
    for (let sequence = 200; sequence < 600; sequence += 1) {
      const at = (offsets[sequence] as number) + 40;
      const before = readFileSync(paths[0] as string).subarray(at, at + 1);
      overwrite(paths[0] as string, at, Buffer.from('#'));
      expect(() => [...journal.readFrom(sequence, { limit: 1 })]).toThrow(
        expect.objectContaining({ code: 'JOURNAL_CORRUPT_ENTRY', sequence: BigInt(sequence) }),
      );
      overwrite(paths[0] as string, at, before);
    }
    await journal.close();
  });

  it.each([0, 1])('a length of zero at the start of segment %i hides no segment', async (index) => {
    const { journal, paths } = await journalOf60();
    const start = BigInt((paths[index] as string).slice(-28, -8));
    overwrite(paths[index] as string, 0, Buffer.alloc(4));
    expect(() => [...journal.readFrom(start)]).toThrow(
      expect.objectContaining({
        code: index === 0 ? 'JOURNAL_INVALID_ENTRY_HEADER' : 'JOURNAL_REPLAY_GAP',
      }),
    );
    await journal.close();
  });

  it('leaves no file open when the callback throws', async () => {
    const { journal, paths } = await journalOf60({ ...SMALL, reader: 'positioned' });
    overwrite(paths[0] as string, 340, Buffer.from('#'));
    const openFiles = (): number => readdirSync('/proc/self/fd').length;
    const before = openFiles();
    const onCorrupt = (): never => {
      throw new Error('enough');
    };
    for (let round = 0; round < 10; round += 1) {
      expect(() => [...journal.readFrom(0n, { onCorrupt })]).toThrow('enough');
    }
    expect(openFiles()).toBe(before);
    await journal.close();
  });
});

describe('archiving', () => {
  it('removes only segments whose last entry is below the sequence, never the active one', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, ...SMALL });
    await journal.appendBatch(events(0, 60, 200));
    const starts = readdirSync(directory)
      .filter((name) => name.startsWith('segment-'))
      .sort()
      .map((name) => BigInt(name.slice(8, 28)));
    const third = starts[2] as bigint;
    expect(journal.isComplete).toBe(true);
    // One below the start of the third: the second one still holds its last entry.
    expect(await journal.archiveSegmentsBefore(third - 1n)).toBe(1);
    expect(journal.firstAvailableSequence).toBe(starts[1]);
    expect(await journal.archiveSegmentsBefore(third)).toBe(1);
    expect(journal.firstAvailableSequence).toBe(third);
    expect(await journal.archiveSegmentsBefore(2n ** 64n - 1n)).toBe(starts.length - 3);
    expect(journal.firstAvailableSequence).toBe(starts.at(-1));
    expect(await journal.archiveSegmentsBefore(2n ** 64n - 1n)).toBe(0);
    expect(readdirSync(directory).filter((name) => name.endsWith('.archived'))).toHaveLength(
      starts.length - 1,
    );
    await journal.append(event(60));
    await journal.close();
    await using again = await FileJournal.open({ directory, ...SMALL });
    expect(again.firstAvailableSequence).toBe(starts.at(-1));
    expect(again.isComplete).toBe(false);
    expect(again.lastSequence).toBe(60n);
  });

  it('keeps a segment that cannot be renamed, and the journal continues', async () => {
    const directory = temporaryDirectory();
    const disk = new FaultyFileSystem();
    await using journal = await FileJournal.open({ directory, ...SMALL, fileSystem: disk.wrap });
    await journal.appendBatch(events(0, 60, 200));
    disk.fail('rename', 'EACCES', { after: 1, times: 1 });
    await expect(journal.archiveSegmentsBefore(50n)).rejects.toMatchObject({
      code: 'JOURNAL_IO',
      osCode: 'EACCES',
    });
    await journal.append(event(60));
    const first = journal.firstAvailableSequence as bigint;
    expect([...journal.readFrom(0n)]).toHaveLength(61 - Number(first));
  });
});

describe('a destroyed segment', () => {
  it('with thousands of faults is reported in a hundred lines and one that counts the rest', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 1_048_576 });
    await journal.appendBatch(events(0, 3000, 100));
    const offsets = [...journal.readFrom(0n)].map((entry) => entry.location?.offset as number);
    for (const offset of offsets) overwrite(join(directory, FIRST), offset + 60, Buffer.from('#'));
    const { errors, entries } = await journal.verifyIntegrity();
    expect(entries).toBe(0n);
    expect(errors).toHaveLength(101);
    expect(errors.slice(0, 100).map(({ offset }) => offset)).toEqual(offsets.slice(0, 100));
    expect(errors[100]).toMatchObject({ kind: 'crc', offset: offsets[100], sequence: 100n });
    expect(errors[100]?.message).toContain(`and 2899 more faults up to offset ${offsets[2999]}`);
  });
});

describe('media errors', () => {
  it('are typed errors with the positioned reader, and earlier entries are read', async () => {
    const directory = temporaryDirectory();
    const bad = { at: Infinity };
    const fileSystem = (real: FileSystem): FileSystem => ({
      ...real,
      read(fd, target, position, path) {
        if (position + target.length > bad.at) throw new IoError('read', path, 'EIO');
        real.read(fd, target, position, path);
      },
    });
    await using journal = await FileJournal.open({
      directory,
      segmentSizeBytes: 1_048_576,
      reader: 'positioned',
      fileSystem,
    });
    await journal.appendBatch(events(0, 2000, 200));
    bad.at = 300_000;
    let read = 0;
    expect(() => {
      for (const _entry of journal.readFrom(0n)) read += 1;
    }).toThrow(expect.objectContaining({ code: 'JOURNAL_IO', osCode: 'EIO' }));
    expect(read).toBeGreaterThan(100);
    expect((await journal.verifyIntegrity()).errors).toMatchObject([{ kind: 'io' }]);
  });
});

describe('payloads that are not events', () => {
  const broken = (inner: PayloadCodec): PayloadCodec => ({
    encode: (one) =>
      one.command === 'broken' ? Buffer.from('{"sequence_num":1,"nonsense') : inner.encode(one),
    decode: (payload, sequenceNum, timestampNs) => inner.decode(payload, sequenceNum, timestampNs),
  });

  it('are errors with segment, offset and sequence when they are decoded, and can be skipped', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, ...SMALL, codec: broken(jsonCodec()) });
    await journal.append(event(0));
    await journal.append(
      new SequencerEvent({ sequenceNum: 1, timestampNs: 0, command: 'broken', result: null }),
    );
    await journal.append(event(2));
    const entries = [...journal.readFrom(0n)];
    expect(entries).toHaveLength(3);
    expect(() => entries[1]?.event).toThrow(DeserializationError);
    expect(() => entries[1]?.event).toThrow(
      expect.objectContaining({ segment: 'segment-00000000000000000000.journal', sequence: 1n }),
    );
    const errors: string[] = [];
    expect(
      [...journal.readFrom(0n, { onCorrupt: (error) => errors.push(error.code) })].map(
        (entry) => entry.sequenceNum,
      ),
    ).toEqual([0n, 2n]);
    expect(errors).toEqual(['JOURNAL_DESERIALIZATION']);
    expect((await journal.verifyIntegrity()).errors).toMatchObject([{ kind: 'payload', sequence: 1n }]);
  });

  it('that contradict their header are an error of the entry and of verifyIntegrity', async () => {
    const directory = temporaryDirectory();
    const lying: PayloadCodec = {
      decode: jsonCodec().decode,
      encode: () => Buffer.from('{"sequence_num":7,"timestamp_ns":0,"command":"c","result":null}'),
    };
    {
      await using journal = await FileJournal.open({ directory, ...SMALL, codec: lying });
      await journal.append(event(0));
    }
    await using journal = await FileJournal.openReadOnly({ directory });
    const [entry] = journal.readFrom(0n);
    expect(() => entry?.event).toThrow(
      expect.objectContaining({ code: 'JOURNAL_DESERIALIZATION', sequence: 0n }),
    );
    expect((await journal.verifyIntegrity()).errors).toMatchObject([
      { kind: 'mismatch', offset: 0, sequence: 0n },
    ]);
  });
});

describe('an entry that does not fit', () => {
  it('into any segment is refused before anything changes, and the journal accepts further appends', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, ...SMALL });
    await journal.append(event(0));
    const before = readFileSync(join(directory, 'segment-00000000000000000000.journal'));
    await expect(journal.append(event(1, 4096))).rejects.toMatchObject({
      code: 'JOURNAL_ENTRY_TOO_LARGE',
      segmentSizeBytes: 4096,
      outcome: 'not-written',
    });
    expect(readFileSync(join(directory, 'segment-00000000000000000000.journal')).equals(before)).toBe(true);
    await journal.append(event(1));
    expect(journal.lastSequence).toBe(1n);
  });

  it.each(Array.from({ length: 26 }, (_, index) => index))(
    'into a segment with %i bytes left goes into the next one, and both are read correctly',
    async (left) => {
      const directory = temporaryDirectory();
      const empty = jsonCodec().encode(event(0)).length + 24;
      {
        await using journal = await FileJournal.open({ directory, ...SMALL });
        await journal.append(event(0, 4096 - empty - left));
        await journal.append(event(1));
        expect([...journal.readFrom(0n)]).toHaveLength(2);
      }
      await using again = await FileJournal.open({ directory, ...SMALL });
      expect(readdirSync(directory).filter((name) => name.startsWith('segment-'))).toHaveLength(2);
      expect(await again.verifyIntegrity()).toMatchObject({ ok: true, entries: 2n, segments: 2 });
    },
  );
});

describe('a reader during archiving', () => {
  const descriptors = (directory: string): number =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(join(directory, 'segment-'));
      } catch {
        return false; // the listener of the test
      }
    }).length;

  it('verifies all segments it started with, whichever other readers end', async () => {
    for (let turns = 1; turns < 10; turns += 1) {
      const directory = temporaryDirectory();
      const segmentSizeBytes = 3 * 1024 * 1024;
      const journal = await FileJournal.open({ directory, segmentSizeBytes, reader: 'positioned' });
      // Three segments; the verification of one takes several turns.
      await journal.appendBatch(events(0, 7_000, 1_000));
      const reader = journal.readFrom(0n)[Symbol.iterator]();
      reader.next();
      const verified = journal.verifyIntegrity();
      await journal.archiveSegmentsBefore(7_000n);
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      reader.return?.();
      expect(await verified).toMatchObject({ ok: true, entries: 7_000n });
      await journal.close();
    }
  });

  it('that abandons its iterator keeps no file open forever', async () => {
    const directory = temporaryDirectory();
    const first = await FileJournal.open({ directory, ...SMALL });
    await first.appendBatch(events(0, 60, 200));
    await first.close();
    await using journal = await FileJournal.open({ directory, ...SMALL, reader: 'positioned' });
    const before = descriptors(directory);
    const readOne = (): void => void journal.readFrom(0n)[Symbol.iterator]().next();
    readOne();
    expect(await journal.archiveSegmentsBefore(60n)).toBeGreaterThan(2);
    expect(descriptors(directory)).toBeGreaterThan(before);
    await until(() => {
      collectGarbage();
      return descriptors(directory) === before;
    }, 'the iterator is collected and its files are closed');
  });
});
