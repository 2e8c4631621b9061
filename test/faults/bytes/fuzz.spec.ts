/**
 * Opening, reading, verifying and repairing any directory yields entries or typed errors, quickly and in
 * little memory.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../../src/file-journal/index.js';
import { SequencerEvent, type JournalReader } from '../../../src/journal/index.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { Random, seedFromEnvironment } from '../../support/random.js';
import { diskWith, openOn, openViewerOn, readUpToError, sameFiles, typed } from './journal-bytes.js';
import { drawDirectory, goldenDirectories, type Files } from './mutations.js';

const SEED = seedFromEnvironment(70_000);
const DIRECTORIES = Number(process.env['FUZZ_DIRECTORIES'] ?? 120);
const REAL_DIRECTORIES = Math.ceil(DIRECTORIES / 10);
/** CPU time for one directory: a few hundred kilobytes, opened, read and verified a dozen times. */
const MAX_CPU_S = 8;
const TIMEOUT_MS = 300_000 + DIRECTORIES * 1_000;

/** Reads in every way. Only JournalErrors and entries in ascending order are allowed. */
async function readEverything(journal: JournalReader): Promise<string[]> {
  for (const onCorrupt of ['skip', () => undefined] as const) {
    for (const entry of journal.readFrom(0n, { onCorrupt })) void entry.event;
  }
  for await (const entry of journal.readFrom(3n, { onCorrupt: 'skip', limit: 50 })) entry.toJSON();
  const report = await journal.verifyIntegrity();
  const { payloads, error } = readUpToError(journal);
  expect(report.ok && error !== null).toBe(false);
  return payloads;
}

/** @returns the payloads up to the first error; null if the journal does not open */
async function openAndUse(open: () => Promise<FileJournal>): Promise<string[] | null> {
  let journal: FileJournal;
  try {
    journal = await open();
  } catch (error) {
    typed(error);
    return null;
  }
  try {
    await readEverything(journal);
    const next = journal.nextSequence;
    if (next !== null) {
      const event = new SequencerEvent({
        sequenceNum: next,
        timestampNs: 1,
        command: 'appended',
        result: null,
      });
      await journal.append(event).catch(typed);
    }
    return readUpToError(journal).payloads;
  } finally {
    await journal.close().catch(typed);
  }
}

async function survive(files: Files): Promise<void> {
  const disk = diskWith(files);
  for (const reader of ['mapped', 'positioned'] as const) {
    const viewer = await openViewerOn(disk, { reader }).catch(typed);
    if (viewer instanceof Error) continue;
    await readEverything(viewer).catch(typed);
    await viewer.close();
  }
  expect(sameFiles(disk, files)).toBe(true); // a reader must change nothing
  const options = { segmentSizeBytes: 65_536 };
  const used = await openAndUse(() => openOn(disk, { ...options, reader: 'positioned' }));
  if (used === null) expect(unchanged(disk, files)).toBe(true);
  // A journal that opened once opens again with all its entries. A repaired one needs no second repair.
  const repaired = await openAndUse(() => openOn(disk, { ...options, repair: 'cut' }));
  if (used !== null) expect(repaired?.slice(0, used.length)).toEqual(used);
  if (repaired !== null) {
    const again = await openAndUse(() => openOn(disk, options));
    expect(again?.slice(0, repaired.length)).toEqual(repaired);
  }
}

/** A refusal changes no segment. A left-over prepared segment does not count. */
function unchanged(disk: ReturnType<typeof diskWith>, files: Files): boolean {
  const now = disk.journalFiles();
  return Object.entries(files).every(
    ([name, content]) =>
      !name.startsWith('segment-') || Buffer.from(now.get(name)?.content ?? []).equals(content),
  );
}

describe('random and mutated directories', () => {
  const golden = goldenDirectories();

  it(
    `${DIRECTORIES} of them from seed ${SEED}: entries or typed errors`,
    async () => {
      expect(golden.length).toBeGreaterThan(8);
      for (let seed = SEED; seed < SEED + DIRECTORIES; seed += 1) {
        const files = drawDirectory(new Random(seed), golden);
        const startedUs = process.cpuUsage();
        try {
          await survive(files);
        } catch (cause) {
          throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
        }
        const { user, system } = process.cpuUsage(startedUs);
        expect({ seed, soon: (user + system) / 1e6 < MAX_CPU_S }).toEqual({ seed, soon: true });
      }
    },
    TIMEOUT_MS,
  );

  it(
    `${REAL_DIRECTORIES} of them on a real file system, mapped and positioned`,
    async () => {
      for (let seed = SEED; seed < SEED + REAL_DIRECTORIES; seed += 1) {
        const files = drawDirectory(new Random(seed), golden);
        const directory = join(temporaryDirectory('fuzz-'), 'journal');
        mkdirSync(directory);
        for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
        const viewer = await FileJournal.openReadOnly({ directory }).catch(typed);
        if (!(viewer instanceof Error)) {
          await readEverything(viewer).catch(typed);
          await viewer.close();
        }
        let before: readonly string[] = [];
        for (const options of [{}, { writer: 'mapped' }, { repair: 'cut' }] as const) {
          const used = await openAndUse(() =>
            FileJournal.open({ directory, segmentSizeBytes: 65_536, ...options }),
          );
          expect({ seed, kept: (used ?? before).slice(0, before.length) }).toEqual({ seed, kept: before });
          before = used ?? before;
        }
      }
    },
    TIMEOUT_MS,
  );
});
