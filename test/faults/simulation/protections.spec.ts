/**
 * Removes each protection of the engine once. If the simulation does not detect it, its other results prove
 * nothing.
 */
import { describe, expect, it, jest } from '@jest/globals';
import { FileJournal } from '../../../src/file-journal/index.js';
import {
  lengthFirst,
  retryingSyncs,
  withoutCheckpoint,
  withoutDirectorySync,
  withoutEviction,
  withoutSync,
  withoutSyncOfNewSegment,
  withoutSyncOfArchivedNames,
  withoutSyncOfOldSegment,
  withoutSyncOfParents,
  withoutSyncOnOpening,
  withoutZeroing,
} from './broken-engines.js';
import { tellCrashStory, type StoryOptions } from './crash-story.js';
import { uniqueEvent } from './journal-history.js';
import { Random } from '../../support/random.js';
import { JOURNAL_DIRECTORY, SimulatedDisk } from './simulated-disk.js';

/** The tests compute for seconds on an idle machine, and for minutes on a busy one. */
jest.setTimeout(600_000);

const FIRST = 'segment-00000000000000000000.journal';
/** The rarest fault shows in one of eight stories. If none of this many detects it, that is not chance. */
const TRIES = 150;

/** Returns the error of the first failing story; null if none fails. */
async function firstBrokenStory(options: StoryOptions, tries: number): Promise<string | null> {
  for (let seed = 1; seed <= tries; seed += 1) {
    try {
      await tellCrashStory(seed, options);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return null;
}

const SYNC: StoryOptions = { journal: { durability: 'sync' }, lives: 6 };
/** Syncs a named segment only before a rotation. */
const ROTATING: StoryOptions = {
  journal: {
    durability: 'async',
    syncIntervalMs: 60_000,
    maxUnsyncedBytes: 2 ** 20,
    segmentSizeBytes: 4096,
  },
  life: { flushes: false, textBytes: 200, mayArchive: false },
  kills: 0,
  lives: 1,
};
/** The power fails soon after the journal is created. */
const YOUNG: StoryOptions = { ...SYNC, kills: 0, lives: 1 };
/** Many segments, archived several at a time. */
const ARCHIVING: StoryOptions = {
  journal: { durability: 'sync', segmentSizeBytes: 4096 },
  life: { textBytes: 'mixed', mayArchive: true, rounds: 60 },
  kills: 0,
  shortLives: 0,
  lives: 8,
};
/** A failed sync, then a new process that reads the cache, then a power cut. */
const FAILING: StoryOptions = { life: { failingSyncs: 0.1, mayArchive: false }, kills: 0.5, lives: 6 };
/** Processes die, and the power fails soon after the next one has opened the journal. */
const DYING: StoryOptions = { ...SYNC, kills: 0.7, shortLives: 0.9, lives: 12 };
/** The power fails again after few appends, while an old entry still exists after them. */
const GHOSTS: StoryOptions = {
  kills: 0,
  shortLives: 0.9,
  lives: 12,
  journal: { durability: 'sync', segmentSizeBytes: 65_536 },
  life: { textBytes: 200, mayArchive: false },
};

describe('the simulation detects a journal that', () => {
  it.each([
    ['leaves stale entries behind a cut', withoutZeroing, GHOSTS],
    ['acknowledges before it has synced', withoutSync, SYNC],
    ['names a segment before its entries are synced', withoutSyncOfNewSegment, SYNC],
    ['does not sync the directory', withoutDirectorySync, SYNC],
    ['does not sync the parent of the directory that it created', withoutSyncOfParents, YOUNG],
    [
      'archives the next segment before the name of the previous one is durable',
      withoutSyncOfArchivedNames,
      ARCHIVING,
    ],
    ['retries a failed sync', retryingSyncs, FAILING],
    ['trusts the cache after a failed sync', withoutEviction, FAILING],
    ['trusts the cache after the death of a process', withoutSyncOnOpening, DYING],
    ['does not sync a segment before the next one', withoutSyncOfOldSegment, ROTATING],
  ] as const)('%s', async (_what, between, options) => {
    expect(await firstBrokenStory(options, 20)).toBeNull();
    const complained = await firstBrokenStory({ ...options, between }, TRIES);
    expect(complained).toMatch(/LOST|INVENTED|CHANGED|HOLE|UNREADABLE|DOES NOT OPEN/);
  });

  it('does not read its checkpoint', async () => {
    const random = new Random(1);
    const disk = new SimulatedDisk(random);
    const options = { directory: JOURNAL_DIRECTORY, segmentSizeBytes: 4096, mapper: 'koffi' as const };
    const journal = await FileJournal.open({ ...options, fileSystem: () => disk.files });
    for (let sequence = 0n; sequence < 5n; sequence += 1n)
      await journal.append(uniqueEvent(sequence, random, 100));
    await journal.close();
    const content = Buffer.from(disk.journalFiles().get(FIRST)?.content ?? []);
    // The CRC of the last of five equally long entries.
    const sizeBytes = 4 + content.readUInt32LE(0);
    content[sizeBytes * 5 - 1] = (content[sizeBytes * 5 - 1] ?? 0) ^ 1;
    disk.replaceFile(FIRST, content);
    await expect(FileJournal.open({ ...options, fileSystem: () => disk.files })).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT_ENTRY',
      sequence: 4n,
    });
    // Without the checkpoint, an acknowledged entry looks torn.
    const blind = await FileJournal.open({ ...options, fileSystem: () => withoutCheckpoint(disk.files) });
    expect(blind.recovery).toMatchObject({ outcome: 'torn-tail', lastSequence: 3n });
    await blind.close();
  });

  it.each([
    ['positioned', false],
    ['mapped', false],
    ['positioned', true],
  ] as const)('writes a length before its entry (%s writer, broken: %s)', async (writer, broken) => {
    const random = new Random(2);
    const disk = new SimulatedDisk(random);
    let halves = 0;
    disk.afterStore = () => {
      for (const [name, { content }] of disk.journalFiles())
        if (/^segment-|prepared$/.test(name) && !isWhole(content)) halves += 1;
    };
    const journal = await FileJournal.open({
      directory: JOURNAL_DIRECTORY,
      segmentSizeBytes: 4096,
      writer,
      mapper: 'koffi',
      fileSystem: () => (broken ? lengthFirst(disk.files) : disk.files),
    });
    for (let sequence = 0n; sequence < 40n; sequence += 4n) {
      const group = [0n, 1n, 2n, 3n].map((index) => uniqueEvent(sequence + index, random, 150));
      await journal.appendBatch(group);
    }
    await journal.close();
    expect(halves > 0).toBe(broken);
  });
});

/** Reads like orderbook-rs, which trusts every length: entries of JSON, then a length of 0. */
function isWhole(content: Buffer): boolean {
  let offset = 0;
  while (offset + 4 <= content.length) {
    const length = content.readUInt32LE(offset);
    if (length === 0) return true;
    const end = offset + 4 + length;
    if (length < 20 || end > content.length || content[offset + 20] !== 0x7b || content[end - 5] !== 0x7d)
      return false;
    offset = end;
  }
  return true;
}
