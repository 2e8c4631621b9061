/** Backups of a journal that another process writes, rotates, archives, compresses and cleans up. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  backupJournal,
  FileJournal,
  restoreJournal,
  type BackupReport,
} from '../../../src/file-journal/index.js';
import { startChild } from '../../support/child.js';
import { until } from '../../support/until.js';
import { run } from '../../cli/support/run.js';
import { place } from './support/journals.js';

const WRITER = new URL('./children/busy-writer.mjs', import.meta.url);
const ROUNDS = 200;
/** Then a new directory begins, so that the restores stay small. */
const ROUNDS_PER_BACKUP = 8;
/** Archived segments that the writer keeps: few enough that some disappear during a backup. */
const KEPT_ARCHIVES = 12;

const figures = { reused: 0, copied: 0 };

describe('a backup beside a busy writer', () => {
  it(`holds what was acknowledged when it began, and nothing that was not: ${ROUNDS} rounds, each restored`, async () => {
    const { parent, journal, backup, restored } = place();
    const acknowledgedPath = join(parent, 'acknowledged');
    const acknowledged = (): bigint => readFileSync(acknowledgedPath).readBigUInt64LE();
    const writer = startChild(WRITER, [journal, acknowledgedPath, String(KEPT_ARCHIVES)]);
    await writer.line('writing');
    let destination = backup;
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round % ROUNDS_PER_BACKUP === 0) {
        rmSync(destination, { recursive: true, force: true });
        destination = `${backup}-${round}`;
      }
      const atStart = acknowledged();
      const report = await backupJournal({
        directory: journal,
        destination,
        archived: Math.floor(round / ROUNDS_PER_BACKUP) % 4 !== 3,
      });
      note(report);
      expect(report.rule).toBe('checkpoint');
      expect(report.lastSequence).toBeGreaterThanOrEqual(atStart);
      await until(() => acknowledged() >= (report.lastSequence as bigint));
      await restoreJournal({ source: destination, directory: restored });
      await expectWhole(restored, report);
      rmSync(restored, { recursive: true });
    }
    const command = `${backup}-command`;
    const made = await run('backup', journal, command, '--json');
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await run('restore', command, restored)).exitCode).toBe(0);
    expect((await run('verify', restored, '--include-archived')).exitCode).toBe(0);
    await writer.kill();
    expect(figures.reused).toBeGreaterThan(figures.copied);
  }, 600_000);
});

function note({ segments, segmentsCopied }: BackupReport): void {
  figures.copied += segmentsCopied;
  figures.reused += segments - segmentsCopied;
}

/** Opens a restored journal for writing, and reads every entry from the first to the last of the report. */
async function expectWhole(directory: string, report: BackupReport): Promise<void> {
  await using journal = await FileJournal.open({ directory, segmentSizeBytes: 16_384 });
  expect(journal.recovery).toMatchObject({ outcome: 'clean', lastSequence: report.lastSequence });
  let expected = report.firstSequence as bigint;
  for (const { sequenceNum, event } of journal.readFrom(0n, { includeArchived: true })) {
    const { Note } = event.command as { Note: { number: number } };
    if (sequenceNum !== expected || BigInt(Note.number) !== expected)
      throw new Error(`entry ${sequenceNum} with number ${Note.number}, where ${expected} belongs`);
    expected += 1n;
  }
  expect(expected - 1n).toBe(report.lastSequence);
}
