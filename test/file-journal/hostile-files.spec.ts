/**
 * File names of the journal that are not files, small files of extreme content, and permissions of created
 * files.
 */
import fs, {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { JournalError } from '../../src/journal/index.js';
import { crc32 } from '../../src/common/crc32.js';
import { events } from '../support/events.js';
import { makeFifo } from '../support/fifo.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const OPTIONS = { segmentSizeBytes: 4096, lockTimeoutMs: 0 } as const;
const FIRST = 'segment-00000000000000000000.journal';
const CHECKPOINT = 'journal.checkpoint';
const VICTIM_TEXT = 'the text of a stranger’s file, as long as it was';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Creates an object that is not an ordinary file. @returns the file that a link leads to */
async function place(kind: string, path: string): Promise<string> {
  const victim = join(temporaryDirectory('victim-'), 'victim');
  writeFileSync(victim, VICTIM_TEXT);
  if (kind === 'FIFO') makeFifo(path);
  if (kind === 'directory') mkdirSync(path);
  if (kind === 'symbolic link') symlinkSync(victim, path);
  if (kind === 'dangling link') symlinkSync(`${victim}-that-is-not-there`, path);
  if (kind === 'socket') {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
  }
  return victim;
}

/** A journal of several segments, the first two of them archived. */
async function closedJournal(): Promise<string> {
  const directory = temporaryDirectory('h-'); // short, as the path of a socket must be
  await using journal = await FileJournal.open({ directory, ...OPTIONS });
  await journal.appendBatch(events(0, 60, 200));
  expect(await journal.archiveSegmentsBefore(24)).toBeGreaterThan(1);
  return directory;
}

const KINDS = ['FIFO', 'directory', 'symbolic link', 'dangling link', 'socket'];
const nameOf = (directory: string, pattern: RegExp): string =>
  readdirSync(directory)
    .filter((name) => pattern.test(name))
    .sort()
    .at(-1) as string;

describe.each(KINDS)('a %s', (kind) => {
  it.each([
    ['the checkpoint', /^journal\.checkpoint$/],
    ['a live segment', /^segment-\d+\.journal$/],
  ])('instead of %s is refused at once, by its path', async (_what, pattern) => {
    const directory = await closedJournal();
    const name = nameOf(directory, pattern);
    rmSync(join(directory, name));
    const victim = await place(kind, join(directory, name));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(FileJournal.open({ directory, ...OPTIONS })).rejects.toMatchObject({
        code: expect.stringMatching(/^JOURNAL_(IO|INVALID_DIRECTORY)$/),
        message: expect.stringContaining(name),
      });
    }
    expect(readFileSync(victim, 'utf8')).toBe(VICTIM_TEXT);
    expect(existsSync(`${victim}-that-is-not-there`)).toBe(false);
  });

  it.each([
    ['an index', () => 'index-00000000000000000024.sparse'],
    ['the prepared segment', () => 'next-segment.prepared'],
    ['a segment that is being compressed', () => 'archived-segment.compressing'],
    ['an archived segment', (directory: string) => nameOf(directory, /\.archived$/)],
    ['a compressed segment', () => `${FIRST}.archived.gz`],
  ])('instead of %s affects only the file that it replaces', async (_what, named) => {
    const directory = await closedJournal();
    const name = named(directory);
    rmSync(join(directory, name), { force: true });
    const victim = await place(kind, join(directory, name));
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS, archiveCompression: 'gzip' });
      expect(Number([...journal.readFrom(40)][0]?.sequenceNum)).toBe(40);
      // Over a rotation: the directory occupies the name of the next segment.
      const appended = journal.appendBatch(events(60, 120, 200)).then(
        () => null,
        (error: unknown) => error,
      );
      const error = await appended;
      if (error !== null) {
        expect(error).toMatchObject({ code: 'JOURNAL_IO', message: expect.stringContaining(name) });
        expect([kind, name]).toEqual(['directory', 'next-segment.prepared']);
      }
      const read = [...journal.readFrom(0n, { includeArchived: true, onCorrupt: 'skip' })];
      expect(read.length).toBeGreaterThan(30);
      await journal.compressArchived().catch((refused: unknown) => {
        expect(refused).toMatchObject({ code: 'JOURNAL_IO', message: expect.stringContaining(name) });
      });
    }
    expect(readFileSync(victim, 'utf8')).toBe(VICTIM_TEXT);
    expect(existsSync(`${victim}-that-is-not-there`)).toBe(false);
  });

  it('in place of the checkpoint is a typed error for a reader', async () => {
    const directory = await closedJournal();
    rmSync(join(directory, CHECKPOINT));
    await place(kind, join(directory, CHECKPOINT));
    await using viewer = await FileJournal.openReadOnly({ directory });
    expect(viewer.lastSequence).toBe(59n);
    expect(() => viewer.durableSequence).toThrow(
      expect.objectContaining({ code: 'JOURNAL_IO', message: expect.stringContaining(CHECKPOINT) }),
    );
  });
});

it('the journal’s directory may be a symbolic link', async () => {
  const directory = await closedJournal();
  const link = join(temporaryDirectory(), 'link');
  symlinkSync(directory, link);
  await using journal = await FileJournal.open({ directory: link, ...OPTIONS });
  expect(journal.lastSequence).toBe(59n);
});

describe('a checkpoint of extreme content, and a good checksum', () => {
  const U64 = 2n ** 64n - 1n;
  const FIELDS = { generation: 8, segmentStart: 16, durableOffset: 24, lastSequence: 32, maxUnsynced: 40 };

  it.each(
    Object.entries(FIELDS).flatMap(([field, at]) =>
      [0n, 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 63n, U64 - 1n, U64].map(
        (value) => [field, value, at] as const,
      ),
    ),
  )('%s %d is a typed error with nothing changed, or a journal that continues', async (_field, value, at) => {
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      await journal.appendBatch(events(0, 5));
    }
    const path = join(directory, CHECKPOINT);
    const bytes = readFileSync(path);
    for (const slot of [0, 4096]) {
      bytes.writeBigUInt64LE(value, slot + at);
      bytes.writeUInt32LE(crc32(bytes, slot, slot + 52), slot + 52);
    }
    writeFileSync(path, bytes);
    for (let session = 0; session < 3; session += 1) {
      try {
        await using journal = await FileJournal.open({ directory, ...OPTIONS });
        expect(journal.lastSequence).toBe(4n + BigInt(session));
        await journal.append(events(5 + session, 6 + session)[0] as never);
      } catch (error) {
        expect(JournalError.isJournalError(error) ? error.code : error).toMatch(
          /^JOURNAL_(INVALID_DIRECTORY|INVALID_ENTRY_HEADER)$/,
        );
        expect(readFileSync(path).equals(bytes)).toBe(true);
      }
    }
  });
});

it('an index of extreme content, and a good checksum, hides no entry', async () => {
  const directory = temporaryDirectory();
  const options = { segmentSizeBytes: 256 * 1024, lockTimeoutMs: 0 };
  {
    await using journal = await FileJournal.open({ directory, ...options });
    await journal.appendBatch(events(0, 3_000, 100));
  }
  const path = join(directory, `index-${'0'.repeat(20)}.sparse`);
  const intact = readFileSync(path);
  for (const value of [0n, 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    for (let at = 8; at + 8 <= intact.length - 4; at += 8) {
      const bytes = Buffer.from(intact);
      bytes.writeBigUInt64LE(value, at);
      bytes.writeUInt32LE(crc32(bytes, 0, bytes.length - 4), bytes.length - 4);
      writeFileSync(path, bytes);
      await using viewer = await FileJournal.openReadOnly({ directory });
      for (const from of [0, 1, 700, 2_999])
        expect(Number([...viewer.readFrom(from, { limit: 1 })][0]?.sequenceNum)).toBe(from);
    }
  }
});

describe('a file that a journal creates', () => {
  const mode = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);

  async function used(directory: string, access?: 'owner' | 'group'): Promise<void> {
    const torn = { ...OPTIONS, directory, ...(access === undefined ? {} : { access }) };
    {
      await using journal = await FileJournal.open(torn);
      await journal.appendBatch(events(0, 60, 200));
      await journal.archiveSegmentsBefore(24);
      await journal.compressArchived();
      await journal.append(events(60, 61)[0] as never);
    }
    const newest = join(directory, nameOf(directory, /^segment-\d+\.journal$/));
    const bytes = readFileSync(newest);
    bytes.writeUInt8(7, bytes.length - 1);
    writeFileSync(newest, bytes);
    await using journal = await FileJournal.open(torn);
    expect(journal.recovery.outcome).toBe('torn-tail');
  }

  it.each([
    ['owner', undefined, '600', '700'],
    ['owner', 'owner', '600', '700'],
    ['group', 'group', '640', '750'],
  ] as const)('is for the %s, whatever the umask (access: %s)', async (_who, access, file, folder) => {
    for (const umask of [0, 0o22, 0o77]) {
      const directory = join(temporaryDirectory(), 'parent', 'journal');
      const before = process.umask(umask);
      try {
        await used(directory, access);
      } finally {
        process.umask(before);
      }
      expect([mode(directory), mode(join(directory, '..'))]).toEqual([folder, folder]);
      const names = readdirSync(directory);
      for (const kind of [/\.journal$/, /\.gz$/, /^journal\.checkpoint$/, /^quarantine-/, /^index-/])
        expect(names.some((name) => kind.test(name))).toBe(true);
      for (const name of names) expect([name, mode(join(directory, name))]).toEqual([name, file]);
    }
  });

  it('gets the group of a directory with the set-group-ID bit', async () => {
    const parent = temporaryDirectory();
    chmodSync(parent, 0o2770);
    for (const umask of [0o22, 0o77]) {
      const directory = join(parent, `${umask}`, 'journal');
      const before = process.umask(umask);
      try {
        await (await FileJournal.open({ directory, ...OPTIONS, access: 'group' })).close();
      } finally {
        process.umask(before);
      }
      for (const made of [directory, join(directory, '..')])
        expect((lstatSync(made).mode & 0o7777).toString(8)).toBe('2750');
    }
  });

  it('keeps the permissions of a mount that allows no changes of modes', async () => {
    const refused = (): never => {
      throw Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM', errno: -1 });
    };
    const changing = [
      jest.spyOn(fs, 'fchmodSync').mockImplementation(refused),
      jest.spyOn(fs, 'chmodSync').mockImplementation(refused),
    ];
    const before = process.umask(0o77);
    const directory = join(temporaryDirectory(), 'journal');
    try {
      await used(directory, 'group');
    } finally {
      process.umask(before);
      for (const spy of changing) {
        expect(spy).toHaveBeenCalled();
        spy.mockRestore();
      }
    }
    expect([mode(directory), mode(join(directory, FIRST + '.archived.gz'))]).toEqual(['700', '600']);
  });

  it('does not change existing permissions', async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      await journal.append(events(0, 1)[0] as never);
    }
    chmodSync(join(directory, FIRST), 0o644);
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS, access: 'group' });
      await journal.append(events(1, 2)[0] as never);
    }
    expect([mode(directory), mode(join(directory, FIRST))]).toEqual(['755', '644']);
  });

  it('is refused with an unknown access', async () => {
    await expect(
      FileJournal.open({ directory: temporaryDirectory(), access: 'everybody' as 'group' }),
    ).rejects.toMatchObject({ code: 'JOURNAL_INVALID_OPTION', option: 'access' });
  });
});

it('a segment that is larger than any memory is read', async () => {
  const directory = temporaryDirectory();
  {
    await using journal = await FileJournal.open({ directory });
    await journal.appendBatch(events(0, 3, 100));
  }
  truncateSync(join(directory, 'segment-00000000000000000000.journal'), 2 ** 40); // sparse
  await using journal = await FileJournal.openReadOnly({ directory });
  expect([...journal.readFrom(0n)]).toHaveLength(3);
  // Enough readers that the segment is worth mapping.
  for (let count = 0; count < 20; count += 1) expect([...journal.readFrom(2n)]).toHaveLength(1);
});
