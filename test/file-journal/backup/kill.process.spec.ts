/** Processes that are killed while they back up or restore. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { backupJournal, FileJournal, restoreJournal } from '../../../src/file-journal/index.js';
import { startChild } from '../../support/child.js';
import { Random } from '../../support/random.js';
import { appendTo, entriesOf, filesOf, place } from './support/journals.js';

const CLI = new URL('../../../dist/esm/cli/main.js', import.meta.url);
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const KILLS = 30;
const OPTIONS = { segmentSizeBytes: 32 * 1024 } as const;

const random = new Random(SEED);
const paths = place();
let durationMs = 0;

beforeAll(async () => {
  await using journal = await FileJournal.open({ directory: paths.journal, ...OPTIONS });
  await appendTo(journal, 1_000);
  await journal.archiveSegmentsBefore(500n);
  await backupJournal({ directory: paths.journal, destination: paths.backup });
  await appendTo(journal, 5_000);
  await journal.archiveSegmentsBefore(2_500n);
});

/** Runs a command and kills it at a random moment. @returns whether it was complete */
async function killed(...args: string[]): Promise<boolean> {
  const startedMs = performance.now();
  const child = startChild(CLI, args);
  if (durationMs === 0) {
    expect(await child.exited).toMatchObject({ code: 0 });
    durationMs = performance.now() - startedMs;
    return true;
  }
  const isOver = await Promise.race([
    child.exited.then(() => true),
    delay(random.fraction() * durationMs * 1.2).then(() => false),
  ]);
  if (!isOver) await child.kill();
  return isOver;
}

describe(`a killed process (seed ${SEED})`, () => {
  it(`that backs up leaves the journal and the earlier backup, ${KILLS} times; then one completes`, async () => {
    const source = filesOf(paths.journal);
    const outcomes = new Set<number>();
    const fresh = `${paths.backup}-fresh`;
    await killed('backup', paths.journal, fresh);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const isFirst = kill % 2 === 0;
      if (isFirst) rmSync(fresh, { recursive: true });
      const destination = isFirst ? fresh : paths.backup;
      await killed('backup', paths.journal, destination);
      expect(filesOf(paths.journal)).toEqual(source);
      const restored = await restoreJournal({ source: destination, directory: paths.restored }).catch(
        () => null,
      );
      outcomes.add(restored?.entries ?? 0);
      expect(isFirst ? [0, 5_000] : [1_000, 5_000]).toContain(restored?.entries ?? 0);
      if (restored !== null) expect(await entriesOf(paths.restored)).toHaveLength(restored.entries);
      rmSync(paths.restored, { recursive: true, force: true });
      if (!existsSync(fresh)) await backupJournal({ directory: paths.journal, destination: fresh });
    }
    for (const destination of [fresh, paths.backup]) {
      await backupJournal({ directory: paths.journal, destination });
      await restoreJournal({ source: destination, directory: paths.restored });
      expect(await entriesOf(paths.restored)).toHaveLength(5_000);
      rmSync(paths.restored, { recursive: true });
    }
    expect(outcomes.has(0)).toBe(true);
  });

  it(`that restores leaves the backup, and a target that is missing or whole, ${KILLS} times`, async () => {
    const { backup, restored, parent } = paths;
    await backupJournal({ directory: paths.journal, destination: backup });
    const source = filesOf(backup);
    durationMs = 0;
    await killed('restore', backup, restored);
    let whole = 0;
    let remains = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      rmSync(restored, { recursive: true, force: true });
      await killed('restore', backup, restored);
      expect(filesOf(backup)).toEqual(source);
      if (readdirSync(parent).includes('.restored.restoring')) remains += 1;
      if (existsSync(restored)) {
        whole += 1;
        expect(await entriesOf(restored)).toHaveLength(5_000);
      }
    }
    rmSync(restored, { recursive: true, force: true });
    await restoreJournal({ source: backup, directory: restored });
    expect(await entriesOf(restored)).toHaveLength(5_000);
    expect(readdirSync(parent)).not.toContain('.restored.restoring');
    expect(whole + remains).toBeGreaterThan(0);
  });
});
