/**
 * Cuts the power at every single step of creating, appending, rotating, archiving and closing, and of two
 * recoveries.
 */
import { describe, expect, it, jest } from '@jest/globals';
import { FileJournal, type WriterName } from '../../../src/file-journal/index.js';
import { live, type LifeOptions } from './crash-life.js';
import { JournalHistory, uniqueEvent } from './journal-history.js';
import { Random } from '../../support/random.js';
import { JOURNAL_DIRECTORY, SimulatedDisk } from './simulated-disk.js';
import type { Tearing } from './simulated-file.js';

/** The tests compute for seconds on an idle machine, and for minutes on a busy one. */
jest.setTimeout(600_000);

const TEARINGS: readonly Tearing[] = ['none', 'all', 'pages', 'pages', 'states', 'sectors', 'sectors'];
const MAX_UNSYNCED_BYTES = 65_536;
const ENDS_HERE = 10_000;

function optionsFor(writer: WriterName): LifeOptions {
  return {
    journal: { segmentSizeBytes: 8192, writer, mapper: 'koffi' },
    maxUnsyncedBytes: MAX_UNSYNCED_BYTES,
    textBytes: 300,
    mayArchive: true,
    rounds: 0,
    afterKill: false,
  };
}

/** A fixed sequence of work: a single append, a batch over a rotation, archiving, another append, close. */
async function work(
  disk: SimulatedDisk,
  history: JournalHistory,
  random: Random,
  options: LifeOptions,
): Promise<void> {
  const journal = await FileJournal.open({
    directory: JOURNAL_DIRECTORY,
    fileSystem: () => disk.files,
    maxUnsyncedBytes: MAX_UNSYNCED_BYTES,
    ...options.journal,
  });
  const append = async (count: number): Promise<void> => {
    const from = history.next;
    const events = Array.from({ length: count }, (_, index) =>
      uniqueEvent(from + BigInt(index), random, 300),
    );
    for (const event of events) history.noteSubmitted(event);
    await journal.appendBatch(events);
    history.noteDurable(history.next - 1n);
  };
  try {
    await append(1);
    await append(30);
    history.noteArchiving(25n);
    await journal.archiveSegmentsBefore(25n);
    await append(1);
    await append(8);
  } finally {
    history.noteDurable(journal.durableSequence);
    await journal.close();
  }
}

/** Opens until it succeeds, and checks. The power fails at the given steps of the first attempts. */
async function recover(
  torn: SimulatedDisk,
  history: JournalHistory,
  random: Random,
  options: LifeOptions,
  cuts: readonly (readonly [step: number, tearing: Tearing])[],
): Promise<SimulatedDisk> {
  let disk = torn;
  for (const [step, tearing] of cuts) {
    disk.cutAfter(step);
    await live(disk, history, random, options);
    disk = disk.afterPowerCut(tearing, 'ordered', random);
  }
  expect(await live(disk, history, random, options)).toBe(true);
  return disk;
}

describe.each(['positioned', 'mapped'] as const)('a power cut at every step, %s writer', (writer) => {
  const options = optionsFor(writer);

  it('of creating, appending, rotating, archiving and closing loses no acknowledged entry', async () => {
    let steps = 0;
    for (let cutAt = 0; ; cutAt += 1) {
      let isOff = false;
      for (const [index, tearing] of TEARINGS.entries()) {
        const random = new Random(cutAt * 100 + index);
        const disk = new SimulatedDisk(random);
        const history = new JournalHistory(0n);
        disk.cutAfter(cutAt);
        await work(disk, history, random, options).catch(() => undefined);
        isOff = disk.isOff;
        const order = cutAt % 2 === index % 2 ? 'ordered' : 'any';
        await recover(disk.afterPowerCut(tearing, order), history, random, options, []);
      }
      steps = cutAt;
      if (!isOff) break;
    }
    expect(steps).toBeGreaterThan(45);
  });

  it('of recovering a torn write, and of the next recovery, loses no acknowledged entry', async () => {
    let recoveries = 0;
    for (let first = 0; first < ENDS_HERE; first += 1) {
      let second = 0;
      for (; second < ENDS_HERE; second += 1) {
        const { disk, history, random } = await tornJournal(options, first * 31 + second);
        const tearing = TEARINGS[(first + second) % TEARINGS.length] as Tearing;
        disk.cutAfter(first);
        await live(disk, history, random, options);
        if (!disk.isOff) break;
        const again = disk.afterPowerCut(tearing, 'ordered', random);
        again.cutAfter(second);
        await live(again, history, random, options);
        await recover(again.afterPowerCut('pages', 'ordered', random), history, random, options, []);
        recoveries += 1;
        if (!again.isOff) break;
      }
      if (second === 0) break; // the first recovery needs no more steps
    }
    expect(recoveries).toBeGreaterThan(100);
  });
});

/** Six entries on disk, then a group of which only some pages were stored before the power cut. */
async function tornJournal(
  options: LifeOptions,
  seed: number,
): Promise<{ disk: SimulatedDisk; history: JournalHistory; random: Random }> {
  const random = new Random(seed);
  for (;;) {
    const disk = new SimulatedDisk(random);
    const history = new JournalHistory(0n);
    const journal = await FileJournal.open({
      directory: JOURNAL_DIRECTORY,
      fileSystem: () => disk.files,
      maxUnsyncedBytes: MAX_UNSYNCED_BYTES,
      ...options.journal,
      segmentSizeBytes: 65_536,
    });
    const events = Array.from({ length: 46 }, (_, index) => uniqueEvent(BigInt(index), random, 300));
    for (const event of events) history.noteSubmitted(event);
    await journal.appendBatch(events.slice(0, 6));
    history.noteDurable(5n);
    // The group is written; the power fails before the sync ends.
    disk.cutAfter(options.journal.writer === 'mapped' ? 1 : 3);
    await journal.appendBatch(events.slice(6)).catch(() => undefined);
    await journal.close();
    const survivor = disk.afterPowerCut('pages', 'ordered');
    if (isTorn(survivor)) return { disk: survivor, history, random };
  }
}

/** Whether bytes other than zeros follow the last intact entry. */
function isTorn(disk: SimulatedDisk): boolean {
  const content = disk.journalFiles().get('segment-00000000000000000000.journal')?.content ?? Buffer.alloc(4);
  let offset = 0;
  while (content.readUInt32LE(offset) !== 0) offset += 4 + content.readUInt32LE(offset);
  return content.subarray(offset).some((byte) => byte !== 0);
}
