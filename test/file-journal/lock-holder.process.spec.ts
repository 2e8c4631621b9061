import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { FileJournal, lockHolder } from '../../src/file-journal/index.js';
import { startChild } from '../support/child.js';
import { describeWith } from '../support/requirements.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const HOLDER = new URL('./children/hold-lock.mjs', import.meta.url);
describeWith({}, 'the holder of the lock of a directory', () => {
  it('is the process that writes the journal, until it ends', async () => {
    const directory = temporaryDirectory();
    expect(lockHolder(directory)).toBeNull();
    const holder = startChild(HOLDER, [directory]);
    await holder.line('locked');
    expect(lockHolder(directory)).toEqual({ pid: holder.process.pid, command: expect.any(String) });
    await holder.kill('SIGKILL');
    expect(lockHolder(directory)).toBeNull();
  });

  it('may be this process; every path to the directory leads to it, a path to another one does not', async () => {
    const parent = temporaryDirectory();
    const directory = join(parent, 'journal');
    mkdirSync(join(parent, 'other'));
    const journal = await FileJournal.open({ directory });
    symlinkSync(directory, join(parent, 'link'));
    expect(lockHolder(directory)).toMatchObject({ pid: process.pid });
    expect(lockHolder(join(parent, 'link'))).toMatchObject({ pid: process.pid });
    expect(lockHolder(join(parent, 'other'))).toBeNull();
    await journal.close();
    expect(lockHolder(directory)).toBeNull();
  });

  it('is unknown for a directory that cannot be opened', () => {
    expect(lockHolder(join(temporaryDirectory(), 'missing'))).toBe('unknown');
  });
});
