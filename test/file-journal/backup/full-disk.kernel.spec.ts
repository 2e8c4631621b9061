/** Backups and restores on small disks that are full, and on mount points. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { backupJournal, FileJournal, restoreJournal } from '../../../src/file-journal/index.js';
import { LoopDisk, MemoryDisk } from '../../faults/kernel/support/loop-disk.js';
import { describeWith } from '../../support/requirements.js';
import { appendTo, entriesOf, filesOf, place } from './support/journals.js';

const OPTIONS = { segmentSizeBytes: 64 * 1024 } as const;

describeWith({ loop: true, tools: ['mount', 'mkfs.ext4'] }, 'a full disk', () => {
  it('ends a backup with an error and leaves the earlier one; with space again, the next run completes', async () => {
    const { journal: directory, restored } = place();
    const disk = new LoopDisk();
    const destination = join(disk.path, 'backup');
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    await appendTo(journal, 500);
    await backupJournal({ directory, destination });
    const earlier = filesOf(destination);
    await appendTo(journal, 3_000);
    const free = disk.fill();
    await expect(backupJournal({ directory, destination })).rejects.toMatchObject({
      code: 'JOURNAL_IO',
      osCode: 'ENOSPC',
    });
    expect(filesOf(destination)).toEqual(earlier);
    await restoreJournal({ source: destination, directory: restored });
    expect(await entriesOf(restored)).toHaveLength(500);
    free();
    await backupJournal({ directory, destination });
    await restoreJournal({ source: destination, directory: `${restored}-2` });
    expect(await entriesOf(`${restored}-2`)).toHaveLength(3_000);
  });

  it('ends a restore with an error and leaves nothing; the root of a disk cannot be the target', async () => {
    const { journal: directory, backup: destination } = place();
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      await appendTo(journal, 3_000);
    }
    await backupJournal({ directory, destination });
    const disk = new LoopDisk();
    const free = disk.fill();
    const restored = join(disk.path, 'restored');
    await expect(restoreJournal({ source: destination, directory: restored })).rejects.toMatchObject({
      code: 'JOURNAL_IO',
      osCode: 'ENOSPC',
    });
    expect(existsSync(restored)).toBe(false);
    expect(readdirSync(disk.path).sort()).toEqual(['ballast', 'lost+found']);
    free();
    await expect(restoreJournal({ source: destination, directory: disk.path })).rejects.toMatchObject({
      code: 'JOURNAL_BACKUP_DIRECTORY',
    });
    await restoreJournal({ source: destination, directory: restored });
    expect(await entriesOf(restored)).toHaveLength(3_000);
  });

  it('whose root is empty is refused as a target, with the advice to use a directory in it', async () => {
    const { journal: directory, backup: destination } = place();
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      await appendTo(journal, 10);
    }
    await backupJournal({ directory, destination });
    const mount = new MemoryDisk(8);
    await expect(restoreJournal({ source: destination, directory: mount.path })).rejects.toMatchObject({
      code: 'JOURNAL_BACKUP_DIRECTORY',
      reason: expect.stringContaining(join(mount.path, 'journal')),
    });
    expect(readdirSync(mount.path)).toEqual([]);
  });
});
