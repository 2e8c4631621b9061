/**
 * A power cut during the write of an entry that is larger than `maxUnsyncedBytes` and contains valid entries.
 */
import { describe, expect, it, jest } from '@jest/globals';
import { FileJournal, type FileJournalOptions } from '../../../src/file-journal/index.js';
import { SequencerEvent, type PayloadCodec } from '../../../src/journal/index.js';
import { rawEntry } from '../bytes/journal-bytes.js';
import { Random } from '../../support/random.js';
import { JOURNAL_DIRECTORY, SimulatedDisk } from './simulated-disk.js';

jest.setTimeout(300_000);

const LIMIT = 4096;
const LARGE_BYTES = 40_000;

/** Random bytes. */
const rawCodec: PayloadCodec<Buffer, null> = {
  encode: ({ command }) => command,
  decode: (payload, sequenceNum, timestampNs) =>
    new SequencerEvent({ sequenceNum, timestampNs, command: Buffer.from(payload), result: null }),
};

/** A payload of intact entries that could follow the previous entry. */
function treacherous(sequence: bigint): Buffer {
  const payload = Buffer.alloc(LARGE_BYTES, 0x20);
  for (let at = 100; at + 200 < payload.length; at += 700) rawEntry(sequence + 1n).copy(payload, at);
  return payload;
}

const noted = (sequenceNum: number, command: Buffer): SequencerEvent<Buffer, null> =>
  new SequencerEvent({ sequenceNum, timestampNs: 7, command, result: null });

const optionsOn = (disk: SimulatedDisk, options: object): FileJournalOptions<Buffer, null> => ({
  directory: JOURNAL_DIRECTORY,
  fileSystem: () => disk.files,
  codec: rawCodec,
  segmentSizeBytes: 131_072,
  maxUnsyncedBytes: LIMIT,
  mapper: 'koffi',
  ...options,
});

async function acknowledgedBeforeCut(disk: SimulatedDisk, steps: number, options: object): Promise<number> {
  let acknowledged = -1;
  const journal = await FileJournal.open(optionsOn(disk, options));
  const appends = [noted(0, Buffer.from('small')), noted(1, treacherous(1n)), noted(2, Buffer.from('next'))];
  disk.cutAfter(steps);
  for (const appended of appends) {
    try {
      await journal.append(appended);
      if (journal.durability === 'sync') acknowledged = Number(appended.sequenceNum);
    } catch {
      break;
    }
  }
  await journal.close().catch(() => undefined);
  return acknowledged;
}

describe.each([
  ['sync', 'positioned'],
  ['sync', 'mapped'],
  ['async', 'positioned'],
] as const)('a large entry (%s durability, %s writer)', (durability, writer) => {
  it('torn anywhere is cut, even if its length is lost and its end is not', async () => {
    const options = { durability, writer, syncIntervalMs: 60_000 };
    let torn = 0;
    for (let steps = 0; steps < 30; steps += 1) {
      for (const tearing of ['pages', 'states', 'sectors'] as const) {
        for (let seed = 1; seed <= 8; seed += 1) {
          const disk = new SimulatedDisk(new Random(seed), { allocates: true, maxSyncTurns: 0 });
          const acknowledged = await acknowledgedBeforeCut(disk, steps, options);
          const survivor = disk.afterPowerCut(tearing, 'any', new Random(seed * 31 + steps));
          const journal = await FileJournal.open(optionsOn(survivor, options));
          const sequences = [...journal.readFrom(0n)].map(({ sequenceNum }) => Number(sequenceNum));
          expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, index) => index));
          expect(sequences.length - 1).toBeGreaterThanOrEqual(acknowledged);
          if (journal.recovery.outcome === 'torn-tail') torn += 1;
          await journal.close();
        }
      }
    }
    expect(torn).toBeGreaterThan(20);
  });

  it('restores the usual limit afterwards: damage before a more distant intact entry is refused again', async () => {
    const disk = new SimulatedDisk(new Random(1), { allocates: true, maxSyncTurns: 0 });
    const journal = await FileJournal.open(optionsOn(disk, { durability, writer }));
    await journal.append(noted(0, Buffer.from('small')));
    await journal.append(noted(1, treacherous(1n)));
    await journal.close();
    const early = Buffer.from(disk.journalFiles().get('journal.checkpoint')?.content ?? []);
    const limits = [0, 4096].map((slot) => early.readBigUInt64LE(slot + 40));
    const generations = [0, 4096].map((slot) => early.readBigUInt64LE(slot + 8));
    const newest = (generations[0] as bigint) > (generations[1] as bigint) ? 0 : 1;
    expect(limits[newest]).toBe(BigInt(LIMIT));
  });
});
