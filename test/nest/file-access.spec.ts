import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { FileJournalModule, getSequencerToken } from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import { Projection, ProjectionsService } from '../../src/projections/index.js';
import type { Sequencer } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { boot } from './apps.js';

@Projection('deposits', { checkpointIntervalMs: 0 })
class Deposits {
  handle(): void {}
}

it.each([
  ['its owner alone, by default', {}, 0o600, 0o700],
  ["its owner and the group, with access: 'group'", { access: 'group' as const }, 0o640, 0o750],
])('every file of an application is for %s', async (_whom, options, fileMode, directoryMode) => {
  const directory = join(temporaryDirectory(), 'journal');
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 4096, ...options }),
      FileJournalModule.forFeature([Bank]),
    ],
    providers: [Deposits],
  });
  const sequencer = app.get<Sequencer>(getSequencerToken());
  for (let count = 0; count < 40; count += 1) await sequencer.submit(deposit('a', 1));
  await app.get(ProjectionsService).waitFor('deposits');
  await app.get(SnapshotManager).take();
  await app.close();

  const modes = new Map<string, number>();
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
    modes.set(name, lstatSync(join(directory, name)).mode);
  const made = [...modes.keys()];
  for (const kind of [/^segment-/, /checkpoint$/, /^snapshots.snapshot-/, /^projections.projection-/])
    expect(made).toContainEqual(expect.stringMatching(kind));
  for (const [name, mode] of modes) {
    const isDirectory = (mode & 0o170000) === 0o040000;
    expect([name, mode & 0o777]).toEqual([name, isDirectory ? directoryMode : fileMode]);
  }
});
