/**
 * A slow reader and retention: the writer archives segments ahead of the reader, which are then kept, moved
 * or deleted.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { FileJournal } from '../../../src/file-journal/index.js';
import type { JournalEntry, ReadError } from '../../../src/journal/index.js';
import { READER_VARIANTS } from '../../support/engines.js';
import { events } from '../../support/events.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { DrivenChild } from './support/driven-child.js';

/** The test starts processes one after the other, which takes time on a busy machine. */
jest.setTimeout(600_000);

const OPTIONS = { segmentSizeBytes: 4096 };
const ENTRIES = 100;
const PADDING = 200;
const ALL = Array.from({ length: ENTRIES }, (_, index) => index);

/** The action of an external job on archived segments. */
const RETENTION: readonly (readonly [name: string, job: (directory: string) => void])[] = [
  ['left where they are', () => undefined],
  ['moved away', (directory) => forEachArchived(directory, (path) => renameSync(path, movedPath(directory)))],
  ['deleted', (directory) => forEachArchived(directory, (path) => rmSync(path))],
];

function forEachArchived(directory: string, handle: (path: string) => void): void {
  const names = readdirSync(directory).filter((name) => name.endsWith('.archived'));
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) handle(join(directory, name));
}

let moved = 0;
function movedPath(directory: string): string {
  const elsewhere = `${directory}-elsewhere`;
  mkdirSync(elsewhere, { recursive: true });
  moved += 1;
  return join(elsewhere, String(moved));
}

/** Start sequences of the segments that are not archived, ascending. */
function startsIn(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^segment-\d+\.journal$/.test(name))
    .map((name) => Number(name.slice(8, 28)))
    .sort((a, b) => a - b);
}

function rest(reader: Iterator<JournalEntry>): number[] {
  const numbers: number[] = [];
  for (let step = reader.next(); step.done !== true; step = reader.next()) {
    const { Note } = step.value.event.command as { Note: { number: number } };
    expect(step.value.sequenceNum).toBe(BigInt(Note.number));
    numbers.push(Note.number);
  }
  return numbers;
}

describe.each(READER_VARIANTS)('a slow reader and retention, $name', ({ options }) => {
  it.each(RETENTION)(
    'in the writing process reads all segments that it started with, even if archived ones are %s',
    async (_what, retain) => {
      const directory = temporaryDirectory('slow-');
      await using journal = await FileJournal.open({ directory, ...OPTIONS, ...options });
      await journal.appendBatch(events(0, ENTRIES, PADDING));
      const reader = journal.readFrom(0n)[Symbol.iterator]();
      const notBegun = journal.readFrom(20n)[Symbol.iterator]();
      expect(reader.next().value?.sequenceNum).toBe(0n);
      expect(await journal.archiveSegmentsBefore(ENTRIES)).toBeGreaterThan(3);
      retain(directory);
      expect(rest(reader)).toEqual(ALL.slice(1));
      expect(rest(notBegun)).toEqual(ALL.slice(20));
      // A later reader begins with the remaining entries.
      const first = Number(journal.firstAvailableSequence);
      expect(rest(journal.readFrom(0n)[Symbol.iterator]())).toEqual(ALL.slice(first));
    },
  );

  it('in another process reads the remaining entries, and gets a gap error that it can skip for the missing ones', async () => {
    for (const [what, retain] of RETENTION) {
      const directory = temporaryDirectory('slow-');
      const writer = await DrivenChild.start();
      await writer.run('open', { name: 'it', options: { directory, ...OPTIONS } });
      await writer.run('append', { name: 'it', from: 0, count: ENTRIES, padding: PADDING });
      const starts = startsIn(directory);
      await using viewer = await FileJournal.openReadOnly({ directory, ...options });
      const strict = viewer.readFrom(0n)[Symbol.iterator]();
      const gaps: ReadError[] = [];
      const lenient = viewer.readFrom(0n, { onCorrupt: (error) => gaps.push(error) })[Symbol.iterator]();
      const notBegun = viewer.readFrom(starts[1] as number)[Symbol.iterator]();
      for (const reader of [strict, lenient]) expect(reader.next().value?.sequenceNum).toBe(0n);
      await writer.run('archive', { name: 'it', before: ENTRIES });
      const first = startsIn(directory)[0] as number;
      retain(directory);
      const isLeft = what === 'left where they are';
      const missing = starts[1] as number;
      const gap = {
        code: 'JOURNAL_REPLAY_GAP',
        expectedSequence: BigInt(missing),
        actualSequence: BigInt(first),
        segment: `segment-${String(first).padStart(20, '0')}.journal`,
        message: expect.stringContaining(`sequence ${missing} is missing`),
      };
      if (isLeft) {
        expect(rest(strict)).toEqual(ALL.slice(1));
        expect(rest(notBegun)).toEqual(ALL.slice(missing));
      } else {
        const read: number[] = [];
        expect(() => {
          for (let step = strict.next(); step.done !== true; step = strict.next())
            read.push(Number(step.value.sequenceNum));
        }).toThrow(expect.objectContaining(gap));
        // The reader finished the segment that it had opened.
        expect(read).toEqual(ALL.slice(1, missing));
        expect(strict.next().done).toBe(true);
        expect(() => notBegun.next()).toThrow(expect.objectContaining(gap));
      }
      expect(rest(lenient)).toEqual(isLeft ? ALL.slice(1) : [...ALL.slice(1, missing), ...ALL.slice(first)]);
      expect(gaps).toHaveLength(isLeft ? 0 : 1);
      // A new read sees the remaining entries.
      expect(viewer.firstAvailableSequence).toBe(BigInt(first));
      expect(rest(viewer.readFrom(0n)[Symbol.iterator]())).toEqual(ALL.slice(first));
      await writer.kill();
    }
  });
});

describe('a file kept open for a reader', () => {
  /**
   * Counts the descriptors of segments, under any name, but not of index files, which may be open at any
   * moment.
   */
  const openSegments = (): number =>
    readdirSync('/proc/self/fd').filter((fd) =>
      /\/segment-\d+\.journal/.test(targetOf(`/proc/self/fd/${fd}`)),
    ).length;

  it('is closed when the reader ends or stops early; without readers, no file stays open', async () => {
    const directory = temporaryDirectory('slow-');
    await using journal = await FileJournal.open({ directory, ...OPTIONS, reader: 'positioned' });
    await journal.appendBatch(events(0, ENTRIES, PADDING));
    const before = openSegments();
    const reader = journal.readFrom(0n)[Symbol.iterator]();
    const leaving = journal.readFrom(0n, { limit: ENTRIES - 1 })[Symbol.iterator]();
    for (const each of [reader, leaving]) each.next();
    const archived = await journal.archiveSegmentsBefore(ENTRIES - 20);
    expect(openSegments()).toBe(before + archived + 2); // the segments they are reading are open as well
    leaving.return?.();
    expect(openSegments()).toBe(before + archived + 1);
    rest(reader);
    expect(openSegments()).toBe(before);
    await journal.archiveSegmentsBefore(ENTRIES);
    expect(openSegments()).toBe(before);
  });
});

/**
 * The target of a link; empty for a descriptor that was closed meanwhile, such as that of the listing itself.
 */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
