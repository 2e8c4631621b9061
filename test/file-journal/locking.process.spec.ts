import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { startChild } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const HOLDER = new URL('./children/hold-lock.mjs', import.meta.url);

describe('the lock of the directory, between processes', () => {
  it('refuses a second process, and admits it as soon as the first is killed', async () => {
    const directory = temporaryDirectory();
    const holder = startChild(HOLDER, [directory]);
    await holder.line('locked');
    const before = readdirSync(directory);
    await expect(FileJournal.open({ directory, lockTimeoutMs: 0 })).rejects.toMatchObject({
      code: 'JOURNAL_LOCKED',
      path: directory,
    });
    expect(readdirSync(directory)).toEqual(before);
    await holder.kill('SIGKILL');
    await using journal = await FileJournal.open({ directory, lockTimeoutMs: 0 });
    expect(journal.lastSequence).toBe(0n);
  });

  it('waits up to lockTimeoutMs for a process that is closing', async () => {
    const directory = temporaryDirectory();
    const holder = startChild(HOLDER, [directory]);
    await holder.line('locked');
    const waiting = FileJournal.open({ directory, lockTimeoutMs: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    holder.process.stdin?.write('close\n');
    await using journal = await waiting;
    expect(journal.lastSequence).toBe(0n);
  });
});
