import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { backupJournal, FileJournal, restoreJournal } from '../../../src/file-journal/index.js';
import { appendTo, entriesOf, filesOf, place, SMALL, write } from './support/journals.js';

describe('a backup of a journal', () => {
  it('restores the same entries, in a journal that opens cleanly and continues', async () => {
    const { journal, backup, restored } = place();
    await write(journal, 100);
    const before = filesOf(journal);
    const report = await backupJournal({ directory: journal, destination: backup });
    expect(report).toMatchObject({
      rule: 'checkpoint',
      origin: 'file-journal',
      firstSequence: 0n,
      lastSequence: 99n,
      generation: 1,
    });
    expect(filesOf(journal)).toEqual(before);
    expect(await restoreJournal({ source: backup, directory: restored })).toMatchObject({
      entries: 100,
      lastSequence: 99n,
    });
    expect(await entriesOf(restored)).toEqual(await entriesOf(journal));
    expect(statSync(restored).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(restored)) expect(statSync(join(restored, name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(restored)).toContain('journal.checkpoint');
    await using opened = await FileJournal.open({ directory: restored, ...SMALL });
    expect(opened.recovery).toMatchObject({ outcome: 'clean', lastSequence: 99n });
    await appendTo(opened, 120);
    expect(await opened.verifyIntegrity()).toMatchObject({ ok: true, entries: 120n });
  });

  it('asks to start a restore again if another run continues the backup meanwhile', async () => {
    const { parent, journal, backup, restored } = place();
    await write(journal, 100);
    await backupJournal({ directory: journal, destination: backup });
    const source = join(parent, 'read');
    cpSync(backup, source, { recursive: true });
    await write(journal, 110);
    await backupJournal({ directory: journal, destination: backup });
    const onProgress = (): void => {
      rmSync(source, { recursive: true });
      cpSync(backup, source, { recursive: true });
    };
    await expect(restoreJournal({ source, directory: restored, onProgress })).rejects.toMatchObject({
      code: 'JOURNAL_BACKUP_DIRECTORY',
      reason: expect.stringContaining('start the restore again') as unknown,
      cause: { code: 'JOURNAL_CORRUPT_BACKUP' },
    });
    expect(await restoreJournal({ source, directory: restored })).toMatchObject({ entries: 110 });
  });

  it('copies only new segments, whatever form the old ones have by then', async () => {
    const { journal: directory, backup: destination, restored } = place();
    await using journal = await FileJournal.open({ directory, ...SMALL });
    await appendTo(journal, 100);
    const first = await backupJournal({ directory, destination });
    expect(first.segmentsCopied).toBe(first.segments);
    await journal.archiveSegmentsBefore(60n);
    await journal.compressArchived('gzip');
    const unchanged = await backupJournal({ directory, destination });
    expect(unchanged).toMatchObject({
      segmentsCopied: 0,
      bytesCopied: 0,
      segments: first.segments,
      generation: 2,
    });
    await appendTo(journal, 130);
    const next = await backupJournal({ directory, destination });
    expect(next.segmentsCopied).toBe(next.segments - first.segments + 1);
    expect(readdirSync(destination).filter((name) => name.includes('segment'))).toHaveLength(next.segments);
    await restoreJournal({ source: destination, directory: restored });
    expect(await entriesOf(restored)).toEqual(await entriesOf(directory));
    // The roles are those of the last backup.
    const live = (path: string): string[] =>
      readdirSync(path).filter((name) => /^segment-\d+\.journal$/.test(name));
    expect(live(restored)).toEqual(live(directory));
  });

  it('restores an empty journal', async () => {
    const { journal, backup, restored } = place();
    await write(journal, 0);
    await backupJournal({ directory: journal, destination: backup });
    expect(await restoreJournal({ source: backup, directory: restored })).toMatchObject({
      entries: 0,
      lastSequence: null,
    });
    await using opened = await FileJournal.open({ directory: restored, ...SMALL });
    expect(opened.recovery).toMatchObject({ outcome: 'clean', lastSequence: null });
    await appendTo(opened, 3);
  });
});
