/**
 * A backup and a restore that end at every single call of the file system: because the process is killed
 * there, because the disk is full, and because the power fails.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { COMPANIONS } from '../../../src/cli/companions.js';
import {
  backupJournal,
  FileJournal,
  restoreJournal,
  type FileSystem,
} from '../../../src/file-journal/index.js';
import { IoError } from '../../../src/journal/index.js';
import { FileSnapshotStore } from '../../../src/replay/index.js';
import { JOURNAL_DIRECTORY, SimulatedDisk } from '../../faults/simulation/simulated-disk.js';
import { events } from '../../support/events.js';
import { Random } from '../../support/random.js';
import { appendTo, entriesOf, filesOf, place, SMALL, write } from './support/journals.js';

/** The tests compute for seconds on an idle machine, and for minutes on a busy one. */
jest.setTimeout(600_000);

const CHANGING: readonly (keyof FileSystem)[] = [
  'write',
  'writeInBackground',
  'sync',
  'syncDirectory',
  'rename',
  'unlink',
  'makeDirectory',
  'removeDirectory',
  'openFile',
];

/** Fails calls from the given one on, as a killed process makes none any more; or only that one. */
class DyingFileSystem {
  calls = 0;
  #isDead = false;

  constructor(
    private readonly lastCall: number,
    private readonly mode: 'killed' | 'full',
  ) {}

  get wasReached(): boolean {
    return this.calls > this.lastCall;
  }

  readonly wrap = (real: FileSystem): FileSystem => {
    const wrapped: Record<string, unknown> = {};
    for (const [name, call] of Object.entries(real) as [keyof FileSystem, (...args: unknown[]) => unknown][])
      wrapped[name] = (...args: unknown[]) => {
        if (name === 'closeFile') return call(...args); // the kernel closes them
        const isChange = CHANGING.includes(name) && !(name === 'openFile' && args[1] === 'read');
        if (isChange) this.calls += 1;
        if (
          isChange &&
          this.calls > this.lastCall &&
          (this.mode === 'killed' || this.calls === this.lastCall + 1)
        )
          this.#isDead = this.mode === 'killed';
        const fails = this.#isDead || (isChange && this.mode === 'full' && this.calls === this.lastCall + 1);
        if (!fails) return call(...args);
        const error = new IoError(name, String(args.at(-1)), this.mode === 'full' ? 'ENOSPC' : 'EIO');
        if (['writeInBackground', 'sync', 'syncDirectory', 'evictCachedPages'].includes(name))
          return Promise.reject(error);
        throw error;
      };
    return wrapped as unknown as FileSystem;
  };
}

async function journalAndBackup(): Promise<ReturnType<typeof place>> {
  const paths = place();
  await using journal = await FileJournal.open({ directory: paths.journal, ...SMALL });
  await appendTo(journal, 30);
  await snapshot(paths.journal, 20);
  await backupJournal({ directory: paths.journal, destination: paths.backup, companions: COMPANIONS });
  await appendTo(journal, 60);
  await journal.archiveSegmentsBefore(25n);
  await snapshot(paths.journal, 55);
  return paths;
}

async function snapshot(directory: string, at: number): Promise<void> {
  const [sequence, entryCrc] = (await entriesOf(directory))[at] as [bigint, number];
  const store = new FileSnapshotStore({ directory: join(directory, 'snapshots'), keep: 1 });
  await store.save('book', { sequence, entryCrc, stateVersion: 1, payload: Buffer.from('1') });
}

async function restoredSize(source: string, directory: string): Promise<number> {
  rmSync(directory, { recursive: true, force: true });
  const { entries } = await restoreJournal({ source, directory, companions: COMPANIONS });
  expect(await entriesOf(directory)).toHaveLength(entries);
  return entries;
}

describe.each(['killed', 'full'] as const)('ended at every call (%s)', (mode) => {
  it('a backup leaves the journal untouched and the earlier backup valid, and the next run completes', async () => {
    const { journal, backup, restored, parent } = await journalAndBackup();
    const source = filesOf(journal);
    const kept = `${parent}/kept`;
    copy(backup, kept);
    const outcomes = new Set<number>();
    for (let call = 0; ; call += 1) {
      const dying = new DyingFileSystem(call, mode);
      rmSync(backup, { recursive: true });
      copy(kept, backup);
      const result = await backupJournal({
        directory: journal,
        destination: backup,
        companions: COMPANIONS,
        fileSystem: dying.wrap,
      }).catch((error: unknown) => error);
      if (!dying.wasReached) {
        expect(result).toMatchObject({ lastSequence: 59n, snapshots: 1 });
        expect(call).toBeGreaterThan(20);
        break;
      }
      expect(filesOf(journal)).toEqual(source);
      const entries = await restoredSize(backup, restored);
      outcomes.add(entries);
      if (result instanceof IoError) expect([30, 60]).toContain(entries);
      else expect(entries).toBe(60); // only deleting old files failed
      await backupJournal({ directory: journal, destination: backup, companions: COMPANIONS });
      expect(await restoredSize(backup, restored)).toBe(60);
      const generations = new Set(
        readdirSync(backup)
          .filter((name) => name !== 'manifest.json')
          .map((name) => name.slice(0, 2)),
      );
      expect(generations.size).toBeLessThanOrEqual(3);
      expect(readdirSync(backup)).not.toContain('manifest.json.tmp');
    }
    expect(outcomes).toEqual(new Set([30, 60]));
  });

  it('a first backup leaves a directory that no restore takes, and the next run completes', async () => {
    const { journal, backup, restored } = place();
    await write(journal, 30);
    for (let call = 0; ; call += 1) {
      rmSync(backup, { recursive: true, force: true });
      const dying = new DyingFileSystem(call, mode);
      const result = await backupJournal({
        directory: journal,
        destination: backup,
        fileSystem: dying.wrap,
      }).catch((error: unknown) => error);
      if (!dying.wasReached) break;
      if (result instanceof IoError && !existsSync(join(backup, 'manifest.json'))) {
        await expect(restoreJournal({ source: backup, directory: restored })).rejects.toMatchObject({
          code: expect.stringMatching(/^JOURNAL_(?:CORRUPT_BACKUP|INVALID_DIRECTORY)$/),
        });
      } else expect(await restoredSize(backup, restored)).toBe(30);
      await backupJournal({ directory: journal, destination: backup });
      expect(await restoredSize(backup, restored)).toBe(30);
      rmSync(restored, { recursive: true });
    }
  });

  it('a restore leaves the backup untouched and the target missing, empty or whole, and the next one completes', async () => {
    const { journal, backup, restored, parent } = await journalAndBackup();
    await backupJournal({ directory: journal, destination: backup, companions: COMPANIONS });
    const source = filesOf(backup);
    const whole = new Set<boolean>();
    for (let call = 0; ; call += 1) {
      rmSync(restored, { recursive: true, force: true });
      if (call % 2 === 0) mkdirSync(restored);
      const dying = new DyingFileSystem(call, mode);
      const options = { source: backup, directory: restored, companions: COMPANIONS, toSequence: 57n };
      const result = await restoreJournal({ ...options, fileSystem: dying.wrap }).catch(
        (error: unknown) => error,
      );
      if (!dying.wasReached) {
        expect(result).toMatchObject({ entries: 58, snapshots: 1 });
        break;
      }
      expect(filesOf(backup)).toEqual(source);
      const isWhole = existsSync(restored) && readdirSync(restored).length > 0;
      whole.add(isWhole);
      if (mode === 'full') expect(readdirSync(parent)).not.toContain('.restored.restoring');
      if (isWhole) {
        expect(await entriesOf(restored)).toHaveLength(58);
        await expect(restoreJournal(options)).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_DIRECTORY' });
      } else {
        expect(result).toBeInstanceOf(IoError);
        await restoreJournal(options);
        expect(await entriesOf(restored)).toHaveLength(58);
      }
      expect(readdirSync(parent)).not.toContain('.restored.restoring');
    }
    expect(whole.has(false)).toBe(true);
  });
});

const BACKUP = '/disk/backup';
const RESTORED = '/disk/restored';
/** What a power cut leaves is drawn several times for each step. */
const DRAWS = 6;
const TEARINGS = ['none', 'pages', 'sectors'] as const;

describe('a power cut at every step', () => {
  it.each(['ordered', 'any'] as const)(
    'leaves the earlier backup or the new one (names %s)',
    async (order) => {
      const random = new Random(7);
      const disk = await diskWithJournal(random);
      const fileSystem = (): FileSystem => disk.files;
      await backupJournal({ directory: JOURNAL_DIRECTORY, destination: BACKUP, fileSystem });
      await append(disk, 40);
      const found = new Set<number>();
      // Each life begins on the disk before the second backup, as its power cut leaves it.
      for (let step = 0; ; step += 1) {
        const life = disk.afterPowerCut('all', 'ordered', random);
        life.cutAfter(step);
        await backupJournal({
          directory: JOURNAL_DIRECTORY,
          destination: BACKUP,
          fileSystem: () => life.files,
        }).catch((error: unknown) => expect(error).toBeInstanceOf(IoError));
        const isComplete = !life.isOff;
        for (let draw = 0; draw < DRAWS; draw += 1) {
          const after = life.afterPowerCut(random.pick(TEARINGS), order, random);
          const { entries } = await restoreJournal({
            source: BACKUP,
            directory: RESTORED,
            fileSystem: () => after.files,
          });
          found.add(entries);
          expect(isComplete ? [40] : [20, 40]).toContain(entries);
        }
        if (isComplete) break;
      }
      expect(found).toEqual(new Set([20, 40]));
    },
  );

  it.each(['ordered', 'any'] as const)(
    'leaves a target that is missing or whole (names %s)',
    async (order) => {
      const random = new Random(8);
      const disk = await diskWithJournal(random);
      const fileSystem = (): FileSystem => disk.files;
      await backupJournal({ directory: JOURNAL_DIRECTORY, destination: BACKUP, fileSystem });
      const found = new Set<boolean>();
      for (let step = 0; ; step += 1) {
        const life = disk.afterPowerCut('all', 'ordered', random);
        life.cutAfter(step);
        const options = { source: BACKUP, directory: RESTORED };
        await restoreJournal({ ...options, fileSystem: () => life.files }).catch((error: unknown) =>
          expect(error).toBeInstanceOf(IoError),
        );
        const isComplete = !life.isOff;
        for (let draw = 0; draw < DRAWS; draw += 1) {
          const after = life.afterPowerCut(random.pick(TEARINGS), order, random);
          const again = await restoreJournal({ ...options, fileSystem: () => after.files }).catch(
            (error: { code: string }) => error.code,
          );
          const wasWhole = again === 'JOURNAL_BACKUP_DIRECTORY';
          found.add(wasWhole);
          await using journal = await FileJournal.open({
            directory: RESTORED,
            fileSystem: () => after.files,
            mapper: 'koffi',
            ...SMALL,
          });
          expect(journal.recovery).toMatchObject({ outcome: 'clean', lastSequence: 19n });
          if (isComplete) expect(wasWhole).toBe(true);
        }
        if (isComplete) break;
      }
      expect(found).toEqual(new Set([false, true]));
    },
  );
});

async function diskWithJournal(random: Random): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(random);
  await append(disk, 20);
  return disk;
}

async function append(disk: SimulatedDisk, to: number): Promise<void> {
  await using journal = await FileJournal.open({
    directory: JOURNAL_DIRECTORY,
    fileSystem: () => disk.files,
    mapper: 'koffi',
    ...SMALL,
  });
  await journal.appendBatch(events(Number(journal.nextSequence ?? 0n), to, 200));
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}
