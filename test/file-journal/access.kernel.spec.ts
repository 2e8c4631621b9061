import { execFileSync } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { events } from '../support/events.js';
import { describeWith } from '../support/requirements.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const OPTIONS = { segmentSizeBytes: 4096, lockTimeoutMs: 0 } as const;
const FIRST = 'segment-00000000000000000000.journal';
const CHECKPOINT = 'journal.checkpoint';

describeWith({ root: true }, 'a journal of another user', () => {
  it('names the remedy to another user, and is readable by its group with `access`', async () => {
    const built = fileURLToPath(new URL('../../dist/esm/index.js', import.meta.url));
    // The process changes its user after loading: that user may not be able to read the project.
    const program = `
      const { FileJournal } = await import(${JSON.stringify(built)});
      const [, directory, loading, gid] = process.argv;
      await (await FileJournal.open({ directory: loading })).close();
      process.setgroups([]);
      process.setgid(Number(gid));
      process.setuid(65_534);
      try {
        const journal = await FileJournal.openReadOnly({ directory });
        console.log([...journal.readFrom(0n)].length);
        void journal.durableSequence;
        await journal.close();
      } catch (error) { console.log(error.code + ' ' + error.message); }`;
    const asOtherUser = (directory: string): string =>
      execFileSync(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          program,
          directory,
          temporaryDirectory(),
          String(statSync(directory).gid),
        ],
        { encoding: 'utf8' },
      );
    const parent = temporaryDirectory();
    chmodSync(parent, 0o755);
    for (const access of ['owner', 'group'] as const) {
      const directory = join(parent, access);
      await using journal = await FileJournal.open({ directory, ...OPTIONS, access });
      await journal.appendBatch(events(0, 3));
      const said = asOtherUser(directory);
      if (access === 'group') {
        expect(said.trim()).toBe('3');
        chmodSync(join(directory, CHECKPOINT), 0o600);
        expect(asOtherUser(directory)).toMatch(
          /^3\nJOURNAL_IO .*journal\.checkpoint: EACCES.*access: 'group'/,
        );
        chmodSync(join(directory, FIRST), 0o600);
        expect(asOtherUser(directory)).toMatch(/^JOURNAL_(IO|INVALID_DIRECTORY) .*access: 'group'/);
      } else {
        expect(said).toMatch(/^JOURNAL_INVALID_DIRECTORY .*access: 'group'/);
      }
    }
  });
});
