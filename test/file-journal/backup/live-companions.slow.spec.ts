/** Snapshots and checkpoints of projections that are stored while a backup runs. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { COMPANIONS } from '../../../src/cli/companions.js';
import { backupJournal, FileJournal } from '../../../src/file-journal/index.js';
import type { JournalEntry } from '../../../src/journal/index.js';
import { FileCheckpointStore } from '../../../src/projections/index.js';
import { FileSnapshotStore } from '../../../src/replay/index.js';
import { until } from '../../support/until.js';
import { appendTo, place } from './support/journals.js';

it('snapshots and checkpoints are never left out beside a writer that takes snapshots all the time', async () => {
  const { journal: directory, backup: destination } = place();
  await using journal = await FileJournal.open({ directory, segmentSizeBytes: 65_536 });
  const store = new FileSnapshotStore({ directory: join(directory, 'snapshots'), keep: 1 });
  const checkpoints = new FileCheckpointStore({ directory: join(directory, 'projections') });
  let isOver = false;
  const takeSnapshots = async (): Promise<void> => {
    while (!isOver) {
      await appendTo(journal, Number(journal.nextSequence ?? 0n) + 3);
      const last = [...journal.readFrom(journal.lastSequence as bigint)].at(-1) as JournalEntry;
      const { sequenceNum: sequence, storedCrc: entryCrc } = last;
      await store.save('book', { sequence, entryCrc, stateVersion: 1, payload: Buffer.from('1') });
      await checkpoints.save('trades', {
        position: sequence,
        entryCrc,
        historyEnd: null,
        isResetting: false,
      });
    }
  };
  const writing = takeSnapshots();
  await until(
    () =>
      readdirSync(directory).includes('projections') &&
      readdirSync(join(directory, 'projections')).includes('projection-trades.checkpoint'),
  );
  for (let round = 0; round < 8; round += 1) {
    const report = await backupJournal({ directory, destination, companions: COMPANIONS });
    expect(report).toMatchObject({ checkpoints: 1, leftOut: [] });
    expect(report.snapshots).toBeGreaterThan(0);
  }
  isOver = true;
  await writing;
});
