/** Files that are too long, too short, left over, written by other programs, or not regular files. */
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../../src/file-journal/index.js';
import { SequencerEvent } from '../../../src/journal/index.js';
import { makeFifo } from '../../support/fifo.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import {
  CHECKPOINT,
  diskWith,
  filesOf,
  openAndRead,
  openOn,
  rawEntries,
  sameFiles,
  segmentName,
  segmentOf,
} from './journal-bytes.js';

const FIRST = segmentName(0);
const PREPARED = 'next-segment.prepared';
const OPTIONS = { segmentSizeBytes: 4096, mapper: 'koffi' as const };

function event(sequenceNum: number, text = ''): SequencerEvent {
  return new SequencerEvent({ sequenceNum, timestampNs: 7, command: text, result: null });
}

/** The files of a journal with these entries after a clean close. */
async function closedJournal(entries: number, sizeBytes = 4096): Promise<Record<string, Buffer>> {
  const disk = diskWith({ [FIRST]: segmentOf(rawEntries(0, entries), sizeBytes) });
  await (await openOn(disk)).close();
  return filesOf(disk);
}

describe('the length of a segment file', () => {
  it.each([0, 1, 3, 4, 23, 24, 100])(
    'of %i bytes of zeros is an empty journal that accepts appends',
    async (length) => {
      const disk = diskWith({ [FIRST]: Buffer.alloc(length) });
      const journal = await openOn(disk);
      expect(journal.lastSequence).toBeNull();
      await journal.append(event(0, 'x'.repeat(200)));
      await journal.append(event(1));
      await journal.close();
      expect(await openAndRead(disk)).toMatchObject({ error: null, lastSequence: 1n });
    },
  );

  it('truncated at any byte keeps the whole entries without a checkpoint, and makes opening fail with one', async () => {
    const whole = rawEntries(0, 3);
    const closed = await closedJournal(3);
    const entryBytes = whole.length / 3;
    for (let length = 0; length < whole.length; length += 1) {
      const short = Buffer.from(whole.subarray(0, length));
      const count = Math.floor(length / entryBytes);
      const disk = diskWith({ [FIRST]: short });
      const read = await openAndRead(disk);
      expect({ length, count: read.payloads.length, error: read.error }).toEqual({
        length,
        count,
        error: null,
      });
      const journal = await openOn(disk);
      await journal.append(event(count));
      await journal.close();
      expect((await openAndRead(disk)).payloads).toHaveLength(count + 1);
      expect(await openAndRead(diskWith({ ...closed, [FIRST]: short }))).toMatchObject({ opened: false });
    }
  });

  it('equal to the data, with no zero after it, is complete', async () => {
    const disk = diskWith({ [FIRST]: rawEntries(0, 5) });
    expect((await openAndRead(disk)).payloads).toHaveLength(5);
  });

  it('above segmentSizeBytes is used in full', async () => {
    const disk = diskWith({ [FIRST]: segmentOf(rawEntries(0, 3), 20_000) });
    const journal = await openOn(disk);
    for (let sequence = 3; sequence < 10; sequence += 1)
      await journal.append(event(sequence, 'x'.repeat(1000)));
    await journal.close();
    expect(Object.keys(filesOf(disk)).filter((name) => name.startsWith('segment-'))).toEqual([FIRST]);
    expect((await openAndRead(disk)).payloads).toHaveLength(10);
  });

  it('of zero, between other segments, is a gap for a reader', async () => {
    const files = {
      [FIRST]: segmentOf(rawEntries(0, 3)),
      [segmentName(3)]: Buffer.alloc(0),
      [segmentName(6)]: segmentOf(rawEntries(6, 8)),
    };
    const read = await openAndRead(diskWith(files));
    expect(read.payloads).toHaveLength(3);
    expect(read.error).toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: 3n,
      actualSequence: 6n,
    });
  });
});

describe('a newest segment without one whole entry', () => {
  it.each([
    ['zeros', Buffer.alloc(4096)],
    ['a torn entry', segmentOf(rawEntries(6, 7).subarray(0, 60))],
    ['garbage', Buffer.alloc(4096, 0xab)],
  ])(
    'that consists of %s, and whose name does not follow the previous segment, is refused and left unchanged',
    async (_name, content) => {
      const files = { [FIRST]: segmentOf(rawEntries(0, 3)), [segmentName(6)]: content };
      const disk = diskWith(files);
      for (const repair of ['none', 'cut'] as const) {
        const { opened, error } = await openAndRead(disk, { repair });
        expect({ opened, code: error?.code }).toEqual({
          opened: false,
          code: 'JOURNAL_INVALID_ENTRY_HEADER',
        });
        expect(sameFiles(disk, files)).toBe(true);
      }
    },
  );
});

describe('left-over files', () => {
  it.each([
    ['an empty prepared segment', { [PREPARED]: Buffer.alloc(0) }],
    ['a prepared segment with entries', { [PREPARED]: segmentOf(rawEntries(3, 9)) }],
    ['a prepared segment of garbage', { [PREPARED]: Buffer.alloc(9000, 0xab) }],
    ['a quarantine file', { [`quarantine-${FIRST.replace('.journal', '')}-at-0-1.bin`]: Buffer.alloc(9, 1) }],
    ['temporary files', { 'journal.checkpoint.tmp': Buffer.alloc(9, 1), [`${FIRST}.tmp`]: rawEntries(0, 9) }],
    ['archived segments', { [`${segmentName(3)}.archived`]: segmentOf(rawEntries(3, 9)) }],
    [
      'names that are almost a segment',
      { 'segment-3.journal': rawEntries(3, 4), [` ${FIRST}`]: Buffer.alloc(3) },
    ],
    ['a name beyond 64 bits', { 'segment-99999999999999999999.journal': rawEntries(3, 4) }],
  ] as const)(
    '(%s) neither add nor remove an entry, and appends continue past a rotation',
    async (_name, leftOver) => {
      const disk = diskWith({ ...(await closedJournal(3)), ...(leftOver as Record<string, Buffer>) });
      const journal = await openOn(disk);
      expect([...journal.readFrom(0n)]).toHaveLength(3);
      for (let sequence = 3; sequence < 8; sequence += 1)
        await journal.append(event(sequence, 'x'.repeat(1500)));
      await journal.close();
      expect(await openAndRead(disk)).toMatchObject({ error: null, lastSequence: 7n });
    },
  );
});

describe('the checkpoint', () => {
  it('from an earlier time is a lower bound, and loses nothing', async () => {
    const stale = (await closedJournal(1))[CHECKPOINT] as Buffer;
    const disk = diskWith({ [FIRST]: segmentOf(rawEntries(0, 5)), [CHECKPOINT]: stale });
    expect((await openAndRead(disk)).payloads).toHaveLength(5);
  });

  it('of a longer journal is refused and changes nothing; without it, or with repair, every entry is present', async () => {
    const foreign = (await closedJournal(20))[CHECKPOINT] as Buffer;
    const files = { [FIRST]: segmentOf(rawEntries(0, 5)), [CHECKPOINT]: foreign };
    const disk = diskWith(files);
    expect(await openAndRead(disk)).toMatchObject({
      opened: false,
      error: { code: 'JOURNAL_INVALID_ENTRY_HEADER', segment: FIRST },
    });
    expect(sameFiles(disk, files)).toBe(true);
    expect((await openAndRead(diskWith({ [FIRST]: files[FIRST] as Buffer }))).payloads).toHaveLength(5);
    expect((await openAndRead(disk, { repair: 'cut' })).payloads).toHaveLength(5);
    expect((await openAndRead(disk)).payloads).toHaveLength(5);
  });

  it.each([0, 4096])(
    'with a torn slot at %i still limits with its other slot what may be cut',
    async (slot) => {
      const disk = diskWith({ [FIRST]: segmentOf(rawEntries(0, 4)) });
      for (let opened = 0; opened < 2; opened += 1) await (await openOn(disk)).close();
      const checkpoint = filesOf(disk)[CHECKPOINT] as Buffer;
      const damaged = filesOf(disk)[FIRST] as Buffer;
      checkpoint.fill(0, slot + 20, slot + 4096);
      damaged.fill(0, rawEntries(0, 3).length, rawEntries(0, 4).length);
      disk.replaceFile(CHECKPOINT, checkpoint);
      disk.replaceFile(FIRST, damaged);
      expect(await openAndRead(disk)).toMatchObject({
        opened: false,
        error: { code: 'JOURNAL_INVALID_ENTRY_HEADER', segment: FIRST },
      });
    },
  );

  it.each([0, 1, 56, 4095, 4096, 4152, 8191, 8193, 100_000])(
    'of %i bytes does not prevent opening',
    async (length) => {
      const closed = await closedJournal(4);
      const content = Buffer.alloc(length);
      (closed[CHECKPOINT] as Buffer).copy(content);
      const disk = diskWith({ ...closed, [CHECKPOINT]: content });
      expect((await openAndRead(disk)).payloads).toHaveLength(4);
      expect((await openAndRead(disk)).payloads).toHaveLength(4);
    },
  );
});

describe('a name that is not a regular file', () => {
  /** Runs on the real kernel with a time limit, because a blocked call must not block the tests. */
  const opened = async (directory: string): Promise<{ code: string } | FileJournal> =>
    Promise.race([
      FileJournal.open({ directory, ...OPTIONS, lockTimeoutMs: 0 }).catch((error: { code: string }) => error),
      new Promise<{ code: string }>((resolve) => setTimeout(() => resolve({ code: 'HANGS' }), 5_000).unref()),
    ]);
  const viewed = (directory: string): Promise<unknown> =>
    FileJournal.openReadOnly({ directory, mapper: 'koffi' }).then(
      (viewer) => viewer.close(),
      (error: { code: string }) => error,
    );

  it.each<[string, (path: string) => void]>([
    ['a FIFO', (path) => makeFifo(path)],
    ['a subdirectory', (path) => mkdirSync(path)],
    ['a symbolic link to nothing', (path) => symlinkSync('nowhere', path)],
    ['a symbolic link to a segment elsewhere', (path) => symlinkSync(segmentElsewhere(), path)],
    ['a symbolic link to a device', (path) => symlinkSync('/dev/zero', path)],
  ])('is refused at once and left alone if it is %s named like a segment', async (_name, make) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, FIRST), segmentOf(rawEntries(0, 3)));
    const path = join(directory, segmentName(3));
    make(path);
    const before = lstatSync(path);
    expect(await opened(directory)).toMatchObject({ code: 'JOURNAL_INVALID_DIRECTORY' });
    expect(await viewed(directory)).toMatchObject({ code: 'JOURNAL_INVALID_DIRECTORY' });
    expect(lstatSync(path).ino).toBe(before.ino);
    expect(readFileSync(join(directory, FIRST)).equals(segmentOf(rawEntries(0, 3)))).toBe(true);
  });

  it.each<[string, (path: string) => void]>([
    ['a FIFO', (path) => makeFifo(path)],
    ['a symbolic link to a file elsewhere', (path) => symlinkSync(segmentElsewhere(), path)],
    ['a symbolic link to nothing', (path) => symlinkSync('nowhere', path)],
  ])(
    'is replaced, with nothing written through it, if it is %s named like the prepared segment',
    async (_name, make) => {
      const directory = temporaryDirectory();
      const path = join(directory, PREPARED);
      make(path);
      const journal = await opened(directory);
      if (!(journal instanceof FileJournal)) throw new Error(journal.code);
      for (let sequence = 0; sequence < 5; sequence += 1)
        await journal.append(event(sequence, 'x'.repeat(1500)));
      await journal.close();
      expect(existsSync(path)).toBe(false);
      await using again = await FileJournal.open({ directory, ...OPTIONS });
      expect([...again.readFrom(0n)]).toHaveLength(5);
    },
  );

  it.each([PREPARED, CHECKPOINT])(
    'causes a typed error, and loses nothing, if it is a subdirectory named %s',
    async (name) => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, FIRST), segmentOf(rawEntries(0, 3)));
      mkdirSync(join(directory, name));
      const journal = await opened(directory);
      if (journal instanceof FileJournal) {
        const refused = await journal.append(event(3, 'x'.repeat(3900))).catch((error: unknown) => error);
        expect(refused).toMatchObject({ code: 'JOURNAL_IO', osCode: 'EISDIR', outcome: 'not-written' });
        await journal.append(event(3));
        await journal.close();
      } else {
        expect(journal).toMatchObject({ code: 'JOURNAL_IO', osCode: 'EISDIR' });
      }
      await using viewer = await FileJournal.openReadOnly({ directory, mapper: 'koffi' });
      expect([...viewer.readFrom(0n)].length).toBeGreaterThanOrEqual(3);
    },
  );

  function segmentElsewhere(): string {
    const path = join(temporaryDirectory(), 'elsewhere');
    writeFileSync(path, segmentOf(rawEntries(3, 6)));
    return path;
  }
});
