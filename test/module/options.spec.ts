import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { FileJournalModule, type FileJournalModuleOptions } from '../../src/module/index.js';
import { compile } from './apps.js';

describe('options', () => {
  it.each<[object, string, string]>([
    [{ segmentSizeByte: 65_536 }, 'segmentSizeByte', 'did you mean segmentSizeBytes?'],
    [{ shutdownTimeOutMs: 5 }, 'shutdownTimeOutMs', 'did you mean shutdownTimeoutMs?'],
    [{ durabilty: 'sync' }, 'durabilty', 'did you mean durability?'],
    [{ colour: 'red' }, 'colour', 'known: '],
    [{ snapshots: { kep: 2 } }, 'snapshots.kep', 'did you mean snapshots.keep?'],
    [{ shutdownTimeoutMs: 0 }, 'shutdownTimeoutMs', 'an integer of 1'],
    [{ shutdownTimeoutMs: '5s' }, 'shutdownTimeoutMs', 'an integer of 1'],
    [{ slowSyncMs: true }, 'slowSyncMs', 'an integer of 1'],
    [{ slowSyncMs: 0 }, 'slowSyncMs', 'an integer of 1'],
  ])('%j stops the boot, by the name of the option', async (wrong, option, hint) => {
    const options = { directory: '/nonexistent', ...wrong } as FileJournalModuleOptions;
    await expect(compile({ imports: [FileJournalModule.forRoot(options)] })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option,
      message: expect.stringContaining(hint),
    });
  });

  it('of the engine alone are named as well, with the nearest', async () => {
    const options = { directory: '/nonexistent', syncIntervalms: 5 } as never;
    await expect(FileJournal.open(options)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option: 'syncIntervalms',
      message: expect.stringContaining('did you mean syncIntervalMs?'),
    });
  });
});
