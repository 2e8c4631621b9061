import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { FileJournalModule, type FileJournalModuleOptions } from '../../src/nest/index.js';
import { SnapshotManager } from '../../src/replay/index.js';
import type { SnapshotStore } from '../../src/replay/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { Bank, deposit } from '../sequencer/bank.js';
import { boot, compile, survivingJournal } from './apps.js';
import { named } from '../support/event-classes.js';

describe('options', () => {
  it.each<[object, string, string]>([
    [
      { segmentSizeByte: 65_536 },
      'segmentSizeByte',
      'unknown option "segmentSizeByte"; did you mean "segmentSizeBytes"?',
    ],
    [{ shutdownTimeOutMs: 5 }, 'shutdownTimeOutMs', 'did you mean "shutdownTimeoutMs"?'],
    [{ durabilty: 'sync' }, 'durabilty', 'did you mean "durability"?'],
    [{ colour: 'red' }, 'colour', 'unknown option "colour"; known options: '],
    [
      { snapshots: { kep: 2 } },
      'snapshots.kep',
      'unknown option "snapshots.kep"; did you mean "snapshots.keep"?',
    ],
    [{ snapshots: { keep: 0 } }, 'snapshots.keep', 'an integer of 1'],
    [{ shutdownTimeoutMs: 0 }, 'shutdownTimeoutMs', 'an integer of 1'],
    [{ shutdownTimeoutMs: '5s' }, 'shutdownTimeoutMs', 'an integer of 1'],
    [{ slowSyncMs: true }, 'slowSyncMs', 'an integer of 1'],
    [{ slowSyncMs: 0 }, 'slowSyncMs', 'an integer of 1'],
  ])('%j stops the boot, and the error names the option', async (wrong, option, hint) => {
    const options = { directory: '/nonexistent', ...wrong } as FileJournalModuleOptions;
    await expect(compile({ imports: [FileJournalModule.forRoot(options)] })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option,
      message: expect.stringContaining(hint),
    });
  });

  it('of the engine are checked as well, and the error suggests the nearest name', async () => {
    const options = { directory: '/nonexistent', syncIntervalms: 5 } as never;
    await expect(FileJournal.open(options)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option: 'syncIntervalms',
      message: expect.stringContaining('did you mean "syncIntervalMs"?'),
    });
  });

  it('of forFeature() must name an existing journal, even for events alone', async () => {
    class Happened {}
    const imports = [
      FileJournalModule.forRoot({ journal: survivingJournal() }),
      FileJournalModule.forFeature({ events: named({ Happened }) }, 'orderz'),
    ];
    await expect(compile({ imports })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      message: expect.stringContaining('orderz'),
    });
  });

  it('snapshots.keep applies to a store of the application as well', async () => {
    const kept: unknown[] = [];
    const store: SnapshotStore = {
      async save(_target, _snapshot, options) {
        kept.push(options?.keep);
      },
      async *load() {},
    };
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal(), snapshots: { store, keep: 5 } }),
        FileJournalModule.forFeature([Bank]),
      ],
    });
    await app.get<Sequencer>(Sequencer).submit(deposit('a', 1));
    await app.get(SnapshotManager).take();
    expect(kept).toEqual([5]);
  });
});
