/** A power cut in the first session of a journal, whose only directory syncs are those of its creation. */
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../../src/file-journal/index.js';
import { uniqueEvent } from './journal-history.js';
import { Random } from '../../support/random.js';
import { JOURNAL_DIRECTORY, SimulatedDisk } from './simulated-disk.js';

const FIRST = 'segment-00000000000000000000.journal';
const LARGE_LIMIT = 65_536;
const SMALL_LIMIT = 4096;

/** Five acknowledged entries, then a group of 60 of which all pages but the first reached the disk. */
async function tornInFirstSession(random: Random): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(random, { allocates: true, maxSyncTurns: 0 });
  const journal = await FileJournal.open({
    directory: JOURNAL_DIRECTORY,
    maxUnsyncedBytes: LARGE_LIMIT,
    segmentSizeBytes: LARGE_LIMIT,
    fileSystem: () => disk.files,
  });
  const events = Array.from({ length: 65 }, (_, index) => uniqueEvent(BigInt(index), random, 300));
  await journal.appendBatch(events.slice(0, 5));
  const durableBytes = endOfData(disk);
  disk.cutAfter(3);
  await journal.appendBatch(events.slice(5)).catch(() => undefined);
  await journal.close();
  const written = Buffer.from(disk.journalFiles().get(FIRST)?.content ?? []);
  written.fill(0, durableBytes, durableBytes + 2000);
  const survivor = disk.afterPowerCut('none', 'ordered', new Random(0));
  survivor.replaceFile(FIRST, written);
  return survivor;
}

function endOfData(disk: SimulatedDisk): number {
  const content = disk.journalFiles().get(FIRST)?.content ?? Buffer.alloc(4);
  let offset = 0;
  while (content.readUInt32LE(offset) !== 0) offset += 4 + content.readUInt32LE(offset);
  return offset;
}

describe('a torn write of the first session', () => {
  it('is recovered with a smaller maxUnsyncedBytes, because the checkpoint holds the old one', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const disk = await tornInFirstSession(new Random(seed));
      expect([...disk.journalFiles().keys()]).toContain('journal.checkpoint');
      const journal = await FileJournal.open({
        directory: JOURNAL_DIRECTORY,
        maxUnsyncedBytes: SMALL_LIMIT,
        fileSystem: () => disk.files,
      });
      expect(journal.recovery).toMatchObject({ outcome: 'torn-tail', lastSequence: 4n });
      await journal.close();
    }
  });
});
