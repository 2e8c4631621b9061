/** Archived segments: compression loses none, and readers read every form as part of the journal. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { describe, expect, it, jest } from '@jest/globals';
import { FileJournal, type FileJournalOptions } from '../../src/file-journal/index.js';
import type { JournalEntry, JournalReader, ReadError, ReadOptions } from '../../src/journal/index.js';
import { READER_VARIANTS } from '../support/engines.js';
import { event, events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { goldenCase, GOLDEN_VERSIONS } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const OPTIONS = { segmentSizeBytes: 4096 };
const ENTRIES = 60;
const PADDING = 200;
const ALL = Array.from({ length: ENTRIES }, (_, index) => index);
const HAS_ZSTD = 'zstdCompress' in zlib;

function archivedIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.includes('.journal.archived'))
    .sort();
}

/**
 * A journal of `ENTRIES` with all but the last segment archived, and the original bytes of each archived
 * segment.
 */
async function archivedJournal(options: Partial<FileJournalOptions> = {}) {
  const directory = temporaryDirectory('archive-');
  const journal = await FileJournal.open({ directory, ...OPTIONS, ...options });
  await journal.appendBatch(events(0, ENTRIES, PADDING));
  expect(await journal.archiveSegmentsBefore(ENTRIES)).toBeGreaterThan(3);
  return { directory, journal };
}

function bytesOf(directory: string): Map<string, Buffer> {
  return new Map(archivedIn(directory).map((name) => [name, readFileSync(join(directory, name))]));
}

function numbers(journal: JournalReader, from: number, options: ReadOptions = {}): number[] {
  return [...journal.readFrom(from, { includeArchived: true, ...options })].map((entry) => {
    const { Note } = entry.event.command as { Note: { number: number } };
    expect(entry.sequenceNum).toBe(BigInt(Note.number));
    return Note.number;
  });
}

async function numbersAsync(journal: JournalReader, from: number): Promise<number[]> {
  const found: number[] = [];
  for await (const entry of journal.readFrom(from, { includeArchived: true }))
    found.push(Number(entry.sequenceNum));
  return found;
}

describe.each(READER_VARIANTS)('archived segments, $name', ({ options }) => {
  it('are read in order before the others, in every form and mixed, by the writer and by viewers', async () => {
    const { directory, journal } = await archivedJournal(options);
    await using _ = journal;
    const first = Number(journal.firstAvailableSequence);
    expect(numbers(journal, 0)).toEqual(ALL);
    const originals = bytesOf(directory);
    const report = await journal.compressArchived();
    expect(report.segments).toBe(originals.size);
    expect(report.bytesBefore).toBe([...originals.values()].reduce((sum, { length }) => sum + length, 0));
    expect(report.bytesAfter).toBeLessThan(report.bytesBefore / 2);
    const names = archivedIn(directory);
    expect(names).toEqual([...originals.keys()].map((name) => `${name}.gz`));
    // Any gunzip restores the segment.
    for (const [name, bytes] of originals) {
      expect(zlib.gunzipSync(readFileSync(join(directory, `${name}.gz`)))).toEqual(bytes);
    }
    const [one, two] = [...originals];
    // One is restored, one was compressed by another program.
    writeFileSync(join(directory, one?.[0] ?? ''), one?.[1] ?? '');
    rmSync(join(directory, `${one?.[0]}.gz`));
    writeFileSync(join(directory, `${two?.[0]}.gz`), zlib.gzipSync(two?.[1] ?? ''));
    await using viewer = await FileJournal.openReadOnly({ directory, ...options });
    for (const reader of [journal, viewer]) {
      expect(numbers(reader, 0)).toEqual(ALL);
      expect(await numbersAsync(reader, 17)).toEqual(ALL.slice(17));
      for (const from of ALL) expect(numbers(reader, from, { limit: 1 })).toEqual([from]);
      expect([...reader.readFrom(0)].map(({ sequenceNum }) => Number(sequenceNum))).toEqual(ALL.slice(first));
      expect(await reader.verifyIntegrity({ includeArchived: true })).toMatchObject({
        ok: true,
        entries: BigInt(ENTRIES),
      });
      expect(await reader.verifyIntegrity()).toMatchObject({ ok: true, entries: BigInt(ENTRIES - first) });
      expect(reader.firstAvailableSequence).toBe(BigInt(first));
    }
  });

  it('are read to the end by iterations that started before they were archived or compressed', async () => {
    const directory = temporaryDirectory('archive-');
    await using journal = await FileJournal.open({ directory, ...OPTIONS, ...options });
    await journal.appendBatch(events(0, ENTRIES, PADDING));
    await using viewer = await FileJournal.openReadOnly({ directory, ...options });
    const live = [journal, viewer].map((reader) => reader.readFrom(0)[Symbol.iterator]());
    await journal.archiveSegmentsBefore(ENTRIES - 20);
    const archived = [journal, viewer].map((reader) =>
      reader.readFrom(0, { includeArchived: true })[Symbol.iterator](),
    );
    for (const each of [...live, ...archived]) expect(each.next().value?.sequenceNum).toBe(0n);
    await journal.compressArchived();
    for (const each of [...live, ...archived])
      expect(Array.from(each as Iterable<JournalEntry> & typeof each, (e) => Number(e.sequenceNum))).toEqual(
        ALL.slice(1),
      );
  });

  it('are a gap where they are missing in the middle, and a typed error with the file where damaged', async () => {
    const { directory, journal } = await archivedJournal(options);
    await using _ = journal;
    await journal.compressArchived();
    const [, second = '', third = ''] = archivedIn(directory);
    const starts = archivedIn(directory).map((name) => Number(name.slice(8, 28)));
    const thirdPath = join(directory, third);
    const bytes = readFileSync(thirdPath);
    const expectDamaged = async (code: string): Promise<void> => {
      const errors: ReadError[] = [];
      expect(() => numbers(journal, 0)).toThrow(
        expect.objectContaining({ code, segment: third, path: thirdPath }),
      );
      expect(numbers(journal, 0, { onCorrupt: (error) => errors.push(error) })).toEqual([
        ...ALL.slice(0, starts[2]),
        ...ALL.slice(starts[3]),
      ]);
      expect(errors).toMatchObject([{ code, segment: third }]);
      expect(numbers(journal, 0, { onCorrupt: 'skip' })).toHaveLength(
        ENTRIES - ((starts[3] ?? 0) - (starts[2] ?? 0)),
      );
      const report = await journal.verifyIntegrity({ includeArchived: true });
      expect(report).toMatchObject({ ok: false });
      expect(report.errors[0]?.message).toContain(thirdPath);
    };
    for (const at of [0, 3, 20, bytes.length >> 1, bytes.length - 6]) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x41, at);
      writeFileSync(thirdPath, damaged);
      await expectDamaged('JOURNAL_CORRUPT_ARCHIVE');
    }
    for (const length of [0, 10, 40, bytes.length - 1]) {
      writeFileSync(thirdPath, bytes.subarray(0, length));
      await expectDamaged('JOURNAL_CORRUPT_ARCHIVE');
    }
    writeFileSync(thirdPath, bytes);
    expect(numbers(journal, 0)).toEqual(ALL);
    rmSync(join(directory, second));
    expect(() => numbers(journal, 0)).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_REPLAY_GAP',
        expectedSequence: BigInt(starts[1] ?? 0),
        actualSequence: BigInt(starts[2] ?? 0),
      }),
    );
    expect(numbers(journal, starts[2] ?? 0)).toEqual(ALL.slice(starts[2]));
  });

  it('are read where no live segment exists', async () => {
    const { directory, journal } = await archivedJournal(options);
    const last = Number(journal.firstAvailableSequence);
    await journal.compressArchived();
    await journal.close();
    const elsewhere = temporaryDirectory('archive-only-');
    for (const name of archivedIn(directory)) renameSync(join(directory, name), join(elsewhere, name));
    await using viewer = await FileJournal.openReadOnly({ directory: elsewhere, ...options });
    expect(numbers(viewer, 0)).toEqual(ALL.slice(0, last));
    expect(numbers(viewer, 0, { includeArchived: false })).toEqual([]);
    expect(await viewer.verifyIntegrity({ includeArchived: true })).toMatchObject({
      ok: true,
      entries: BigInt(last),
    });
  });
});

describe('a segment of many blocks', () => {
  it('is read entry by entry from any sequence, even entries over several blocks', async () => {
    const directory = temporaryDirectory('archive-');
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4 * 1024 * 1024 });
    const paddings = [
      10, 700_000, 300, 261_900, 262_144, 5, 1_500_000, 90, 250_000, 250_000, 250_000, 250_000,
    ];
    for (const [number, padding] of paddings.entries()) await journal.append(event(number, padding));
    await journal.append(event(paddings.length, 3_000_000));
    expect(await journal.archiveSegmentsBefore(paddings.length + 1)).toBe(1);
    const plain = [...journal.readFrom(0, { includeArchived: true })].map(({ payload }) =>
      Buffer.from(payload),
    );
    await journal.compressArchived();
    const compressed = journal.readFrom(0, { includeArchived: true });
    const read = [...compressed].map(({ payload }) => Buffer.from(payload));
    expect(read.map((payload, index) => payload.equals(plain[index] ?? Buffer.alloc(0)))).toEqual(
      plain.map(() => true),
    );
    for (const [number, payload] of plain.entries()) {
      const [entry] = journal.readFrom(number, { includeArchived: true, limit: 1 });
      expect(Buffer.from(entry?.payload ?? []).equals(payload)).toBe(true);
    }
  });
});

describe('an archive with excessive or wrong sizes', () => {
  const NAME = 'segment-00000000000000000000.journal.archived.gz';

  /** Replaces the first archived segment with `bytes`. */
  async function journalWith(bytes: Buffer) {
    const { directory, journal } = await archivedJournal();
    const first = archivedIn(directory)[0] as string;
    rmSync(join(directory, first));
    writeFileSync(join(directory, NAME), bytes);
    return { directory, journal };
  }

  async function expectRefused(journal: FileJournal, reason: RegExp): Promise<void> {
    const corrupt = {
      code: 'JOURNAL_CORRUPT_ARCHIVE',
      segment: NAME,
      message: expect.stringMatching(reason),
    };
    expect(() => numbers(journal, 0)).toThrow(expect.objectContaining(corrupt));
    const errors: ReadError[] = [];
    const left = numbers(journal, 0, { onCorrupt: (error) => errors.push(error) });
    expect(left.length).toBeGreaterThan(ENTRIES / 2);
    expect(errors[0]).toMatchObject(corrupt);
    expect((await journal.verifyIntegrity({ includeArchived: true })).ok).toBe(false);
    await journal.close();
  }

  /** A block of the package's own format. */
  function block(raw: Buffer, saidBytes: number, segmentBytes: number): Buffer {
    const sizes = Buffer.alloc(16);
    const data = zlib.gzipSync(raw).subarray(10);
    const prefix = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 20, 0, 0x46, 0x4a, 16, 0]);
    sizes.writeUInt32LE(prefix.length + sizes.length + data.length, 0);
    sizes.writeUInt32LE(saidBytes, 4);
    sizes.writeBigUInt64LE(BigInt(segmentBytes), 8);
    return Buffer.concat([prefix, sizes, data]);
  }

  it('of another program, larger than 64 MiB, is refused without being decompressed', async () => {
    const { journal } = await journalWith(zlib.gzipSync(Buffer.alloc(65 * 1024 * 1024)));
    await expectRefused(journal, /more than 67108864 bytes; decompress it/);
    expect(journal.state).toBe('closed');
  });

  it('whose block inflates beyond its size is refused', async () => {
    const { journal } = await journalWith(block(Buffer.alloc(8 * 1024 * 1024), 4096, 4096));
    await expectRefused(journal, /cannot be decompressed/);
    expect(journal.state).toBe('closed');
  });

  it('of many tiny blocks is refused at the first one', async () => {
    const tiny = block(Buffer.alloc(1), 1, 2 ** 30);
    const { journal, directory } = await journalWith(
      Buffer.concat(Array.from({ length: 20_000 }, () => tiny)),
    );
    let reads = 0;
    await journal.close();
    await using counted = await FileJournal.open({
      directory,
      ...OPTIONS,
      fileSystem: (real) => ({
        ...real,
        read(fd, target, position, path) {
          if (path.endsWith(NAME)) reads += 1;
          real.read(fd, target, position, path);
        },
      }),
    });
    expect(() => numbers(counted, 0)).toThrow(expect.objectContaining({ code: 'JOURNAL_CORRUPT_ARCHIVE' }));
    expect(reads).toBeLessThan(20);
    await expectRefused(counted, /not a valid block size/);
  });

  it('with more bytes than a segment can have is a typed error', async () => {
    const { journal } = await journalWith(block(Buffer.alloc(4096), 4096, 2 ** 33));
    expect(() => numbers(journal, 0)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^JOURNAL_(CORRUPT_ARCHIVE|INVALID_ENTRY_HEADER)$/),
      }),
    );
    await journal.close();
  });

  if (HAS_ZSTD) {
    it('is bounded in zstd as well', async () => {
      const { zstdCompressSync } = zlib as unknown as { zstdCompressSync: (bytes: Buffer) => Buffer };
      const { directory, journal } = await archivedJournal();
      const first = archivedIn(directory)[0] as string;
      rmSync(join(directory, first));
      writeFileSync(join(directory, `${first}.zst`), zstdCompressSync(Buffer.alloc(65 * 1024 * 1024)));
      expect(() => numbers(journal, 0)).toThrow(
        expect.objectContaining({
          code: 'JOURNAL_CORRUPT_ARCHIVE',
          message: expect.stringMatching(/67108864/),
        }),
      );
      await journal.close();
    });
  }
});

describe('archiveCompression', () => {
  it.each(['none', undefined] as const)(
    '%s leaves archived segments as orderbook-rs does',
    async (archiveCompression) => {
      const { directory, journal } = await archivedJournal({ archiveCompression });
      await journal.close();
      expect(archivedIn(directory).every((name) => name.endsWith('.archived'))).toBe(true);
    },
  );

  it('gzip compresses after archiving, and compresses leftovers of an earlier run when it opens', async () => {
    const { directory, journal } = await archivedJournal({ archiveCompression: 'gzip' });
    await journal.compressArchived(); // runs after the queued one
    expect(archivedIn(directory).every((name) => name.endsWith('.gz'))).toBe(true);
    await journal.close();
    const left = await archivedJournal();
    await left.journal.close();
    writeFileSync(join(left.directory, 'archived-segment.compressing'), 'half');
    await using again = await FileJournal.open({ directory: left.directory, archiveCompression: 'gzip' });
    await again.compressArchived();
    expect(archivedIn(left.directory).every((name) => name.endsWith('.gz'))).toBe(true);
    expect(existsSync(join(left.directory, 'archived-segment.compressing'))).toBe(false);
    expect(numbers(again, 0)).toEqual(ALL);
  });

  it('is checked when the journal opens', async () => {
    const directory = temporaryDirectory('archive-');
    await expect(FileJournal.open({ directory, archiveCompression: 'lz4' as 'gzip' })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option: 'archiveCompression',
    });
    await using journal = await FileJournal.open({ directory });
    expect(() => journal.readFrom(0, { includeArchived: 1 as never })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID_ARGUMENT', argument: 'includeArchived' }),
    );
  });

  if (HAS_ZSTD) {
    it('zstd compresses, and is read', async () => {
      const { directory, journal } = await archivedJournal({ archiveCompression: 'zstd' });
      await using _ = journal;
      await journal.compressArchived();
      expect(archivedIn(directory).every((name) => name.endsWith('.zst'))).toBe(true);
      expect(numbers(journal, 0)).toEqual(ALL);
    });
  } else {
    it('zstd is a typed error without support in Node.js, and so is reading it', async () => {
      const missing = { code: 'JOURNAL_COMPRESSION_UNAVAILABLE', compression: 'zstd' };
      const { directory, journal } = await archivedJournal();
      await using _ = journal;
      await expect(
        FileJournal.open({ directory: temporaryDirectory('archive-'), archiveCompression: 'zstd' }),
      ).rejects.toMatchObject(missing);
      await expect(journal.compressArchived('zstd')).rejects.toMatchObject(missing);
      expect(numbers(journal, 0)).toEqual(ALL);
      const [name = ''] = archivedIn(directory);
      renameSync(join(directory, name), join(directory, `${name}.zst`));
      await using viewer = await FileJournal.openReadOnly({ directory });
      expect(() => numbers(viewer, 0)).toThrow(
        expect.objectContaining({ ...missing, path: join(directory, `${name}.zst`) }),
      );
    });
  }
});

describe('a segment in both forms', () => {
  it('is read in the plain form, and compressed again', async () => {
    const { directory, journal } = await archivedJournal();
    await using _ = journal;
    for (const name of archivedIn(directory))
      writeFileSync(join(directory, `${name}.gz`), 'nothing anybody could read');
    expect(numbers(journal, 0)).toEqual(ALL);
    await journal.compressArchived();
    expect(archivedIn(directory).every((name) => name.endsWith('.gz'))).toBe(true);
    expect(numbers(journal, 0)).toEqual(ALL);
  });
});

it('compressArchived() refuses an unknown compression', async () => {
  const { journal } = await archivedJournal();
  for (const compression of ['none', 'brotli', 1])
    await expect(journal.compressArchived(compression as never)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_ARGUMENT',
    });
  expect(numbers(journal, 0)).toEqual(ALL);
  await journal.close();
});

describe('a failed compression', () => {
  const CALLS = [
    'openFile',
    'read',
    'writeInBackground',
    'sync',
    'evictCachedPages',
    'rename',
    'unlink',
  ] as const;

  it.each(CALLS)(
    'in %s loses nothing, the journal continues, and the next run completes it',
    async (operation) => {
      for (let after = 0; after < 4; after += 1) {
        const faulty = new FaultyFileSystem();
        const { directory, journal } = await archivedJournal({ fileSystem: faulty.wrap });
        const osCode = operation === 'writeInBackground' ? 'ENOSPC' : 'EIO';
        // A failed unlink of a leftover is ignored.
        // The last text of an openFile call is the mode.
        const path = { unlink: /\.archived$/, openFile: /read|create/ }[operation as string] ?? /archived/;
        faulty.fail(operation, osCode, { path, after, times: 1 });
        await expect(journal.compressArchived()).rejects.toMatchObject({ code: 'JOURNAL_IO', osCode });
        expect(numbers(journal, 0)).toEqual(ALL);
        expect(existsSync(join(directory, 'archived-segment.compressing'))).toBe(false);
        expect(journal.state).toBe('open');
        await journal.append(event(ENTRIES));
        await journal.compressArchived();
        expect(archivedIn(directory).every((name) => name.endsWith('.gz'))).toBe(true);
        expect(numbers(journal, 0)).toEqual([...ALL, ENTRIES]);
        await journal.close();
      }
    },
  );

  it('that cannot make a name durable poisons the journal, and loses nothing', async () => {
    for (let after = 0; after < 2; after += 1) {
      const faulty = new FaultyFileSystem();
      const { directory, journal } = await archivedJournal({ fileSystem: faulty.wrap });
      faulty.fail('syncDirectory', 'EIO', { after });
      await expect(journal.compressArchived()).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
      expect(journal.state).toBe('poisoned');
      await journal.close().catch(() => undefined);
      await using again = await FileJournal.open({ directory });
      expect(numbers(again, 0)).toEqual(ALL);
    }
  });

  it('whose bytes differ when read back keeps the segment', async () => {
    const { directory, journal } = await archivedJournal({
      fileSystem: (real) => ({
        ...real,
        writeInBackground(fd, bytes, position, path) {
          // Another intact block: only the comparison detects it.
          const other = bytes.length > 40 ? Buffer.from(bytes) : bytes;
          if (path.endsWith('.compressing')) {
            const data = zlib.gzipSync(Buffer.alloc(4096, 7));
            const wrong = Buffer.concat([bytes.subarray(0, 32), data.subarray(10)]);
            wrong.writeUInt32LE(wrong.length, 16);
            return real.writeInBackground(fd, wrong, position, path);
          }
          return real.writeInBackground(fd, other, position, path);
        },
      }),
    });
    await using _ = journal;
    await expect(journal.compressArchived()).rejects.toMatchObject({ code: 'JOURNAL_IO', osCode: 'EIO' });
    expect(archivedIn(directory).every((name) => name.endsWith('.archived'))).toBe(true);
    expect(numbers(journal, 0)).toEqual(ALL);
  });

  it('in the background becomes a warning of the process', async () => {
    const faulty = new FaultyFileSystem();
    const directory = temporaryDirectory('archive-');
    await using journal = await FileJournal.open({
      directory,
      ...OPTIONS,
      archiveCompression: 'gzip',
      fileSystem: faulty.wrap,
    });
    await journal.appendBatch(events(0, ENTRIES, PADDING));
    faulty.fail('writeInBackground', 'ENOSPC', { path: /archived/ });
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      await journal.archiveSegmentsBefore(ENTRIES);
      await expect(journal.compressArchived()).rejects.toMatchObject({ osCode: 'ENOSPC' });
      expect(warned).toHaveBeenCalledWith(expect.stringContaining('ENOSPC'));
    } finally {
      warned.mockRestore();
    }
    expect(numbers(journal, 0)).toEqual(ALL);
  });

  it('of a journal that closes stops, and loses nothing', async () => {
    const { directory, journal } = await archivedJournal({ archiveCompression: 'gzip' });
    const compressing = journal.compressArchived().catch(() => null);
    await journal.close();
    await compressing;
    expect(existsSync(join(directory, 'archived-segment.compressing'))).toBe(false);
    await using viewer = await FileJournal.openReadOnly({ directory });
    expect(numbers(viewer, 0)).toEqual(ALL);
  });
});

describe.each(GOLDEN_VERSIONS)('segments archived by orderbook-rs %s', (version) => {
  it('are read plain and compressed, and stay unchanged', async () => {
    const golden = goldenCase(version, 'rotated-archived');
    const directory = golden.copy();
    const originals = bytesOf(directory);
    expect(originals.size).toBeGreaterThan(0);
    const read = (journal: JournalReader): bigint[] =>
      [...journal.readFrom(0, { includeArchived: true })].map(({ sequenceNum }) => sequenceNum);
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: golden.segmentSizeBytes });
    const plain = read(journal);
    expect(plain.length).toBeGreaterThan(golden.entries.length);
    expect(plain.slice(-golden.entries.length)).toEqual(golden.entries.map(({ sequence }) => sequence));
    await journal.compressArchived();
    expect(read(journal)).toEqual(plain);
    for (const [name, bytes] of originals) {
      const compressed = join(directory, `${name}.gz`);
      expect(zlib.gunzipSync(readFileSync(compressed)).equals(bytes)).toBe(true);
      expect(statSync(compressed).size).toBeLessThan(bytes.length);
    }
  });
});
