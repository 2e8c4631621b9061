import {
  closeSync,
  cpSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileJournal, type FileSystem } from '../../src/file-journal/index.js';
import { IoError, JournalError } from '../../src/journal/index.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const SIZE = 64 * 1024;
const FIRST = 'segment-00000000000000000000.journal';
/** A tear may lose no more bytes than a writer with this limit can have written. */
const OPTIONS = { segmentSizeBytes: SIZE, maxUnsyncedBytes: 4096 };

/**
 * A checkpoint as after an early kill: it bounds nothing, but shows that this engine has written the
 * directory.
 */
const EMPTY_CHECKPOINT = Buffer.alloc(8192);

/** Ten entries, and a checkpoint without a bound, so that only the bytes show which entries are torn. */
async function journalOfTen(
  padding = 0,
): Promise<{ directory: string; path: string; bytes: Buffer; offsets: number[] }> {
  const directory = temporaryDirectory();
  {
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    await journal.appendBatch(events(0, 10, padding));
  }
  writeFileSync(join(directory, 'journal.checkpoint'), EMPTY_CHECKPOINT);
  const path = join(directory, FIRST);
  const bytes = readFileSync(path);
  return { directory, path, bytes, offsets: entryOffsets(bytes) };
}

function entryOffsets(bytes: Buffer): number[] {
  const offsets = [];
  let offset = 0;
  for (; bytes.readUInt32LE(offset) !== 0; offset += 4 + bytes.readUInt32LE(offset)) offsets.push(offset);
  return [...offsets, offset];
}

async function sequencesAfterOpening(directory: string): Promise<number[]> {
  await using journal = await FileJournal.open({ directory, ...OPTIONS });
  return [...journal.readFrom(0n)].map((entry) => Number(entry.sequenceNum));
}

const UP_TO = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a torn write', () => {
  it('at any byte of the last entry keeps the earlier entries, and the next append finds zeros', async () => {
    const { directory, path, bytes, offsets } = await journalOfTen();
    const [start, end] = [offsets[9] as number, offsets[10] as number];
    for (let keep = start + 1; keep < end; keep += 1) {
      const torn = Buffer.from(bytes);
      torn.fill(0, keep);
      // A lost page is zero. An entry whose last CRC bytes are zero anyway is intact.
      if (torn.equals(bytes)) continue;
      writeFileSync(path, torn);
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      expect(journal.lastSequence).toBe(8n);
      await journal.close();
      expect(
        readFileSync(path)
          .subarray(start)
          .every((byte) => byte === 0),
      ).toBe(true);
      rmSync(join(directory, 'journal.checkpoint'));
    }
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    await journal.append(event(9));
    expect(await journal.verifyIntegrity()).toMatchObject({ ok: true, entries: 10n });
  });

  it.each([1, 19, 0xffff_ffff, SIZE, 20])('with a length of %i at the end is cut', async (length) => {
    const { directory, path, bytes, offsets } = await journalOfTen();
    bytes.writeUInt32LE(length, offsets[10] as number);
    writeFileSync(path, bytes);
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    expect(journal.recovery).toMatchObject({ outcome: 'torn-tail', lastSequence: 9n });
    expect(journal.recovery.cut?.offset).toBe(offsets[10]);
  });

  it('with a hole before intact unacknowledged entries never brings one of them back (the ghost)', async () => {
    const { directory, path, bytes, offsets } = await journalOfTen();
    // The page with entry 5 was lost, 6 … 9 reached the disk.
    bytes.fill(0, offsets[5], offsets[6]);
    writeFileSync(path, bytes);
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      expect(journal.recovery).toMatchObject({ outcome: 'torn-tail', lastSequence: 4n });
      await journal.append(event(5)); // as long as the lost one: the old entry 6 would follow
      expect([...journal.readFrom(0n)]).toHaveLength(6);
    }
    expect(await sequencesAfterOpening(directory)).toEqual(UP_TO(6));
  });

  it('with garbage instead of zeros behind the tail is cut and kept', async () => {
    const { directory, path, bytes, offsets } = await journalOfTen();
    const end = offsets[10] as number;
    bytes.fill(0xab, end + 100, end + 300);
    writeFileSync(path, bytes);
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    expect(journal.recovery.cut).toMatchObject({ offset: end, lengthBytes: 300 });
    expect(readFileSync(journal.recovery.cut?.quarantineFile as string).subarray(100)).toEqual(
      Buffer.alloc(200, 0xab),
    );
  });

  it('is recovered in the same way after a kill at any step of recovery', async () => {
    const { directory, path, bytes, offsets } = await journalOfTen();
    bytes.fill(0, offsets[7], (offsets[7] as number) + 10);
    writeFileSync(path, bytes);
    const { FaultyFileSystem } = await import('../support/faulty-file-system.js');
    for (const operation of ['syncNow', 'evictCachedPages', 'write', 'sync', 'syncDirectory'] as const) {
      for (let after = 0; after < 6; after += 1) {
        const copy = temporaryDirectory();
        cpSync(directory, copy, { recursive: true });
        const disk = new FaultyFileSystem();
        disk.fail(operation, 'EIO', { after });
        await FileJournal.open({ directory: copy, ...OPTIONS, fileSystem: disk.wrap }).then(
          (journal) => journal.close().catch(() => undefined),
          (error: unknown) => expect(JournalError.isJournalError(error)).toBe(true),
        );
        expect(await sequencesAfterOpening(copy)).toEqual(UP_TO(7));
      }
    }
  });
});

describe('corruption', () => {
  it('with valid entries beyond the reach of a torn write makes opening fail, and nothing is changed', async () => {
    const { directory, path, bytes, offsets } = await journalOfTen(2000);
    const at = (offsets[2] as number) + 50;
    bytes.writeUInt8((bytes[at] as number) ^ 1, at);
    writeFileSync(path, bytes);
    await expect(FileJournal.open({ directory, ...OPTIONS })).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT_ENTRY',
      segment: FIRST,
      offset: offsets[2],
      sequence: 2n,
    });
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(directory)).toEqual(['journal.checkpoint', FIRST]);
    await using viewer = await FileJournal.openReadOnly({ directory });
    expect([...viewer.readFrom(0n)]).toHaveLength(2);
  });

  it('includes a zero length before valid entries that far away', async () => {
    const { directory, path, bytes, offsets } = await journalOfTen(2000);
    bytes.writeUInt32LE(0, offsets[2] as number);
    writeFileSync(path, bytes);
    await expect(FileJournal.open({ directory, ...OPTIONS })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ENTRY_HEADER',
      offset: offsets[2],
    });
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('includes a damaged last entry below the checkpoint', async () => {
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      await journal.appendBatch(events(0, 10));
    }
    const path = join(directory, FIRST);
    const bytes = readFileSync(path);
    const offsets = entryOffsets(bytes);
    bytes.fill(0, (offsets[9] as number) + 40, offsets[10]);
    writeFileSync(path, bytes);
    await expect(FileJournal.open({ directory, ...OPTIONS })).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT_ENTRY',
      offset: offsets[9],
      sequence: 9n,
    });
    expect(readFileSync(path).equals(bytes)).toBe(true);
    // With repair: cut and kept, and the next opening works without the option.
    {
      await using repaired = await FileJournal.open({ directory, ...OPTIONS, repair: 'cut' });
      expect(repaired.recovery).toMatchObject({ outcome: 'repaired', lastSequence: 8n });
      expect(readFileSync(repaired.recovery.cut?.quarantineFile as string).length).toBeGreaterThan(20);
    }
    expect(await sequencesAfterOpening(directory)).toEqual(UP_TO(9));
  });

  it('by an intact entry in the wrong place is cut with repair, and only then', async () => {
    const { directory, path, bytes, offsets } = await journalOfTen();
    bytes.copy(bytes, offsets[10], offsets[3], offsets[4]);
    writeFileSync(path, bytes);
    await expect(FileJournal.open({ directory, ...OPTIONS })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ENTRY_HEADER',
      offset: offsets[10],
      sequence: 3n,
    });
    expect(readFileSync(path).equals(bytes)).toBe(true);
    {
      await using repaired = await FileJournal.open({ directory, ...OPTIONS, repair: 'cut' });
      expect(repaired.recovery).toMatchObject({ outcome: 'repaired', lastSequence: 9n });
    }
    expect(await sequencesAfterOpening(directory)).toEqual(UP_TO(10));
  });

  it('never means that a misnamed segment is cut', async () => {
    const { directory, bytes } = await journalOfTen();
    const path = join(directory, 'segment-00000000000000000010.journal');
    writeFileSync(path, bytes);
    await expect(FileJournal.open({ directory, ...OPTIONS, repair: 'cut' })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ENTRY_HEADER',
      offset: 0,
    });
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it.each(['missing', 'garbage', 'torn'])('of a checkpoint that is %s loses no event', async (state) => {
    const { directory } = await journalOfTen();
    const path = join(directory, 'journal.checkpoint');
    if (state === 'missing') {
      rmSync(path);
    } else {
      await (await FileJournal.open({ directory, ...OPTIONS })).close();
      const bytes = readFileSync(path);
      bytes.fill(0xff, state === 'torn' ? 4096 + 20 : 0);
      writeFileSync(path, bytes);
    }
    expect(await sequencesAfterOpening(directory)).toEqual(UP_TO(10));
  });

  it('is not confused with a payload that contains a valid entry', async () => {
    const { directory, path, bytes } = await journalOfTen();
    const inner = bytes.subarray(0, entryOffsets(bytes)[1]).toString('latin1');
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      const { SequencerEvent } = await import('../../src/journal/index.js');
      await journal.append(
        new SequencerEvent({ sequenceNum: 10, timestampNs: 0, command: inner, result: inner }),
      );
    }
    rmSync(join(directory, 'journal.checkpoint'));
    const whole = readFileSync(path);
    const last = entryOffsets(whole)[10] as number;
    const fd = openSync(path, 'r+');
    writeSync(fd, Buffer.alloc(4), 0, 4, (entryOffsets(whole)[11] as number) - 4);
    closeSync(fd);
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    expect(journal.recovery).toMatchObject({ outcome: 'torn-tail', lastSequence: 9n, cut: { offset: last } });
  });
});

describe('a directory without a checkpoint, which may belong to another program', () => {
  const FLIPPED = new URL('../golden/differences/flip-in-active-segment-of-rust-journal/', import.meta.url);

  it('and with a flipped bit in the active segment of orderbook-rs is refused and left unchanged', async () => {
    const directory = temporaryDirectory();
    cpSync(FLIPPED, directory, { recursive: true });
    const path = join(directory, FIRST);
    const bytes = readFileSync(path);
    const refused = { code: 'JOURNAL_CORRUPT_ENTRY', segment: FIRST, sequence: 5n };
    await expect(FileJournal.open({ directory })).rejects.toMatchObject(refused);
    expect(readdirSync(directory)).toEqual([FIRST]);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    {
      await using repaired = await FileJournal.open({ directory, repair: 'cut' });
      expect(repaired.recovery).toMatchObject({ outcome: 'repaired', lastSequence: 4n });
      const kept = readFileSync(repaired.recovery.cut?.quarantineFile as string);
      expect(bytes.includes(kept)).toBe(true);
    }
    await using journal = await FileJournal.open({ directory });
    expect(journal.recovery).toMatchObject({ outcome: 'clean', lastSequence: 4n });
  });

  it.each(['length', 'sequence', 'payload', 'checksum'])(
    'is refused for damage of a %s before intact entries, and cut where none follow',
    async (what) => {
      const { directory, path, bytes, offsets } = await journalOfTen();
      for (const [entry, isRefused] of [
        [0, true],
        [3, true],
        [8, true],
        [9, false],
      ] as const) {
        const [start, end] = [offsets[entry] as number, offsets[entry + 1] as number];
        const at = { length: start, sequence: start + 4, payload: start + 40, checksum: end - 1 }[
          what
        ] as number;
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] as number) ^ 1;
        writeFileSync(path, damaged);
        rmSync(join(directory, 'journal.checkpoint'), { force: true });
        const opened = FileJournal.open({ directory, ...OPTIONS });
        if (isRefused) {
          await expect(opened).rejects.toMatchObject({
            code: expect.stringMatching(/^JOURNAL_(CORRUPT_ENTRY|INVALID_ENTRY_HEADER)$/),
            offset: start,
          });
          expect(readFileSync(path).equals(damaged)).toBe(true);
        } else {
          await using journal = await opened;
          expect(journal.recovery).toMatchObject({ outcome: 'torn-tail', lastSequence: 8n });
        }
      }
    },
  );

  it('on a full disk is not written before there is space for a checkpoint', async () => {
    const { directory } = await journalOfTen();
    rmSync(join(directory, 'journal.checkpoint'));
    const disk = new FaultyFileSystem();
    let isFull = true;
    const fileSystem = (real: FileSystem): FileSystem => {
      const files = disk.wrap(real);
      const openFile: FileSystem['openFile'] = (path, mode) => {
        if (isFull && mode === 'create') throw new IoError('open', path, 'ENOSPC');
        return files.openFile(path, mode);
      };
      return { ...files, openFile };
    };
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS, fileSystem });
      expect([...journal.readFrom(0n)]).toHaveLength(10);
      await expect(journal.append(event(10))).rejects.toMatchObject({
        code: 'JOURNAL_IO',
        osCode: 'ENOSPC',
        outcome: 'not-written',
      });
      isFull = false;
      disk.calls.length = 0;
      await journal.append(event(10));
      const operations = disk.calls.map(({ operation, path }) => `${operation} ${path.replace(/.*[/]/, '')}`);
      const before = operations.slice(0, operations.indexOf(`write ${FIRST}`));
      const named = before.lastIndexOf('openFile create');
      expect(named).toBeGreaterThanOrEqual(0);
      expect(before.slice(named)).toContainEqual(expect.stringMatching(/^syncDirectory /));
      expect(journal.state).toBe('open');
    }
    expect(await sequencesAfterOpening(directory)).toEqual(UP_TO(11));
  });

  it('is not written if the name of the checkpoint cannot be made durable, and the journal is poisoned', async () => {
    const { directory } = await journalOfTen();
    rmSync(join(directory, 'journal.checkpoint'));
    const disk = new FaultyFileSystem();
    disk.fail('openFile', 'ENOSPC', { path: /create/ });
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS, fileSystem: disk.wrap });
      disk.heal();
      disk.fail('syncDirectory', 'EIO', { times: 1 });
      disk.calls.length = 0;
      // The kernel reports a lost name once. A second sync would succeed, and the name might be gone.
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await expect(journal.append(event(10))).rejects.toMatchObject({
          code: 'JOURNAL_POISONED',
          outcome: 'not-written',
          cause: { operation: 'syncDirectory', osCode: 'EIO' },
        });
        expect(journal.state).toBe('poisoned');
      }
      expect(disk.count('syncDirectory')).toBe(1);
      expect(disk.count('write', /segment-/)).toBe(0);
    }
    expect(await sequencesAfterOpening(directory)).toEqual(UP_TO(10));
  });
});

describe('a quarantine file', () => {
  it('is not left on a full disk, where every attempt is refused', async () => {
    const { directory, path, bytes, offsets } = await journalOfTen();
    bytes.fill(0xab, (offsets[9] as number) + 10);
    writeFileSync(path, bytes);
    const before = readdirSync(directory);
    const disk = new FaultyFileSystem();
    disk.fail('write', 'ENOSPC', { path: /quarantine/ });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(FileJournal.open({ directory, ...OPTIONS, fileSystem: disk.wrap })).rejects.toMatchObject({
        code: 'JOURNAL_IO',
        osCode: 'ENOSPC',
        message: expect.stringMatching(/quarantine-.*free that much space/),
      });
      expect(readdirSync(directory)).toEqual(before);
      expect(readFileSync(path).equals(bytes)).toBe(true);
    }
    disk.heal();
    await using journal = await FileJournal.open({ directory, ...OPTIONS, fileSystem: disk.wrap });
    const { quarantineFile } = journal.recovery.cut ?? {};
    expect(readFileSync(quarantineFile as string).equals(bytes.subarray(offsets[9]))).toBe(true);
  });

  it('has one name for the same bytes, so that a restart loop leaves one file', async () => {
    const { directory, path, bytes, offsets } = await journalOfTen();
    bytes.fill(0xab, (offsets[9] as number) + 10);
    writeFileSync(path, bytes);
    const disk = new FaultyFileSystem();
    // As if the process died after creating the file.
    disk.fail('syncDirectory', 'EIO', { path: new RegExp(`${directory}$`) });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(FileJournal.open({ directory, ...OPTIONS, fileSystem: disk.wrap })).rejects.toThrow('EIO');
      expect(readdirSync(directory).filter((name) => name.startsWith('quarantine-'))).toHaveLength(1);
    }
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    expect(journal.recovery).toMatchObject({ outcome: 'torn-tail', lastSequence: 8n });
    expect(readdirSync(directory).filter((name) => name.startsWith('quarantine-'))).toHaveLength(1);
  });
});

describe('the first entry of a newest segment', () => {
  /** A journal just after a rotation: one entry in the newest segment, and the earlier checkpoint. */
  async function justRotated(): Promise<{ directory: string; path: string; bytes: Buffer }> {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    const checkpoint = readFileSync(join(directory, 'journal.checkpoint'));
    await journal.append(event(0, 2500));
    await journal.append(event(1, 2500));
    await journal.close();
    writeFileSync(join(directory, 'journal.checkpoint'), checkpoint);
    const path = join(directory, 'segment-00000000000000000001.journal');
    return { directory, path, bytes: readFileSync(path) };
  }

  it.each([0, 1, 3, 4, 13, 30, 2000])(
    'was durable before the segment had its name: damage at byte %i is refused, not cut as torn',
    async (at) => {
      const { directory, path, bytes } = await justRotated();
      bytes.writeUInt8((bytes[at] as number) ^ 0x10, at);
      writeFileSync(path, bytes);
      await expect(FileJournal.open({ directory, segmentSizeBytes: 4096 })).rejects.toMatchObject({
        code: expect.stringMatching(/^JOURNAL_(CORRUPT_ENTRY|INVALID_ENTRY_HEADER)$/),
        segment: 'segment-00000000000000000001.journal',
        offset: 0,
      });
      expect(readFileSync(path).equals(bytes)).toBe(true);
      await using repaired = await FileJournal.open({ directory, segmentSizeBytes: 4096, repair: 'cut' });
      expect(repaired.recovery).toMatchObject({ outcome: 'repaired', lastSequence: 0n });
      await repaired.append(event(1));
    },
  );

  it('may be torn without a checkpoint of this engine: orderbook-rs names a segment first', async () => {
    const { directory, path, bytes } = await justRotated();
    rmSync(join(directory, 'journal.checkpoint'));
    writeFileSync(path, bytes.fill(0, 1000));
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    expect(journal.recovery).toMatchObject({ outcome: 'torn-tail', lastSequence: 0n });
    await journal.append(event(1));
  });
});

describe('segments of other writers', () => {
  it('an empty newest segment is continued if its name is the next sequence', async () => {
    const { directory } = await journalOfTen();
    writeFileSync(join(directory, 'segment-00000000000000000010.journal'), Buffer.alloc(SIZE));
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      expect(journal.lastSequence).toBe(9n);
      await journal.append(event(10));
      expect([...journal.readFrom(5n)].map((entry) => Number(entry.sequenceNum))).toEqual([
        5, 6, 7, 8, 9, 10,
      ]);
    }
    expect(await sequencesAfterOpening(directory)).toEqual(UP_TO(11));
  });

  it('an empty newest segment with a name that leaves a gap is an error', async () => {
    const { directory } = await journalOfTen();
    writeFileSync(join(directory, 'segment-00000000000000000012.journal'), Buffer.alloc(SIZE));
    await expect(FileJournal.open({ directory, ...OPTIONS })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ENTRY_HEADER',
      segment: FIRST,
    });
  });

  it('a newest segment of zero bytes is replaced by the first append', async () => {
    const { directory } = await journalOfTen();
    writeFileSync(join(directory, 'segment-00000000000000000010.journal'), '');
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      expect([...journal.readFrom(0n)]).toHaveLength(10);
      await journal.append(event(10));
      expect([...journal.readFrom(0n)]).toHaveLength(11);
    }
    expect(await sequencesAfterOpening(directory)).toEqual(UP_TO(11));
  });

  it('a newest segment whose first entry is not the one its name promises is an error', async () => {
    const { directory, bytes } = await journalOfTen();
    writeFileSync(join(directory, 'segment-00000000000000000010.journal'), bytes);
    await expect(FileJournal.open({ directory, ...OPTIONS })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ENTRY_HEADER',
      segment: 'segment-00000000000000000010.journal',
      offset: 0,
    });
  });

  it('an empty first segment that is too small for the first entry is replaced under its own name', async () => {
    const directory = temporaryDirectory();
    await (await FileJournal.open({ directory, segmentSizeBytes: 4096 })).close();
    await using viewer = await FileJournal.openReadOnly({ directory });
    expect(viewer.lastSequence).toBeNull();
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      await journal.append(event(5, 8000));
      expect([...journal.readFrom(0n)].map((entry) => entry.sequenceNum)).toEqual([5n]);
    }
    expect(readdirSync(directory).sort()).toEqual(['journal.checkpoint', FIRST]);
    expect(await sequencesAfterOpening(directory)).toEqual([5]);
    // A viewer of the empty one sees its replacement.
    expect(viewer.lastSequence).toBe(5n);
    expect([...viewer.readFrom(0n)]).toHaveLength(1);
  });

  it('a missing segment in the middle is reported where a reader reaches it', async () => {
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
      await journal.appendBatch(events(0, 60, 200));
    }
    const names = readdirSync(directory)
      .filter((name) => name.startsWith('segment-'))
      .sort();
    rmSync(join(directory, names[1] as string));
    const missing = BigInt((names[1] as string).slice(8, 28));
    const next = BigInt((names[2] as string).slice(8, 28));
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    const read: bigint[] = [];
    expect(() => {
      for (const entry of journal.readFrom(0n)) read.push(entry.sequenceNum);
    }).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_REPLAY_GAP',
        expectedSequence: missing,
        actualSequence: next,
      }),
    );
    expect(read.at(-1)).toBe(missing - 1n);
    expect((await journal.verifyIntegrity()).errors).toMatchObject([
      { kind: 'missing-segment', sequence: missing },
    ]);
    // A start inside the gap reports it as well.
    expect(() => [...journal.readFrom(missing)]).toThrow(
      expect.objectContaining({ code: 'JOURNAL_REPLAY_GAP' }),
    );
  });

  it.each([
    ['zeros', 4096],
    ['no byte', 0],
  ])(
    'a sealed first segment of %s is an error where a reader reaches it, and is reported',
    async (_what, sizeBytes) => {
      const directory = temporaryDirectory();
      {
        await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
        await journal.appendBatch(events(0, 60, 200));
      }
      writeFileSync(join(directory, FIRST), Buffer.alloc(sizeBytes));
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
      const first = journal.firstAvailableSequence as bigint;
      const expected = { code: 'JOURNAL_INVALID_ENTRY_HEADER', segment: FIRST, offset: 0 };
      await using viewer = await FileJournal.openReadOnly({ directory });
      for (const reader of [journal, viewer]) {
        expect(() => [...reader.readFrom(0n)]).toThrow(expect.objectContaining(expected));
        expect(() => [...reader.readFrom(first - 1n)]).toThrow(expect.objectContaining(expected));
        expect([...reader.readFrom(first)]).toHaveLength(60 - Number(first));
        expect([...reader.readFrom(0n, { onCorrupt: 'skip' })]).toHaveLength(60 - Number(first));
        const { ok, errors } = await reader.verifyIntegrity();
        expect({ ok, errors }).toMatchObject({
          ok: false,
          errors: [{ kind: 'gap', segment: FIRST, offset: 0 }],
        });
        expect(errors).toHaveLength(1);
      }
      // It never held an entry, or the operator gives it up. Without it, the journal begins at the next
      // segment.
      await journal.close();
      rmSync(join(directory, FIRST));
      await using again = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
      expect([...again.readFrom(0n)]).toHaveLength(60 - Number(first));
      expect(await again.verifyIntegrity()).toMatchObject({ ok: true });
    },
  );

  it('overlapping segments are an error where a reader reaches them, and are reported', async () => {
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
      await journal.appendBatch(events(0, 60, 200));
    }
    const names = readdirSync(directory)
      .filter((name) => name.startsWith('segment-'))
      .sort();
    const second = BigInt((names[1] as string).slice(8, 28));
    // A copy of the first segment, under a name in the middle of it.
    cpSync(
      join(directory, names[0] as string),
      join(directory, `segment-${String(second - 3n).padStart(20, '0')}.journal`),
    );
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    expect(() => [...journal.readFrom(0n)]).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID_ENTRY_HEADER' }),
    );
    const { errors } = await journal.verifyIntegrity();
    expect(errors.some(({ kind }) => kind === 'overlap')).toBe(true);
  });
});
