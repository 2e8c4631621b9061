/** The index beside a sealed segment finds places, and costs only time where it is missing or wrong. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encodeIndex } from '../../src/file-journal/segment/index-file.js';
import { FileJournal, type FileSystem } from '../../src/file-journal/index.js';
import { SparseIndex } from '../../src/file-journal/segment/sparse-index.js';
import { events } from '../support/events.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { makeFifo } from '../support/fifo.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const SEGMENT_BYTES = 2 * 1024 * 1024;
const ENTRIES = 8_000;
const PADDING = 300;
const OPTIONS = { segmentSizeBytes: SEGMENT_BYTES };
const INDEX = 'index-00000000000000000000.sparse';

/** One sealed segment and one active one. @param first the first sequence */
async function twoSegments(first = 0, padding = PADDING): Promise<string> {
  const directory = temporaryDirectory();
  const journal = await FileJournal.open({ directory, ...OPTIONS });
  await journal.appendBatch(events(first, first + ENTRIES, padding));
  await journal.close();
  return directory;
}

function sealedCount(directory: string): number {
  const newest = readdirSync(directory)
    .filter((name) => name.endsWith('.journal'))
    .sort()
    .at(-1);
  return Number(/\d{20}/.exec(newest ?? '')?.[0]);
}

/** Counts the bytes of all reads. */
function countingReads(): { bytes: number; readonly wrap: (real: FileSystem) => FileSystem } {
  const counter = {
    bytes: 0,
    wrap: (real: FileSystem): FileSystem => ({
      ...real,
      read: (fd, target, position, path) => {
        counter.bytes += target.length;
        real.read(fd, target, position, path);
      },
    }),
  };
  return counter;
}

/** The bytes that a reader reads to start at `sequence`. */
async function bytesToStartAt(directory: string, sequence: number): Promise<number> {
  const counter = countingReads();
  await using reader = await FileJournal.openReadOnly({
    directory,
    reader: 'positioned',
    fileSystem: counter.wrap,
  });
  const entries = reader.readFrom(sequence, { limit: 1 });
  counter.bytes = 0;
  expect([...entries].map((entry) => entry.sequenceNum)).toEqual([BigInt(sequence)]);
  const tailCheck = 256 * 1024; // checks whether the newest segment has grown
  return counter.bytes - tailCheck;
}

async function expectFoundEverywhere(directory: string, first = 0): Promise<void> {
  await using reader = await FileJournal.openReadOnly({ directory });
  for (let sequence = first; sequence < first + ENTRIES; sequence += 613) {
    const [entry] = reader.readFrom(sequence, { limit: 1 });
    expect(entry?.sequenceNum).toBe(BigInt(sequence));
  }
}

async function untilFileIs(path: string, expected: Buffer): Promise<void> {
  await until(() => existsSync(path) && readFileSync(path).equals(expected), `${path} is complete`);
}

describe('the index of a sealed segment', () => {
  it('lets a reader start anywhere after a few blocks, however the entries were appended', async () => {
    const directory = await twoSegments();
    const sealed = sealedCount(directory);
    expect(sealed * PADDING).toBeGreaterThan(SEGMENT_BYTES / 2);
    const block = 256 * 1024;
    for (const sequence of [1, sealed >> 1, sealed - 1]) {
      expect(await bytesToStartAt(directory, sequence)).toBeLessThanOrEqual(3 * block);
    }
    rmSync(join(directory, INDEX));
    expect(await bytesToStartAt(directory, sealed - 1)).toBeGreaterThan(SEGMENT_BYTES - 2 * block);
  });

  it('is the same after appends, after recovery and appends, and after reading', async () => {
    const directory = await twoSegments();
    const appended = readFileSync(join(directory, INDEX));

    const inTwoLives = temporaryDirectory();
    for (const [from, to] of [
      [0, 1_000],
      [1_000, ENTRIES],
    ] as const) {
      const journal = await FileJournal.open({ directory: inTwoLives, ...OPTIONS });
      for (let at = from; at < to; at += 50) await journal.appendBatch(events(at, at + 50, PADDING));
      await journal.close();
    }
    const sealed = join(inTwoLives, INDEX);
    expect(readFileSync(sealed).equals(appended)).toBe(true);

    rmSync(sealed);
    await using journal = await FileJournal.open({ directory: inTwoLives, ...OPTIONS });
    expect([...journal.readFrom(1_000, { limit: 1 })]).toHaveLength(1);
    await untilFileIs(sealed, appended);
  });

  it('is neither needed nor created to read from the beginning', async () => {
    const directory = await twoSegments();
    rmSync(join(directory, INDEX));
    const journal = await FileJournal.open({ directory, ...OPTIONS });
    expect([...journal.readFrom(0n)]).toHaveLength(ENTRIES);
    await journal.close();
    expect(existsSync(join(directory, INDEX))).toBe(false);
  });

  it('is deleted when its segment is archived', async () => {
    const directory = await twoSegments();
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    await journal.archiveSegmentsBefore(BigInt(ENTRIES - 1));
    expect(existsSync(join(directory, INDEX))).toBe(false);
  });

  it.each([
    ['openFile', 'EACCES'],
    ['openFile', 'EMFILE'],
    ['writeInBackground', 'ENOSPC'],
    ['writeInBackground', 'EIO'],
    ['closeFile', 'EIO'],
  ] as const)('cannot be written (%s: %s), and the journal continues', async (operation, code) => {
    const directory = temporaryDirectory();
    const files = new FaultyFileSystem();
    files.fail(operation, code, { path: /index-/ });
    const journal = await FileJournal.open({ directory, ...OPTIONS, fileSystem: files.wrap });
    await journal.appendBatch(events(0, ENTRIES, PADDING));
    await journal.append(events(ENTRIES, ENTRIES + 1)[0] as never);
    expect([...journal.readFrom(3_000, { limit: 2 })].map((entry) => entry.sequenceNum)).toEqual([
      3_000n,
      3_001n,
    ]);
    expect(journal.state).toBe('open');
    await journal.close();
    await expectFoundEverywhere(directory);
  });
});

describe('an index file that is', () => {
  const path = (directory: string): string => join(directory, INDEX);
  const changed = (change: (bytes: Buffer) => Buffer | void) => (directory: string) => {
    const bytes = readFileSync(path(directory));
    writeFileSync(path(directory), change(bytes) ?? bytes);
  };
  const flipped = (offset: number) =>
    changed((bytes) => void (bytes[offset] = (bytes[offset] as number) ^ 0x10));
  /** Adds a good checksum. */
  const lying = (offset: (place: number) => number, sequence: (place: number) => bigint) =>
    changed(() => {
      const index = new SparseIndex();
      for (let place = 0; place < 20; place += 1) index.note(sequence(place), offset(place));
      return encodeIndex(index, { startSequence: 0n, sizeBytes: SEGMENT_BYTES });
    });

  const CASES: [string, (directory: string) => void | Promise<void>][] = [
    ['missing', (directory) => rmSync(path(directory))],
    ['empty', changed(() => Buffer.alloc(0))],
    ['torn in its header', changed((bytes) => bytes.subarray(0, 20))],
    ['torn in its places', changed((bytes) => bytes.subarray(0, 100))],
    ['torn by one place', changed((bytes) => bytes.subarray(0, bytes.length - 16))],
    ['too long', changed((bytes) => Buffer.concat([bytes, Buffer.alloc(16)]))],
    ['much too long', changed(() => Buffer.alloc(SEGMENT_BYTES))],
    ['all zeros', changed((bytes) => Buffer.alloc(bytes.length))],
    ['damaged in its magic', flipped(3)],
    ['damaged in its segment', flipped(8)],
    ['damaged in its size', flipped(17)],
    ['damaged in its count', flipped(24)],
    ['damaged in a sequence', flipped(32 + 16 * 5)],
    ['damaged in an offset', flipped(32 + 16 * 5 + 9)],
    [
      'wrong by some bytes',
      lying(
        (place) => place * 70_000 + 3,
        (place) => BigInt(place * 150),
      ),
    ],
    [
      'wrong by some entries',
      lying(
        (place) => place * 70_000,
        (place) => BigInt(place * 300 + 7),
      ),
    ],
    [
      'of another journal',
      async (directory) => {
        const other = await twoSegments(0, PADDING - 30);
        writeFileSync(path(directory), readFileSync(path(other)));
      },
    ],
    [
      'of another journal that starts elsewhere',
      async (directory) => {
        const other = await twoSegments(5_000);
        writeFileSync(path(directory), readFileSync(path(other)));
      },
    ],
    [
      'a directory',
      (directory) => {
        rmSync(path(directory));
        mkdirSync(path(directory));
      },
    ],
    [
      'a FIFO',
      (directory) => {
        rmSync(path(directory));
        makeFifo(path(directory));
      },
    ],
  ];

  it.each(CASES)('%s costs no event, and is rebuilt where possible', async (name, damage) => {
    const directory = await twoSegments();
    const good = readFileSync(path(directory));
    await damage(directory);

    const before = name === 'a FIFO' || name === 'a directory' ? null : filesOf(directory);
    await expectFoundEverywhere(directory);
    // A reader in another process writes nothing.
    if (before !== null) expect(filesOf(directory)).toEqual(before);

    const journal = await FileJournal.open({ directory, ...OPTIONS });
    for (let sequence = 10; sequence < ENTRIES; sequence += 613) {
      const [entry] = journal.readFrom(sequence, { limit: 1 });
      expect(entry?.sequenceNum).toBe(BigInt(sequence));
    }
    if (before !== null) await untilFileIs(path(directory), good);
    await journal.close();
    await expectFoundEverywhere(directory);
  });

  it('older than its segment, which was written again, is never trusted where it is wrong', async () => {
    const directory = await twoSegments();
    const stale = readFileSync(path(directory));
    const newest = readdirSync(directory)
      .filter((name) => name.endsWith('.journal'))
      .sort()
      .at(-1);
    for (const name of [newest as string, 'journal.checkpoint']) rmSync(join(directory, name));
    const shorter = await twoSegments(0, PADDING - 50);
    const segment = 'segment-00000000000000000000.journal';
    writeFileSync(join(directory, segment), readFileSync(join(shorter, segment)));
    const journal = await FileJournal.open({ directory, ...OPTIONS });
    const last = Number(journal.lastSequence);
    await journal.appendBatch(events(last + 1, ENTRIES, PADDING));
    await journal.close();
    const fresh = readFileSync(path(directory));
    expect(fresh.equals(stale)).toBe(false);
    writeFileSync(path(directory), stale);
    await expectFoundEverywhere(directory);
  });

  it('right about a damaged entry leads to the same report as no index', async () => {
    const directory = await twoSegments();
    const index = readFileSync(path(directory));
    const sequence = index.readBigUInt64LE(32 + 16 * 7);
    const offset = Number(index.readBigUInt64LE(32 + 16 * 7 + 8));
    const segment = join(directory, 'segment-00000000000000000000.journal');
    const bytes = readFileSync(segment);
    bytes[offset + 60] = (bytes[offset + 60] as number) ^ 1;
    writeFileSync(segment, bytes);
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    expect(() => [...journal.readFrom(sequence, { limit: 1 })]).toThrow(
      expect.objectContaining({ code: 'JOURNAL_CORRUPT_ENTRY', offset, sequence }),
    );
    expect([...journal.readFrom(sequence + 1n, { limit: 1 })][0]?.sequenceNum).toBe(sequence + 1n);
  });
});

function filesOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name)).toString('latin1')]),
  );
}

describe('an index beside a segment that is written again', () => {
  it('that is newer than a restored backup hides nothing from readers in other processes', async () => {
    const directory = await twoSegments();
    const stale = readFileSync(join(directory, INDEX));
    // The backup holds only the first entries. The first place of the index is right, the others lie behind
    // the data.
    const restored = temporaryDirectory();
    const writer = await FileJournal.open({ directory: restored, ...OPTIONS });
    await writer.appendBatch(events(0, 1_000, PADDING));
    await writer.appendBatch(events(1_000, 3_000, 1));
    writeFileSync(join(restored, INDEX), stale);
    for (const from of [500, 1_500, 2_000, 2_999]) {
      // A new viewer each time: a viewer forgets an index that it has found wrong.
      await using reader = await FileJournal.openReadOnly({ directory: restored });
      const found = [...reader.readFrom(from)].map(({ sequenceNum }) => Number(sequenceNum));
      expect(found).toEqual(Array.from({ length: 3_000 - from }, (_, index) => from + index));
    }
    await writer.close();
  });
});
