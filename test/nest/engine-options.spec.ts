import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { FILE_JOURNAL_OPTION_NAMES } from '../../src/file-journal/index.js';
import { FileJournalModule, type FileJournalModuleOptions } from '../../src/nest/index.js';
import { compile } from './apps.js';

const directory = mkdtempSync(join(tmpdir(), 'engine-options-'));
afterAll(() => rmSync(directory, { recursive: true }));

const refusal = (option: string) => ({ code: 'JOURNAL_INVALID_OPTION', option });

describe('the module', () => {
  it.each(FILE_JOURNAL_OPTION_NAMES)('passes the option %s to the engine', async (option) => {
    const options = { directory, [option]: 0.5 } as unknown as FileJournalModuleOptions;
    await expect(compile({ imports: [FileJournalModule.forRoot(options)] })).rejects.toMatchObject(
      refusal(option),
    );
  });

  it('leaves out those that need files of forTesting()', () => {
    const accepted = FILE_JOURNAL_OPTION_NAMES.filter((option) => {
      try {
        FileJournalModule.forTesting({ [option]: undefined });
        return true;
      } catch (error) {
        expect(error).toMatchObject(refusal(`${option} of forTesting()`));
        return false;
      }
    });
    expect(accepted.sort()).toEqual(['archiveCompression', 'codec', 'durability']);
  });
});
