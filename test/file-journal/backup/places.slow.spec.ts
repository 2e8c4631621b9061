/** Directories that a backup or a restore refuses. */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { backupJournal, FileJournal, restoreJournal } from '../../../src/file-journal/index.js';
import { FaultyFileSystem } from '../../support/faulty-file-system.js';
import { appendTo, entriesOf, filesOf, place, SMALL, write, writeOther } from './support/journals.js';

let paths: ReturnType<typeof place>;

beforeEach(async () => {
  paths = place();
  await write(paths.journal, 30);
});

describe('the destination of a backup', () => {
  it.each([
    ['the directory of the journal', (): string => paths.journal],
    ['a directory in it', (): string => join(paths.journal, 'backup')],
    ['a directory around it', (): string => paths.parent],
    ['a link to it', (): string => linkTo(paths.journal)],
    ['a directory in a link to it', (): string => join(linkTo(paths.journal), 'deep', 'backup')],
    ['another path to it', (): string => join(paths.parent, 'x', '..', 'journal')],
  ])('is refused if it is %s', async (_what, destination) => {
    const before = filesOf(paths.parent);
    await expect(
      backupJournal({ directory: paths.journal, destination: destination() }),
    ).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_DIRECTORY' });
    expect(filesOf(paths.parent)).toEqual(before);
  });

  it('is refused if it holds anything but a backup', async () => {
    mkdirSync(paths.backup);
    writeFileSync(join(paths.backup, 'notes.txt'), 'x');
    await expect(
      backupJournal({ directory: paths.journal, destination: paths.backup }),
    ).rejects.toMatchObject({
      code: 'JOURNAL_BACKUP_DIRECTORY',
      reason: expect.stringContaining('notes.txt'),
    });
    expect(readdirSync(paths.backup)).toEqual(['notes.txt']);
  });

  it('may be the root of a disk, or hold what a killed first run left', async () => {
    mkdirSync(join(paths.backup, 'lost+found'), { recursive: true });
    writeFileSync(join(paths.backup, 'g1-segment-00000000000000000000.journal'), 'half');
    writeFileSync(join(paths.backup, 'manifest.json.tmp'), '{');
    await backupJournal({ directory: paths.journal, destination: paths.backup });
    await restoreJournal({ source: paths.backup, directory: paths.restored });
    expect(await entriesOf(paths.restored)).toEqual(await entriesOf(paths.journal));
    expect(readdirSync(paths.backup)).toContain('lost+found');
  });

  it('keeps other files beside a backup', async () => {
    await backupJournal({ directory: paths.journal, destination: paths.backup });
    writeFileSync(join(paths.backup, 'README'), 'x');
    await backupJournal({ directory: paths.journal, destination: paths.backup });
    expect(readdirSync(paths.backup)).toContain('README');
  });

  it('is refused if its manifest was lost: what it holds may exist nowhere else', async () => {
    await backupJournal({ directory: paths.journal, destination: paths.backup });
    await write(paths.journal, 60);
    await backupJournal({ directory: paths.journal, destination: paths.backup });
    rmSync(join(paths.backup, 'manifest.json'));
    const before = filesOf(paths.backup);
    await expect(
      backupJournal({ directory: paths.journal, destination: paths.backup }),
    ).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT_BACKUP' });
    expect(filesOf(paths.backup)).toEqual(before);
  });

  it('may be on a file system that can neither lock nor sync a directory, as NFS and SMB', async () => {
    const faults = new FaultyFileSystem();
    faults.fail('tryLockExclusive', 'EBADF');
    faults.fail('syncDirectory', 'EINVAL', { path: /backup$/ });
    const options = { directory: paths.journal, destination: paths.backup, fileSystem: faults.wrap };
    mkdirSync(paths.backup);
    await backupJournal(options);
    await write(paths.journal, 40);
    expect(await backupJournal(options)).toMatchObject({ generation: 2, lastSequence: 39n });
    faults.heal();
    faults.fail('syncDirectory', 'EIO', { path: /backup$/ });
    await expect(backupJournal(options)).rejects.toMatchObject({ code: 'JOURNAL_IO', osCode: 'EIO' });
  });

  it('is refused while another backup is written to it', async () => {
    const blocking = await FileJournal.open({ directory: paths.backup, ...SMALL });
    await expect(
      backupJournal({ directory: paths.journal, destination: paths.backup }),
    ).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_DIRECTORY', reason: expect.stringContaining('another') });
    await blocking.close();
  });
});

describe('a backup of another history', () => {
  const again = (): Promise<unknown> =>
    backupJournal({ directory: paths.journal, destination: paths.backup });

  it('is refused: the journal was restored to an earlier state and has continued', async () => {
    await again();
    await restoreJournal({ source: paths.backup, directory: paths.restored, toSequence: 20n });
    rmSync(paths.journal, { recursive: true });
    await restoreJournal({ source: paths.backup, directory: paths.journal, toSequence: 20n });
    const before = filesOf(paths.backup);
    await expect(again()).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_HISTORY', sequence: 29n });
    await writeOther(paths.journal, 30);
    await expect(again()).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_HISTORY', sequence: 29n });
    expect(filesOf(paths.backup)).toEqual(before);
  });

  it('is refused: only the last entries are the same', async () => {
    await again();
    rmSync(paths.journal, { recursive: true });
    // A segment boundary lies between the different and the equal entries.
    await writeOther(paths.journal, 15);
    await write(paths.journal, 30);
    await expect(again()).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_HISTORY' });
  });

  it('is refused: the journal no longer holds the end of the backup', async () => {
    await again();
    await using journal = await FileJournal.open({ directory: paths.journal, ...SMALL });
    await appendTo(journal, 100);
    await journal.archiveSegmentsBefore(90n);
    for (const name of readdirSync(paths.journal).filter((one) => one.includes('.archived')))
      rmSync(join(paths.journal, name));
    await expect(again()).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_HISTORY', sequence: 29n });
  });

  it('is not what a journal becomes that deletes archived segments: the backup keeps them', async () => {
    await again();
    const entries = await entriesOf(paths.journal);
    await using journal = await FileJournal.open({ directory: paths.journal, ...SMALL });
    await journal.archiveSegmentsBefore(29n);
    for (const name of readdirSync(paths.journal).filter((one) => one.includes('.archived')))
      rmSync(join(paths.journal, name));
    await appendTo(journal, 60);
    await again();
    await restoreJournal({ source: paths.backup, directory: paths.restored });
    const restored = await entriesOf(paths.restored);
    expect(restored).toHaveLength(60);
    expect(restored.slice(0, 30)).toEqual(entries);
  });
});

describe('archived segments', () => {
  it('are left out on request, but not those that connect an earlier backup with the live ones', async () => {
    await using journal = await FileJournal.open({ directory: paths.journal, ...SMALL });
    await appendTo(journal, 60);
    await journal.archiveSegmentsBefore(40n);
    const without = { directory: paths.journal, destination: paths.backup, archived: false };
    const live = await backupJournal(without);
    expect(live.firstSequence).toBe(journal.firstAvailableSequence);
    await appendTo(journal, 100);
    await journal.archiveSegmentsBefore(95n);
    expect(await backupJournal(without)).toMatchObject({
      firstSequence: live.firstSequence,
      lastSequence: 99n,
    });
    await restoreJournal({ source: paths.backup, directory: paths.restored });
    const whole = await entriesOf(paths.journal);
    expect(await entriesOf(paths.restored)).toEqual(whole.slice(Number(live.firstSequence)));
  });
});

describe('the target of a restore', () => {
  beforeEach(async () => {
    await backupJournal({ directory: paths.journal, destination: paths.backup });
  });

  const restoreTo = (directory: string): Promise<unknown> =>
    restoreJournal({ source: paths.backup, directory });

  it.each([
    ['a directory with a file', (): string => paths.journal],
    ['the backup', (): string => paths.backup],
    ['a directory in the backup', (): string => join(paths.backup, 'restored')],
    ['a file', (): string => touch(join(paths.parent, 'file'))],
    ['the root directory', (): string => '/'],
    ['a mount point', (): string => '/proc'],
  ])('is refused if it is %s', async (_what, directory) => {
    const target = directory();
    const before = filesOf(paths.parent);
    await expect(restoreTo(target)).rejects.toMatchObject({
      code: expect.stringMatching(/^JOURNAL_BACKUP_DIRECTORY$/),
    });
    expect(filesOf(paths.parent)).toEqual(before);
  });

  it('may be empty, a link to an empty directory, or missing with its parents', async () => {
    mkdirSync(paths.restored);
    await restoreTo(paths.restored);
    mkdirSync(join(paths.parent, 'empty'));
    symlinkSync(join(paths.parent, 'empty'), join(paths.parent, 'link-to-empty'));
    await restoreTo(join(paths.parent, 'link-to-empty'));
    await restoreTo(join(paths.parent, 'a', 'b', 'c'));
    for (const name of ['restored', 'empty', 'a/b/c'])
      expect(await entriesOf(join(paths.parent, name))).toHaveLength(30);
    expect(readdirSync(paths.parent).filter((name) => name.endsWith('.restoring'))).toEqual([]);
  });

  it('may have the remains of a killed restore beside it, but not something else of that name', async () => {
    const remains = join(paths.parent, '.restored.restoring');
    mkdirSync(join(remains, 'snapshots'), { recursive: true });
    writeFileSync(join(remains, 'snapshots', 'snapshot-x-00000000000000000001.snap'), 'half');
    writeFileSync(join(remains, 'segment-00000000000000000000.journal'), 'half');
    await restoreTo(paths.restored);
    expect(existsSync(remains)).toBe(false);
    rmSync(paths.restored, { recursive: true });
    for (const [name, make] of [
      ['notes.txt', touch],
      ['folder', (path: string) => mkdirSync(path)],
    ] as const) {
      mkdirSync(remains);
      touch(join(remains, 'segment-00000000000000000000.journal'));
      make(join(remains, name));
      await expect(restoreTo(paths.restored)).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_DIRECTORY' });
      expect(readdirSync(remains)).toHaveLength(2);
      rmSync(remains, { recursive: true });
    }
    touch(remains);
    await expect(restoreTo(paths.restored)).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_DIRECTORY' });
    rmSync(remains);
    symlinkSync(paths.journal, remains);
    await expect(restoreTo(paths.restored)).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_DIRECTORY' });
    expect(await entriesOf(paths.journal)).toHaveLength(30);
  });

  it('is refused if something appears in it while the restore runs', async () => {
    mkdirSync(paths.restored);
    await expect(
      restoreJournal({
        source: paths.backup,
        directory: paths.restored,
        onProgress: ({ phase }) => phase === 'copying' && touch(join(paths.restored, 'mine')),
      }),
    ).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_DIRECTORY' });
    expect(readdirSync(paths.restored)).toEqual(['mine']);
    expect(readdirSync(paths.parent)).not.toContain('.restored.restoring');
  });
});

describe('a signal', () => {
  it('ends a backup and a restore, which leave nothing new', async () => {
    const ended = new Error('ended');
    for (const phase of ['copying', 'verifying'] as const) {
      const controller = new AbortController();
      const onProgress = (progress: { phase: string; bytesDone: number }): void => {
        if (progress.phase === phase && progress.bytesDone > 0) controller.abort(ended);
      };
      const options = { onProgress, signal: controller.signal };
      if (phase === 'copying') {
        await expect(
          backupJournal({ directory: paths.journal, destination: paths.backup, ...options }),
        ).rejects.toBe(ended);
        expect(readdirSync(paths.backup)).toEqual([]);
        await backupJournal({ directory: paths.journal, destination: paths.backup });
      } else {
        await expect(
          restoreJournal({ source: paths.backup, directory: paths.restored, ...options }),
        ).rejects.toBe(ended);
        expect(existsSync(paths.restored)).toBe(false);
      }
    }
  });
});

function linkTo(path: string): string {
  const link = join(paths.parent, 'link');
  symlinkSync(path, link);
  return link;
}

function touch(path: string): string {
  writeFileSync(path, '');
  return path;
}
