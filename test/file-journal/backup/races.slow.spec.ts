/** A writer archives and compresses, and an operator deletes, at every single moment of a backup. */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, jest } from '@jest/globals';
import {
  backupJournal,
  FileJournal,
  restoreJournal,
  type FileSystem,
} from '../../../src/file-journal/index.js';
import { appendTo, entriesOf, place, SMALL } from './support/journals.js';

/** The tests compute for seconds on an idle machine, and for minutes on a busy one. */
jest.setTimeout(600_000);

type Action = (directory: string) => void;

const live = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => /^segment-\d+\.journal$/.test(name))
    .sort();
const plain = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.archived'))
    .sort();

const archiveOne: Action = (directory) => {
  const [oldest, next] = live(directory);
  if (oldest !== undefined && next !== undefined)
    renameSync(join(directory, oldest), join(directory, `${oldest}.archived`));
};
const archiveAll: Action = (directory) => {
  for (const name of live(directory).slice(0, -1))
    renameSync(join(directory, name), join(directory, `${name}.archived`));
};
const compressAll: Action = (directory) => {
  for (const name of plain(directory)) {
    writeFileSync(join(directory, `${name}.gz`), gzipSync(readFileSync(join(directory, name))));
    rmSync(join(directory, name));
  }
};
const deleteOldest: Action = (directory) => {
  const [oldest] = readdirSync(directory)
    .filter((name) => name.includes('.archived'))
    .sort();
  if (oldest !== undefined) rmSync(join(directory, oldest));
};
const deleteArchived: Action = (directory) => {
  for (const name of readdirSync(directory).filter((one) => one.includes('.archived')))
    rmSync(join(directory, name));
};

const ACTIONS: readonly [name: string, keepsAll: boolean, action: Action][] = [
  ['archives one segment', true, archiveOne],
  ['archives all but the last', true, archiveAll],
  ['archives and compresses', true, (directory) => (archiveAll(directory), compressAll(directory))],
  ['compresses what is archived', true, compressAll],
  ['deletes the oldest', false, deleteOldest],
  ['deletes all that is archived', false, deleteArchived],
  ['archives and deletes at once', false, (directory) => (archiveAll(directory), deleteArchived(directory))],
];

/**
 * Acts before the call of the given number that opens or lists something in the journal, once or each time.
 */
function acting(directory: string, at: number, action: Action, counter: { calls: number }) {
  return (real: FileSystem): FileSystem => {
    const before = (path: string): void => {
      if (!path.startsWith(directory)) return;
      if (counter.calls === at) action(directory);
      counter.calls += 1;
    };
    return {
      ...real,
      list: (path) => (before(path), real.list(path)),
      openFile: (path, mode) => (before(path), real.openFile(path, mode)),
    };
  };
}

describe.each(ACTIONS)('a backup during which somebody %s', (_name, keepsAll, action) => {
  it('holds a whole journal, at whatever moment it happens', async () => {
    const { parent, journal, backup, restored } = place();
    {
      await using writer = await FileJournal.open({ directory: journal, ...SMALL });
      await appendTo(writer, 50);
      await writer.archiveSegmentsBefore(20n);
    }
    const entries = await entriesOf(journal);
    let firsts = 0n;
    for (let at = 0; ; at += 1) {
      const directory = join(parent, `journal-${at}`);
      cpSync(journal, directory, { recursive: true });
      const counter = { calls: 0 };
      const report = await backupJournal({
        directory,
        destination: backup,
        fileSystem: acting(directory, at, action, counter),
      });
      expect(report.lastSequence).toBe(49n);
      await restoreJournal({ source: backup, directory: restored });
      const found = await entriesOf(restored);
      expect(found).toEqual(entries.slice(50 - found.length));
      if (keepsAll) expect(found).toHaveLength(50);
      firsts += report.firstSequence as bigint;
      for (const path of [directory, backup, restored]) rmSync(path, { recursive: true });
      if (counter.calls <= at) break;
      expect(existsSync(backup)).toBe(false);
    }
    if (!keepsAll) expect(firsts).toBeGreaterThan(0n);
  });
});

it('a backup misses no segment that one listing of the directory misses, because it is being renamed', async () => {
  const { journal: directory, backup: destination } = place();
  {
    await using writer = await FileJournal.open({ directory, ...SMALL });
    await appendTo(writer, 50);
    await writer.archiveSegmentsBefore(20n);
  }
  const segments = readdirSync(directory).filter((name) => name.startsWith('segment-'));
  for (const missed of segments) {
    for (let at = 0, listings = 1; at < listings; at += 1) {
      listings = 0;
      const report = await backupJournal({
        directory,
        destination,
        fileSystem: (real) => ({
          ...real,
          list(path) {
            const isMissing = path === directory && listings++ === at;
            return real.list(path).filter(({ name }) => !(isMissing && name === missed));
          },
        }),
      });
      expect(report).toMatchObject({ firstSequence: 0n, lastSequence: 49n });
      rmSync(destination, { recursive: true });
    }
  }
});

describe('a backup during which a writer goes on so far that nothing of the first listing is left', () => {
  it.each([true, false])('looks for its end again (archived: %s)', async (archived) => {
    const { journal: directory, backup: destination, restored } = place();
    await using journal = await FileJournal.open({ directory, ...SMALL });
    await appendTo(journal, 50);
    let hasActed = false;
    const report = await backupJournal({
      directory,
      destination,
      archived,
      fileSystem: (real) => ({
        ...real,
        async writeInBackground(...args) {
          if (!hasActed) {
            hasActed = true;
            await appendTo(journal, 120);
            await journal.archiveSegmentsBefore(119n);
            deleteArchived(directory);
          }
          await real.writeInBackground(...args);
        },
      }),
    });
    expect(report.firstSequence).toBeGreaterThan(49n);
    expect(report.lastSequence).toBe(119n);
    await restoreJournal({ source: destination, directory: restored });
    expect(await entriesOf(restored)).toEqual(await entriesOf(directory));
  });

  it('is an error if the directory is moved away and another one takes its place', async () => {
    const { journal: directory, backup: destination } = place();
    {
      await using journal = await FileJournal.open({ directory, ...SMALL });
      await appendTo(journal, 50);
    }
    let hasActed = false;
    const backup = backupJournal({
      directory,
      destination,
      fileSystem: (real) => ({
        ...real,
        async writeInBackground(...args) {
          if (!hasActed) {
            hasActed = true;
            renameSync(directory, `${directory}-away`);
            cpSync(`${directory}-away`, directory, { recursive: true });
          }
          await real.writeInBackground(...args);
        },
      }),
    });
    await expect(backup).rejects.toMatchObject({ code: 'JOURNAL_IO', osCode: 'ESTALE' });
    expect(readdirSync(destination)).toEqual([]);
  });

  it('takes the last segment from the archive, if it was archived meanwhile and archived ones are left out', async () => {
    const { journal: directory, backup: destination, restored } = place();
    await using journal = await FileJournal.open({ directory, ...SMALL });
    await appendTo(journal, 50);
    const entries = await entriesOf(directory);
    let openings = 0;
    const report = await backupJournal({
      directory,
      destination,
      archived: false,
      fileSystem: (real) => ({
        ...real,
        openFile(path, mode) {
          // Once the end is known: all of it is archived, and a newer segment is there.
          if (path.startsWith(directory) && path.endsWith('journal.checkpoint') && ++openings === 2)
            archiveAllOf(directory);
          return real.openFile(path, mode);
        },
      }),
    });
    expect(report).toMatchObject({ lastSequence: 49n, segments: 1 });
    await restoreJournal({ source: destination, directory: restored });
    const found = await entriesOf(restored);
    expect(found).toEqual(entries.slice(50 - found.length));
  });
});

/** Archives every segment, as if another one had followed. */
function archiveAllOf(directory: string): void {
  for (const name of live(directory)) renameSync(join(directory, name), join(directory, `${name}.archived`));
}
