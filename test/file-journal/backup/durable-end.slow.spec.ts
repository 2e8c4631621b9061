/** Where a backup ends beside a writer whose entries are not durable yet, or will never be. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { backupJournal, FileJournal } from '../../../src/file-journal/index.js';
import { event } from '../../support/events.js';
import { FaultyFileSystem } from '../../support/faulty-file-system.js';
import { until } from '../../support/until.js';
import { appendTo, place, SMALL, write } from './support/journals.js';

describe('the end of a backup beside a writer', () => {
  it('is at or after what was acknowledged when the backup began', async () => {
    const { journal: directory, backup: destination } = place();
    await using journal = await FileJournal.open({ directory });
    for (const to of [10, 25, 26]) {
      await appendTo(journal, to);
      const report = await backupJournal({ directory, destination });
      expect(report).toMatchObject({ rule: 'checkpoint', lastSequence: BigInt(to - 1) });
    }
  });

  it('waits for entries that are written and not durable, and includes them once they are', async () => {
    const { journal: directory, backup: destination } = place();
    const faults = new FaultyFileSystem();
    await using journal = await FileJournal.open({ directory, fileSystem: faults.wrap });
    await appendTo(journal, 5);
    const release = faults.hold('sync');
    const pending = journal.append(event(5));
    await until(async () => (await lastWritten(directory)) === 5n);
    const refused = await backupJournal({ directory, destination, waitMs: 1_500 }).then(
      () => null,
      (error: unknown) => error,
    );
    if (refused === null) release(); // closing waits for it
    expect(refused).toMatchObject({ code: 'JOURNAL_BACKUP_NOT_DURABLE', sequence: 5n });
    expect(readdirSync(destination)).toEqual([]);
    let phases = 0;
    const running = backupJournal({
      directory,
      destination,
      onProgress: ({ phase }) => (phases += phase === 'waiting' ? 1 : 0),
    });
    await until(() => phases > 3);
    release();
    await pending;
    expect(await running).toMatchObject({ rule: 'checkpoint', lastSequence: 5n });
  });

  it('is refused if the writer has failed: what it wrote last was never acknowledged', async () => {
    const { journal: directory, backup: destination } = place();
    const faults = new FaultyFileSystem();
    const journal = await FileJournal.open({ directory, fileSystem: faults.wrap });
    await appendTo(journal, 5);
    faults.fail('sync', 'EIO', { path: /segment/ });
    await expect(journal.append(event(5))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    const backup = (): Promise<unknown> => backupJournal({ directory, destination, waitMs: 1_500 });
    await expect(backup()).rejects.toMatchObject({ code: 'JOURNAL_BACKUP_NOT_DURABLE', sequence: 5n });
    faults.heal();
    await journal.close().catch(() => undefined);
    // Now a recovery would keep the entry, so the backup does.
    expect(await backup()).toMatchObject({ rule: 'intact', lastSequence: 5n });
  });

  it('includes intact entries beyond the checkpoint of a dead writer', async () => {
    const { journal: directory, backup: destination } = place();
    await write(directory, 10);
    rmSync(join(directory, 'journal.checkpoint'));
    expect(await backupJournal({ directory, destination })).toMatchObject({
      rule: 'intact',
      origin: 'orderbook-rs',
      lastSequence: 9n,
    });
  });

  it('is an error of the journal if acknowledged entries are missing', async () => {
    const { journal: directory, backup: destination } = place();
    await write(directory, 30, SMALL);
    const newest = readdirSync(directory)
      .filter((name) => name.startsWith('segment-'))
      .sort()
      .at(-1);
    rmSync(join(directory, newest as string));
    await expect(backupJournal({ directory, destination })).rejects.toMatchObject({
      message: expect.stringMatching(/29/),
    });
  });
});

async function lastWritten(directory: string): Promise<bigint | null> {
  await using journal = await FileJournal.openReadOnly({ directory });
  return journal.lastSequence;
}
